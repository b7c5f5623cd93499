# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A headless Chromium, and a server for files of the source tree."""

import functools
import http.server
import pathlib
import shutil
import threading

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service as DriverService
except ImportError:
    webdriver = None

HERE = pathlib.Path(__file__).resolve().parent
WEB = HERE.parents[1] / 'data/web'

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
DRIVER = shutil.which('chromedriver')

FLAGS = (
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--no-first-run', '--window-size=1280,800',
)


def find_missing():
    """What there has to be for a browser, or nothing."""
    return ', '.join(name for name, found in (('chromium', CHROMIUM), ('chromedriver', DRIVER),
                                              ('python3-selenium', webdriver)) if not found)


def launch(*flags, log='browser'):
    """A driver that keeps this log; whoever gets it quits it."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {log: 'ALL'})
    return webdriver.Chrome(service=DriverService(DRIVER), options=options)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """/web/ is the page's folder; all else is of this one."""

    def translate_path(self, path):
        path = path.partition('?')[0]
        if path.startswith('/web/'):
            return str(WEB / path.removeprefix('/web/'))
        return super().translate_path(path)

    def end_headers(self):
        self.send_header('Cache-Control', 'no-store')
        super().end_headers()

    def log_message(self, *_args):
        pass


class SourceServer:
    """Serves the source tree on a port of its own."""

    def __init__(self):
        handler = functools.partial(_Handler, directory=str(HERE))
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        self.address = f'http://127.0.0.1:{self.server.server_port}/'
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
