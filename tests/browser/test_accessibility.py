#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""axe-core's checks of the page, in each of its states, light and dark, on a phone and on a desk."""

import pathlib

import browser
from browser import BrowserTest

AXE = pathlib.Path(__file__).resolve().parent / 'vendor/axe-core/axe.min.js'

SIZES = {'phone': (360, 740), 'desk': (1280, 800)}

# All that axe knows of WCAG 2.2 AA, and what it counts as good practice.
RUN = '''
  const done = arguments[0];
  axe.run(document, { resultTypes: ['violations'] })
    .then((results) => done(results.violations.map(({ id, help, nodes }) =>
      ({ id, help, nodes: nodes.map((node) => `${node.html} ${node.failureSummary}`) }))))
    .catch((error) => done([{ id: 'axe itself', help: String(error), nodes: [] }]));
'''

PICTURE = "return document.querySelector('#stage img:not([hidden])') !== null"


class Accessibility(BrowserTest):
    def setUp(self):
        super().setUp()
        self.begin()
        self.axe = AXE.read_text(encoding='utf-8')

    def look(self, what):
        """Checks the page as it is now, at each size and in each colour scheme."""
        for size, (width, height) in SIZES.items():
            for scheme in ('light', 'dark'):
                self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
                    'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': size == 'phone'})
                self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
                    {'name': 'prefers-color-scheme', 'value': scheme},
                    # A colour on its way to another has no contrast of its own.
                    {'name': 'prefers-reduced-motion', 'value': 'reduce'}]})
                found = self.driver.execute_async_script(RUN)
                with self.subTest(f'{what}, {size}, {scheme}'):
                    self.assertEqual(found, [], self.tell(found))

    @staticmethod
    def tell(found):
        return '\n'.join(f'{each["id"]}: {each["help"]}\n  ' + '\n  '.join(each['nodes'])
                         for each in found)

    def open(self, query=''):
        self.driver.get(self.service.link + query)
        # Not by a script element: the page's own policy would keep it out, as it should.
        self.driver.execute_cdp_cmd('Runtime.evaluate', {'expression': self.axe})

    def wait_for_state(self, *states):
        self.wait(lambda: self.driver.execute_script('return document.body.dataset.state') in states,
                  ' or '.join(states))

    def press(self, key):
        self.driver.find_element('tag name', 'body').send_keys(key)

    def test_the_states_of_a_session(self):
        self.open('&generator=gray-scott&start=no')
        self.wait_for_state('idle')
        self.look('idle')
        self.press(' ')
        self.wait_for_state('running')
        self.wait(lambda: self.driver.execute_script(PICTURE), 'a picture')
        self.look('running')
        self.press('s')
        self.wait_for_state('stopped')
        self.look('stopped')

    def test_the_keys(self):
        self.open('&generator=attractor&start=no')
        self.wait_for_state('idle')
        self.press('?')
        self.wait(lambda: self.driver.execute_script(
            "return document.querySelector('dialog[open]') !== null"), 'the table of keys')
        self.look('the table of keys')

    def test_to_look_only(self):
        self.service.ask('POST', 'sessions', {'generator': 'attractor', 'name': 'shown'})
        self.service.ask('PATCH', 'sessions/shown', {'do': 'step'})
        self.driver.delete_all_cookies()
        self.driver.get(f'{self.service.address}?token={self.service.token("view")}&session=shown')
        self.driver.execute_cdp_cmd('Runtime.evaluate', {'expression': self.axe})
        self.wait(lambda: self.driver.execute_script(PICTURE), 'a picture')
        self.look('view only')

    def test_when_the_service_is_gone(self):
        self.open('&generator=attractor')
        self.wait(lambda: self.driver.execute_script(PICTURE), 'a picture')
        self.service.end()
        self.wait(lambda: self.driver.execute_script(
            "return document.body.dataset.state") not in ('running', 'connecting'), 'the loss')
        self.look('without the service')


if __name__ == '__main__':
    browser.main()
