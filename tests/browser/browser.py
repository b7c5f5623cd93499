# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests in a real browser share: Chromium, and a service of their own.

STEPCASTD is the program to test. Without Chromium, its driver or Selenium a test is skipped. A test
waits for conditions, never for seconds.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import chromium

try:
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    pass

SKIP = 77

STEPCASTD = os.environ.get('STEPCASTD', 'stepcastd')
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples'

# A test that passes never waits so long.
PATIENCE_S = 30


class Stepcastd:
    """A service with directories of its own; its tokens and its port outlive a restart."""

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

    def token(self, role='control'):
        text = (pathlib.Path(self.directory.name) / 'stepcast' / 'access').read_text()
        tokens = text.partition('[tokens]')[2].partition('[')[0]
        return re.search(rf'^{role}=(\w+)$', tokens, re.MULTILINE)[1]

    def ask(self, method, path, body=None):
        """What an HTTP request with the control token is answered."""
        request = urllib.request.Request(
            self.address + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'Authorization': f'Bearer {self.token()}',
                     'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return json.loads(response.read() or 'null')
        except urllib.error.HTTPError as error:
            raise AssertionError(f'{method} {path}: {error.code} {error.read()}') from None


class BrowserTest(unittest.TestCase):
    """A browser for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.driver = chromium.launch()

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()

    def setUp(self):
        self.read_console()

    def begin(self, *args):
        """Starts the service, and has the browser leave it at the end."""
        self.service = Stepcastd(*args)
        self.addCleanup(self.service.close)
        # The next test finds no connection that it did not make.
        self.addCleanup(self.driver.get, 'about:blank')

    def describe(self):
        """What a failure should tell of the page."""
        return f'the console says {self.read_console()}'

    def wait(self, condition, what):
        try:
            return WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: condition())
        except TimeoutException:
            self.fail(f'{what} did not come; {self.describe()}')

    def read_console(self):
        return [entry['message'] for entry in self.driver.get_log('browser')
                if entry['level'] == 'SEVERE']

    def assert_quiet_console(self):
        self.assertEqual(self.read_console(), [])


def main():
    if chromium.find_missing():
        print(f'skipped: no {chromium.find_missing()} here')
        sys.exit(SKIP)
    unittest.main(verbosity=2)
