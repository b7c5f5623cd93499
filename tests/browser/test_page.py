#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page in a real browser, against the real service.

STEPCASTD is the program to test. Without Chromium, its driver or Selenium the test is skipped.
"""

import re
import signal

from browser import EXAMPLES, BrowserTest, main

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass  # main() says so

# It runs, and the picture keeps up or (on a busy machine) does not.
RUNNING = r'(?:live|behind by [\d,]+ steps?), step ([\d,]+)'

# The picture in sight, or null. Its URL is another one for each frame.
PICTURE = '''
  const image = document.querySelector('#paper img:not([hidden])');
  return image && { url: image.src, width: image.naturalWidth,
                    isWide: image.getBoundingClientRect().width > 100 };
'''


class PageTest(BrowserTest):
    # ---- What a person sees ----

    def open(self, *args, query=''):
        self.begin(*args)
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
        return 'is-dimmed' in self.find('stage').get_attribute('class').split()

    @property
    def notice(self):
        return self.find('notice-text').text

    def describe(self):
        return f'the status is {self.status!r}, the notice {self.notice!r}, {super().describe()}'

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

    def run_script(self, body, *args):
        """Runs the body of an async function in the page."""
        return self.driver.execute_async_script(
            f'const done = arguments[arguments.length - 1];'
            f'(async (...args) => {{ {body} }})(...arguments).then(done, (e) => done(String(e)));',
            *args)

    def get_session(self):
        """What the service says about the only session that there is."""
        [session] = self.service.ask('GET', 'sessions')['sessions']
        return session

    @property
    def session_path(self):
        return f'sessions/{self.get_session()["name"]}'

    def create_session(self, **body):
        return self.service.ask('POST', 'sessions', body)['name']

    def go(self, query):
        """Goes to another session as the page itself does, without loading anything."""
        self.driver.execute_script(
            'history.pushState(null, "", arguments[0]); dispatchEvent(new PopStateEvent("popstate"))',
            query)

    def value_of(self, name):
        return self.find(f'parameter-{name}').get_attribute('value')

    # ---- The tests ----

    def test_first_look(self):
        self.open()
        self.wait_status(RUNNING)
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
        self.wait_status(RUNNING)
        self.wait_next_picture()

        self.assertEqual(self.find('start').text, 'Pause')
        self.click('start')
        step = self.wait_status(r'paused at step ([\d,]+)')
        self.click('step')
        self.wait(lambda: not self.status.endswith(f' {step:,}'), 'a step')
        self.assertEqual(self.wait_status(r'paused at step ([\d,]+)'), step + 1)

        self.assertEqual(self.find('start').text, 'Resume')
        self.click('start')
        self.assertGreater(self.wait_status(RUNNING), step)
        self.wait_next_picture()
        self.assert_quiet_console()

    def test_keys(self):
        self.open('--default-generator=attractor', query='&start=no')
        self.wait_status('ready to start')
        self.press('.')
        self.assertEqual(self.wait_status(r'paused at step ([\d,]+)'), 1)
        self.wait_picture()
        self.press(Keys.SPACE)
        self.wait_status(RUNNING)
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
        self.wait(lambda: 'a=1.7' in self.driver.current_url, 'the value in the address')

        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('1e9', Keys.TAB)
        self.wait(lambda: field.get_attribute('aria-invalid') == 'true', 'a refusal')
        self.assertTrue(self.find('parameter-a-note').text)
        self.wait_status(RUNNING)

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
        self.wait_status(r'reconnecting.*')
        self.assertTrue(self.is_dimmed)
        self.assertGreater(self.wait_picture()['width'], 0)
        self.assertIn('lost', self.notice)

        self.wait(lambda: self.find('retry').text == 'Retry now', 'the way back')
        self.click('retry')
        self.wait_status(r'reconnecting in \d+ seconds?…')
        self.assertTrue(self.is_dimmed)
        self.wait_picture()

        self.service.start()
        self.wait_status(RUNNING)
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
        self.wait_status(r'failed at step ([\d,]+) because .*')
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


    # ---- Run control ----

    def test_several_steps(self):
        self.open(query='&generator=attractor&start=no')
        self.wait_status('ready to start')
        self.click('steps-button')
        field = self.find('steps-count')
        self.wait(lambda: self.driver.switch_to.active_element == field, 'the field')
        field.send_keys('0', Keys.ENTER)
        self.wait(lambda: field.get_attribute('aria-invalid') == 'true', 'a refusal')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('12', Keys.ENTER)
        self.wait_status('paused at step 12')
        self.assertFalse(field.is_displayed())

        self.press('n')
        self.wait(field.is_displayed, 'the field, by its key')
        self.find('steps-presets').find_elements(By.TAG_NAME, 'button')[1].click()
        self.wait_status('paused at step 112')
        self.assert_quiet_console()

    def test_restart(self):
        self.open(query='&generator=attractor&seed=41')
        self.wait_next_picture()
        self.press('r')
        self.wait(lambda: self.get_session()['run'] == 2, 'the second run')
        self.assertEqual(self.value_of('seed'), '41')
        self.wait_status(RUNNING)

        self.press('R')
        self.wait(lambda: self.value_of('seed') == '42', 'the next seed')
        self.wait(lambda: self.get_session()['run'] == 3, 'the third run')
        self.wait(lambda: 'seed=42' in self.driver.current_url, 'the seed in the address')
        self.wait_status(RUNNING)

        self.click('restart-button')
        self.click('restart-next')
        self.wait(lambda: self.value_of('seed') == '43', 'the seed after that')
        self.click('restart-button')
        self.click('restart-same')
        self.wait(lambda: self.get_session()['run'] == 5, 'the fifth run')
        self.assertEqual(self.get_session()['parameters']['seed'], 43)
        self.assert_quiet_console()

    def test_restart_without_a_seed(self):
        self.open('--', '/usr/bin/python3', str(EXAMPLES / 'lissajous.py'))
        self.wait_next_picture()
        self.assertFalse(self.find('restart-button').is_displayed())
        self.click('restart')
        self.wait(lambda: self.get_session()['run'] == 2, 'the second run')
        self.wait_status(RUNNING)
        self.assert_quiet_console()

    def test_next_seed(self):
        self.open(query='&start=no')
        next_seed = lambda spec, value: self.run_script(
            "return (await import('/controls.js')).findNextSeed(args[0], args[1])", spec, value)
        self.assertEqual(next_seed({}, 1), 2)
        self.assertEqual(next_seed({'minimum': 3, 'maximum': 9}, 9), 3)
        self.assertEqual(next_seed({'maximum': '18446744073709551615'}, 2 ** 53 - 1), str(2 ** 53))
        self.assertEqual(next_seed({'minimum': 0, 'maximum': '18446744073709551615'},
                                   '18446744073709551615'), 0)

    def test_speed_limit(self):
        self.open(query='&generator=attractor')
        self.wait_next_picture()
        field, slider = self.find('rate-field'), self.find('rate-slider')
        self.assertEqual(slider.get_attribute('aria-valuetext'), 'no limit')
        field.send_keys('7', Keys.TAB)
        self.wait(lambda: self.get_session()['rate'] == 7, 'the limit')
        self.assertEqual(slider.get_attribute('aria-valuetext'), '7 steps a second')

        slider.send_keys(Keys.END)
        self.wait(lambda: self.get_session()['rate'] == 0, 'no limit')
        self.assertEqual(field.get_attribute('value'), '')
        slider.send_keys(Keys.HOME)
        self.wait(lambda: self.get_session()['rate'] == 0.5, 'the slowest of the slider')

        # What somebody else sets is shown.
        self.service.ask('PATCH', self.session_path, {'rate': 33})
        self.wait(lambda: field.get_attribute('value') == '33', 'the other one’s limit')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('-4', Keys.TAB)
        self.wait(lambda: field.get_attribute('value') == '33', 'the old limit')
        self.assert_quiet_console()

    def test_keyboard_only(self):
        self.open(query='&generator=attractor&start=no')
        self.wait_status('ready to start')
        body = self.driver.find_element(By.TAG_NAME, 'body')
        focused = lambda: self.driver.switch_to.active_element

        def tab_to(name):
            for _ in range(60):
                body.send_keys(Keys.TAB)
                if focused().get_attribute('id') == name:
                    return
            self.fail(f'{name} can’t be reached by Tab')

        tab_to('start')
        self.assertTrue(self.driver.execute_script(
            'return document.activeElement.matches(":focus-visible") &&'
            ' getComputedStyle(document.activeElement).outlineStyle !== "none"'))
        focused().send_keys(Keys.SPACE)
        self.wait_status(RUNNING)
        focused().send_keys(Keys.SPACE)
        self.wait_status(r'paused at step ([\d,]+)')
        tab_to('stop')
        focused().send_keys(Keys.ENTER)
        self.wait_status(r'stopped at step ([\d,]+) after .*')
        # A button that can't be used any more leaves the focus to the next one.
        self.assertEqual(focused().get_attribute('id'), 'start')
        self.assert_quiet_console()

    def test_keys_stay_away(self):
        self.open(query='&generator=attractor')
        self.wait_next_picture()
        self.press(Keys.CONTROL + 's')
        self.press(Keys.ALT + 's')
        self.find('rate-field').send_keys('s')
        self.press('?')
        dialog = self.find('keys-dialog')
        self.wait(dialog.is_displayed, 'the table of keys')
        self.assertIn('Restart with the next seed', dialog.text)
        self.driver.switch_to.active_element.send_keys('s')
        self.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        self.wait(lambda: not dialog.is_displayed(), 'its end')
        self.wait_status(RUNNING)
        self.assert_quiet_console()

    def test_view_only(self):
        self.open(query='&start=no')
        self.wait_status('ready to start')
        name = self.create_session(generator='attractor', name='room')
        self.driver.get(f'{self.service.address}?token={self.service.token("view")}&session={name}')
        self.wait_status('not started yet')
        self.assertTrue(self.find('role').is_displayed())
        self.assertFalse(self.find('controls').is_displayed())
        # Its parameters can be read, and no more.
        self.assertRegex(self.find('parameter-values').text, r'(?m)^Seed\n1$')
        self.assertEqual([field.get_attribute('id') for field in self.driver.find_elements(
            By.CSS_SELECTOR, '#details :is(input, select, textarea), #controls *') if field.is_displayed()], [])
        self.press(Keys.SPACE)
        self.press('.')
        self.press('R')
        self.wait_status('not started yet')
        self.press('?')
        self.wait(self.find('keys-dialog').is_displayed, 'the table of keys')
        self.assertNotIn('Stop', self.find('keys-dialog').text)
        self.assert_quiet_console()

    # ---- Words ----

    def test_words(self):
        self.open(query='&start=no')
        view = {'connection': 'open', 'isKnown': True, 'role': 'control', 'viewer': 7,
                'state': 'running', 'step': 940, 'behind': 0, 'reason': None, 'by': None,
                'heldBy': None, 'stopReport': None, 'retryAt': None, 'now': 0}
        for changes, words in (
                ({}, 'live, step 940'),
                ({'behind': 12}, 'behind by 12 steps, step 940'),
                ({'behind': 1}, 'behind by 1 step, step 940'),
                ({'heldBy': {'kind': 'browser', 'id': '9'}}, 'held by viewer 9, step 940'),
                ({'heldBy': {'kind': 'browser', 'id': '7'}}, 'held by this page, step 940'),
                ({'state': 'idle'}, 'ready to start'),
                ({'state': 'idle', 'role': 'view'}, 'not started yet'),
                ({'state': 'paused'}, 'paused at step 940'),
                ({'state': 'paused', 'by': {'kind': 'browser', 'id': '7'}}, 'paused at step 940'),
                ({'state': 'paused', 'by': {'kind': 'websocket', 'id': '9'}},
                 'paused at step 940, by viewer 9'),
                ({'state': 'paused', 'by': {'kind': 'service', 'id': 'when-unwatched'}},
                 'paused at step 940, as nobody was watching'),
                ({'state': 'stopping', 'by': {'kind': 'cli', 'id': ':1.2'}},
                 'stopping…, from the command line'),
                ({'state': 'stopped'}, 'stopped at step 940'),
                ({'state': 'stopped', 'stopReport': {'step': 940, 'seconds': 0.007}},
                 'stopped at step 940 after 7\u00a0ms'),
                ({'state': 'stopped', 'by': {'kind': 'dbus', 'id': ':1.2'}},
                 'stopped at step 940, over D-Bus'),
                ({'state': 'finished'}, 'finished at step 940'),
                ({'state': 'failed'}, 'failed at step 940'),
                ({'state': 'failed', 'reason': {'message': 'The program ended\nbye'}},
                 'failed at step 940 because the program ended'),
                ({'connection': 'connecting'}, 'connecting…'),
                ({'connection': 'reconnecting', 'retryAt': 3500}, 'reconnecting in 4 seconds…'),
                ({'connection': 'reconnecting'}, 'reconnecting…'),
                ({'connection': 'closed', 'isEnded': True}, 'the session ended at step 940'),
                ({'connection': 'closed'}, 'connection lost at step 940'),
                ({'connection': 'closed', 'isKnown': False}, 'not connected'),
                ({'connection': 'events'}, 'live, step 940')):
            with self.subTest(words):
                self.assertEqual(self.run_script(
                    "return (await import('/status.js')).describeState(args[0])",
                    {**view, **changes}), words)

    def test_lag(self):
        self.open(query='&start=no')
        self.assertEqual(self.run_script('''
          const { Lag } = await import('/lag.js');
          const lag = new Lag(), seen = [];
          lag.announce(100, 0);
          seen.push(lag.behind(100), lag.behind(5000));
          lag.show(90, 5000);
          seen.push(lag.behind(5000));
          lag.show(100, 5100);
          seen.push(lag.behind(9000));
          lag.announce(120, 9000);
          lag.announce(130, 9500);
          seen.push(lag.behind(9700));
          lag.show(125, 9700);
          seen.push(lag.behind(9800));
          lag.reset();
          return [...seen, lag.behind(99999)];'''), [0, 100, 10, 0, 30, 0, 0])

    def test_who_did_it(self):
        self.open(query='&generator=attractor')
        self.wait_next_picture()
        self.service.ask('PATCH', self.session_path, {'do': 'pause'})
        self.wait_status(r'paused at step ([\d,]+), over HTTP')
        self.wait(lambda: re.fullmatch(r'paused at step [\d,]+, over HTTP', self.driver.execute_script(
            'return document.querySelector("#announcement").textContent')), 'the announcement')
        self.click('start')
        self.wait_status(RUNNING)
        self.assert_quiet_console()

    # ---- More than one session ----

    def test_to_and_fro(self):
        self.open(query='&generator=attractor')
        self.wait_next_picture()
        own = self.get_session()['name']
        step = self.wait_status(RUNNING)
        self.create_session(generator='attractor', name='other', parameters={'a': 1.25})
        self.driver.execute_script('window.isSamePage = true')

        self.go('?session=other')
        self.wait_status('ready to start')
        self.assertEqual(self.find('title').text, 'other')
        self.assertEqual(self.value_of('a'), '1.25')
        self.assertIsNone(self.picture)
        self.assertFalse(self.find('generator').is_displayed())
        self.press('.')
        self.wait_status('paused at step 1')
        self.wait_picture()

        # What was left goes on meanwhile.
        self.driver.back()
        self.assertGreater(self.wait_status(RUNNING), step)
        self.assertEqual(self.find('title').text, 'attractor')
        self.wait_next_picture()
        self.assertFalse(self.is_dimmed)
        self.driver.forward()
        # The page is another viewer now than the one that took the step.
        self.wait_status(r'paused at step 1, by viewer \d+')
        self.wait(lambda: not self.is_dimmed, 'its picture')
        self.driver.back()
        self.wait_status(RUNNING)
        names = [session['name'] for session in self.service.ask('GET', 'sessions')['sessions']]
        self.assertEqual(sorted(names), sorted([own, 'other']))
        self.assertTrue(self.driver.execute_script('return window.isSamePage'))
        self.assert_quiet_console()

    def test_session_that_ends(self):
        self.open(query='&start=no')
        self.create_session(generator='attractor', name='gone')
        self.go('?session=gone')
        self.wait(lambda: self.find('title').text == 'gone', 'the session')
        self.press('.')
        self.wait_status('paused at step 1')
        self.wait_picture()
        self.service.ask('DELETE', 'sessions/gone')
        self.wait_status('the session ended at step 1')
        self.assertEqual(self.notice, 'The session has ended.')
        self.assertTrue(self.is_dimmed)
        self.wait_picture()

    # ---- What a program says ----

    def test_log_is_bounded(self):
        self.open(query='&start=no')
        self.wait_status('ready to start')
        self.run_script('''
          const { Log } = await import('/log.js');
          window.log = new Log(document.querySelector('#log'));
          for (let i = 1; i <= 700; i++)
            log.addLine(`line <b>${i}</b>`, 3);''')
        lines = self.find('log-lines')
        self.wait(lambda: lines.is_displayed(), 'the lines')
        items = lines.find_elements(By.TAG_NAME, 'li')
        self.assertEqual(len(items), 500)
        self.assertEqual(items[-1].text, '#3\nline <b>700</b>')
        scroll = 'const n = document.querySelector("#log-lines"); '
        at_end = scroll + 'return n.scrollHeight - n.clientHeight - n.scrollTop < 2'
        self.assertTrue(self.driver.execute_script(at_end))
        # Who reads further up is not disturbed.
        self.driver.execute_script(scroll + 'n.scrollTop = 40; log.addLine("new", 4)')
        self.wait(lambda: lines.find_elements(By.TAG_NAME, 'li')[-1].text == '#4\nnew', 'the line')
        self.assertFalse(self.driver.execute_script(at_end))
        self.assertEqual(self.driver.execute_script('return document.querySelector("#log .count").textContent'),
                         '701 lines')

    def test_bad_frame(self):
        program = ('import time; print("<svg xmlns=\'http://www.w3.org/2000/svg\' viewBox=\'0 0 9 9\'/>", '
                   'flush=True); print("<svg xmlns=\'http://www.w3.org/2000/svg\'>\\n <script>1</script></svg>", '
                   'flush=True); time.sleep(60)')
        self.open('--', '/usr/bin/python3', '-c', program)
        self.wait_status(r'failed at step ([\d,]+) because the element <script> is not allowed.*')
        self.assertRegex(self.notice, '^the element <script> is not allowed')
        self.assertEqual(self.find('notice-where').text, 'Picture 2, line 2, column 2')
        self.assertEqual(self.find('notice-snippet').text, '<script>')
        self.wait(lambda: 'line 2, column 2' in self.find('log-lines').text, 'the same in the log')
        self.assertIn('<script>', self.find('log-lines').text)
        self.wait_picture()
        self.assertTrue(self.is_dimmed)
        self.assert_quiet_console()

    # ---- Where things are ----

    def test_nothing_moves(self):
        program = ('''
import time
for i in range(400):
    w, h = (300, 100) if i % 2 else (100, 300)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}"/>', flush=True)
    time.sleep(.02)
''')
        self.open('--', '/usr/bin/python3', '-c', program)
        self.wait_next_picture()
        self.driver.execute_script('''
          window.shifts = [];
          new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value, sources }) =>
            `${value} ${[...sources].map(({ node }) => node?.id || node?.className)}`)))
            .observe({ type: 'layout-shift' });''')
        for _ in range(10):
            self.wait_next_picture()
        self.assertEqual(self.driver.execute_script('return shifts'), [])
        self.assert_quiet_console()


if __name__ == '__main__':
    main()
