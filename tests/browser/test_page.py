#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page in a real browser, against the real service.

STEPCASTD is the program to test. Without Chromium, its driver or Selenium the test is skipped.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SKIP = 77

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
DRIVER = shutil.which('chromedriver')
try:
    from selenium import webdriver
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.chrome.service import Service as DriverService
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    webdriver = None

STEPCASTD = os.environ.get('STEPCASTD', 'stepcastd')
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples'

# A test that passes never waits so long.
PATIENCE_S = 30

CHROMIUM_FLAGS = (
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--no-first-run', '--window-size=1280,800',
)

# The picture in sight, or null. Its URL is another one for each frame.
PICTURE = '''
  const image = document.querySelector('#paper img:not([hidden])');
  return image && { url: image.src, width: image.naturalWidth,
                    isWide: image.getBoundingClientRect().width > 100 };
'''


class Stepcastd:
    """A service with directories of its own; its token outlives a restart."""

    def __init__(self, *args):
        self.args = args
        self.directory = tempfile.TemporaryDirectory(prefix='stepcast-page-')
        self.port = 0
        self.process = None
        self.start()

    def start(self):
        environment = dict(os.environ, HOME=self.directory.name, LC_ALL='C.UTF-8',
                           XDG_RUNTIME_DIR=self.directory.name, GSETTINGS_BACKEND='memory')
        self.process = subprocess.Popen(
            [STEPCASTD, '--port', str(self.port), *self.args], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        greeting = self.process.stdout.readline()
        match = re.search(r'(http://127\.0\.0\.1:(\d+)/)\S*', greeting)
        assert match, f'no address in {greeting!r}'
        self.link, self.address, self.port = match[0], match[1], int(match[2])

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()

    def close(self):
        if self.process.poll() is None:
            self.end()
        self.directory.cleanup()


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in CHROMIUM_FLAGS:
            options.add_argument(flag)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        cls.driver = webdriver.Chrome(service=DriverService(DRIVER), options=options)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    def setUp(self):
        self.read_console()

    # ---- What a person sees ----

    def open(self, *args, query=''):
        self.service = Stepcastd(*args)
        self.addCleanup(self.service.close)
        # The next test finds no connection that it did not make.
        self.addCleanup(self.driver.get, 'about:blank')
        self.driver.get(self.service.link + query)

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    @property
    def status(self):
        return self.find('status').text

    @property
    def picture(self):
        return self.driver.execute_script(PICTURE)

    @property
    def is_dimmed(self):
        return 'dimmed' in self.driver.find_element(By.TAG_NAME, 'body').get_attribute('class')

    @property
    def notice(self):
        return self.find('notice-text').text

    def wait(self, condition, what):
        try:
            return WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: condition())
        except TimeoutException:
            self.fail(f'{what} did not come; the status is {self.status!r}, '
                      f'the notice {self.notice!r}, the console {self.read_console()}')

    def wait_status(self, pattern):
        """Waits for a status (told without regard to case), and returns the number in it."""
        match = self.wait(lambda: re.fullmatch(pattern, self.status, re.IGNORECASE), pattern)
        return int(match[1].replace(',', '')) if match.groups() else None

    def wait_picture(self):
        picture = self.wait(lambda: self.picture, 'a picture')
        self.assertGreater(picture['width'], 0)
        self.assertTrue(picture['isWide'], picture)
        return picture

    def wait_next_picture(self):
        url = self.wait_picture()['url']
        self.wait(lambda: self.picture['url'] != url, 'the next picture')

    def press(self, key):
        self.driver.find_element(By.TAG_NAME, 'body').send_keys(key)

    def click(self, name):
        button = self.find(name)
        self.wait(lambda: button.is_displayed() and button.is_enabled(), f'a button {name}')
        button.click()

    def read_console(self):
        return [entry['message'] for entry in self.driver.get_log('browser')
                if entry['level'] == 'SEVERE']

    def assert_quiet_console(self):
        self.assertEqual(self.read_console(), [])

    # ---- The tests ----

    def test_first_look(self):
        self.open()
        self.wait_status(r'running, step ([\d,]+)')
        self.wait_next_picture()
        self.assertEqual(self.driver.current_url, self.service.address)
        self.assertNotIn('token', self.driver.execute_script(
            'return document.documentElement.outerHTML + document.cookie'))
        self.assertFalse(self.is_dimmed)
        self.assert_quiet_console()

        self.driver.refresh()
        self.wait_next_picture()
        self.assert_quiet_console()

    def test_buttons(self):
        self.open()
        self.wait_next_picture()

        self.click('stop')
        self.wait_status(r'stopped at step ([\d,]+) after .* m?s')
        self.assertFalse(self.find('stop').is_enabled())
        self.assertFalse(self.is_dimmed)

        self.click('start')
        self.wait_status(r'running, step ([\d,]+)')
        self.wait_next_picture()

        self.assertEqual(self.find('start').text, 'Pause')
        self.click('start')
        step = self.wait_status(r'paused at step ([\d,]+)')
        self.click('step')
        self.wait(lambda: not self.status.endswith(f' {step:,}'), 'a step')
        self.assertEqual(self.wait_status(r'paused at step ([\d,]+)'), step + 1)

        self.assertEqual(self.find('start').text, 'Resume')
        self.click('start')
        self.assertGreater(self.wait_status(r'running, step ([\d,]+)'), step)
        self.wait_next_picture()
        self.assert_quiet_console()

    def test_keys(self):
        self.open('--default-generator=attractor', query='&start=no')
        self.wait_status('ready to start')
        self.press('.')
        self.assertEqual(self.wait_status(r'paused at step ([\d,]+)'), 1)
        self.wait_picture()
        self.press(Keys.SPACE)
        self.wait_status(r'running, step ([\d,]+)')
        self.press(Keys.SPACE)
        self.wait_status(r'paused at step ([\d,]+)')
        self.press('s')
        self.wait_status(r'stopped at step ([\d,]+) after .*')

        # Where something is typed they are letters.
        field = self.find('parameter-a')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('1.25', Keys.TAB)
        self.wait(lambda: 'next start' in self.find('parameter-a-note').text, 'an answer')
        self.assertRegex(self.status, '^stopped')
        self.assert_quiet_console()

    def test_parameters(self):
        self.open(query='&generator=attractor&a=1.5')
        self.wait_next_picture()
        field = self.find('parameter-a')
        self.assertEqual(field.get_attribute('value'), '1.5')

        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('1.7', Keys.TAB)
        self.wait(lambda: re.fullmatch(r'Applied at step [\d,]+',
                                       self.find('parameter-a-note').text), 'the step of a')
        self.assertIn('a=1.7', self.driver.current_url)

        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('1e9', Keys.TAB)
        self.wait(lambda: field.get_attribute('aria-invalid') == 'true', 'a refusal')
        self.assertTrue(self.find('parameter-a-note').text)
        self.wait_status(r'running, step ([\d,]+)')

        seed = self.find('parameter-seed')
        seed.send_keys(Keys.CONTROL, 'a')
        seed.send_keys('18446744073709551615', Keys.TAB)
        self.wait(lambda: 'Restart' in self.find('parameter-seed-note').text, 'the seed')
        self.assert_quiet_console()

    def test_bad_generator(self):
        self.open(query='&generator=no-such-thing')
        self.wait(lambda: 'no-such-thing' in self.notice, 'the reason')
        self.wait(lambda: self.find('retry').is_displayed(), 'a Retry button')
        self.assertFalse(self.find('start').is_enabled())
        self.assert_quiet_console()

        # The way out is on the page.
        self.wait(lambda: self.find('generator').is_displayed(), 'the list of generators')
        self.find('generator').send_keys('attractor')
        self.wait_next_picture()
        self.assertIn('generator=attractor', self.driver.current_url)

    def test_lost_and_found(self):
        self.open(query='&generator=attractor&a=1.5')
        self.wait_next_picture()
        self.service.end(signal.SIGKILL)
        self.wait_status(r'connection lost at step ([\d,]+)')
        self.assertTrue(self.is_dimmed)
        self.assertGreater(self.wait_picture()['width'], 0)
        self.assertIn('lost', self.notice)

        self.click('retry')
        self.wait_status('not connected')
        self.assertTrue(self.is_dimmed)
        self.wait_picture()

        self.service.start()
        self.click('retry')
        self.wait_status(r'running, step ([\d,]+)')
        self.wait(lambda: not self.is_dimmed, 'a fresh picture')
        self.wait_next_picture()
        self.assertFalse(self.find('notice').is_displayed())
        self.assertEqual(self.find('parameter-a').get_attribute('value'), '1.5')
        # What refused to be connected to is told by the browser, too.
        self.assertEqual([line for line in self.read_console() if 'ERR_CONNECTION' not in line], [])

    def test_shutdown(self):
        self.open()
        self.wait_next_picture()
        self.service.end()
        self.wait(lambda: 'shut down' in self.notice, 'the reason')
        self.assertTrue(self.is_dimmed)
        self.wait_picture()

    def test_program(self):
        self.open('--', '/usr/bin/python3', str(EXAMPLES / 'lissajous.py'))
        self.wait_next_picture()
        self.click('start')
        self.wait_status(r'paused at step ([\d,]+)')
        self.assert_quiet_console()

    def test_program_that_ends(self):
        self.open('--', '/usr/bin/python3', str(EXAMPLES / 'optimise.py'))
        self.wait_status(r'finished at step ([\d,]+)')
        self.wait_picture()
        self.wait(lambda: 'length' in self.find('log-lines').text, 'its message')
        self.assertFalse(self.is_dimmed)
        self.assert_quiet_console()

    def test_program_that_fails(self):
        program = ('print("<svg xmlns=\'http://www.w3.org/2000/svg\' viewBox=\'0 0 9 9\'/>", '
                   'flush=True); raise SystemExit("out of ink")')
        self.open('--', '/usr/bin/python3', '-c', program)
        self.wait_status(r'failed at step ([\d,]+): .*')
        self.wait(lambda: self.notice and self.find('retry').is_displayed(), 'the reason')
        self.wait(lambda: self.is_dimmed, 'a dimmed picture')
        self.wait_picture()
        self.assert_quiet_console()

    def test_narrow_and_wide(self):
        self.open()
        self.wait_next_picture()
        for width, height in ((320, 568), (360, 740), (844, 390), (1280, 800), (3840, 2160)):
            with self.subTest(width=width, height=height):
                self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
                    'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': False})
                self.addCleanup(self.driver.execute_cdp_cmd,
                                'Emulation.clearDeviceMetricsOverride', {})
                self.wait(lambda: self.driver.execute_script('return innerWidth') == width,
                          'the new size')
                self.assertLessEqual(self.driver.execute_script(
                    'return document.documentElement.scrollWidth'), width)
                self.wait_picture()


def find_missing():
    missing = [name for name, found in (('chromium', CHROMIUM), ('chromedriver', DRIVER),
                                        ('python3-selenium', webdriver)) if not found]
    return ', '.join(missing)


if __name__ == '__main__':
    if find_missing():
        print(f'skipped: no {find_missing()} here')
        sys.exit(SKIP)
    unittest.main(verbosity=2)
