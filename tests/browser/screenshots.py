#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""screenshots.py FOLDER [NAME…]: the page's main states as pictures, at three sizes, light and dark.

They are for people to look at; doc/images has some of them. STEPCASTD is the program to show.
"""

import pathlib
import sys

from browser import BrowserTest, Stepcastd

SIZES = {'phone': (360, 740, 2), 'desk': (1280, 800, 1), 'wall': (3840, 2160, 1)}
SCHEMES = ('light', 'dark')

PICTURE = "return document.querySelector('#paper img:not([hidden])') !== null"
STATE = 'return document.body.dataset.state'


class Scenes(BrowserTest):
    """Each scene brings the page into a state."""

    def click(self, name):
        self.driver.find_element('id', name).click()

    def wait_for_state(self, state):
        self.wait(lambda: self.driver.execute_script(STATE) == state, state)

    def go(self, query):
        self.driver.get(self.service.link + query)
        self.wait(lambda: self.driver.execute_script(PICTURE), 'a picture')

    def running(self):
        self.go('&generator=gray-scott')
        self.wait(lambda: self.service.ask('GET', 'sessions')['sessions'][0]['step'] > 4000, 'some steps')

    def stopped(self):
        self.running()
        self.click('stop')
        self.wait_for_state('stopped')

    def sessions(self):
        for name, generator, steps in (('coral', 'gray-scott', 3000), ('map', 'attractor', 40),
                                       ('card', 'pattern', 5)):
            self.service.ask('POST', 'sessions', {'generator': generator, 'name': name,
                                                  'title': f'The {name} of the day'})
            self.service.ask('PATCH', f'sessions/{name}', {'do': 'step', 'steps': steps})
        self.go('&session=coral')
        self.wait(lambda: self.service.ask('GET', 'sessions/coral')['step'] == 3000, 'its steps')
        self.click('sessions-button')
        self.wait(lambda: self.driver.execute_script(
            "const all = [...document.querySelectorAll('#session-list img')];"
            'return all.length === 3 && all.every((image) => image.naturalWidth > 0)'), 'small pictures')

    def share(self):
        self.running()
        self.click('share-button')
        self.wait(lambda: self.driver.execute_script(
            "return document.querySelector('.share-code')?.naturalWidth > 0"), 'a QR code')

    def lost(self):
        self.running()
        self.service.end()
        self.wait(lambda: self.driver.execute_script(STATE) != 'running', 'the loss')

    def view_only(self):
        self.service.ask('POST', 'sessions', {'generator': 'attractor', 'name': 'shown'})
        self.service.ask('PATCH', 'sessions/shown', {'do': 'step', 'steps': 200})
        self.driver.delete_all_cookies()
        self.driver.get(f'{self.service.address}?token={self.service.token("view")}&session=shown')
        self.wait(lambda: self.driver.execute_script(PICTURE), 'a picture')

    def show(self, size, scheme):
        width, height, scale = SIZES[size]
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': scale, 'mobile': size == 'phone'})
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
            {'name': 'prefers-color-scheme', 'value': scheme}]})

    def photograph(self, folder, scene):
        for size in SIZES:
            for scheme in SCHEMES:
                self.service = Stepcastd()
                try:
                    self.show(size, scheme)
                    getattr(self, scene)()
                    self.driver.save_screenshot(str(folder / f'{scene}-{size}-{scheme}.png'))
                finally:
                    self.driver.get('about:blank')
                    self.service.close()


SCENES = ('running', 'stopped', 'sessions', 'share', 'lost', 'view_only')


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    Scenes.setUpClass()
    try:
        for scene in sys.argv[2:] or SCENES:
            Scenes('running').photograph(folder, scene)
    finally:
        Scenes.tearDownClass()


if __name__ == '__main__':
    main()
