#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of sessions and what is shared of them, in a real browser against the real service."""

import io
import pathlib
import signal
import unittest
import urllib.parse

import browser
import chromium
from browser import BrowserTest

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    pass
try:
    import zbar
    from PIL import Image
except ImportError:
    zbar = None

ROWS = '''
  return [...document.querySelectorAll('.session')].map((row) => ({
    name: row.dataset.name, state: row.dataset.state,
    title: row.querySelector('.session-title').textContent,
    isCurrent: row.querySelector('.session-open').ariaCurrent === 'true',
    facts: row.querySelector('.session-facts').textContent,
    generator: row.querySelector('.session-generator').textContent }));
'''

PICTURE = '''
  const image = document.querySelector(`.session[data-name="${arguments[0]}"] .session-picture img`);
  return image && !image.hidden && image.complete ? { url: image.src, width: image.naturalWidth } : null;
'''

AXE = pathlib.Path(__file__).resolve().parent / 'vendor/axe-core/axe.min.js'

# All that axe knows of WCAG 2.2 AA, and what it counts as good practice, of one part.
CHECK = '''
  const [selector, done] = arguments;
  axe.run(selector, { resultTypes: ['violations'] })
    .then((results) => done(results.violations.map(({ id, help, nodes }) =>
      `${id}: ${help} ${nodes.map((node) => node.html + node.failureSummary)}`)))
    .catch((error) => done([String(error)]));
'''

HOSTILE = ('<img src=x onerror="window.hacked=1">', '<script>window.hacked=1</script>',
           '"><svg onload=window.hacked=1>', '{{7*7}} ${7*7}', 'javascript:window.hacked=1')


def read_code(png):
    image = Image.open(io.BytesIO(png)).convert('L')
    scanned = zbar.Image(image.width, image.height, 'Y800', image.tobytes())
    zbar.ImageScanner().scan(scanned)
    return [symbol.data for symbol in scanned]


class Page:
    """A browser at the page."""

    def __init__(self, test, driver, role='control'):
        self.test = test
        self.driver = driver
        self.role = role

    def open(self, session):
        service = self.test.service
        self.driver.get(f'{service.address}?session={session}&token={service.token(self.role)}')
        self.wait(lambda: self.driver.execute_script(
            "return document.body.dataset.state !== 'connecting'"), 'the page')
        return self

    def open_list(self):
        self.click('#sessions-button')
        return self

    @property
    def session(self):
        """The one that the page shows, by its address."""
        query = urllib.parse.urlsplit(self.driver.current_url).query
        return urllib.parse.parse_qs(query).get('session', [None])[0]

    def wait(self, condition, what):
        try:
            return WebDriverWait(self.driver, browser.PATIENCE_S, 0.05).until(lambda _: condition())
        except browser.TimeoutException:
            self.test.fail(f'{what} did not come; there is {self.rows}; {self.test.describe()}')

    @property
    def rows(self):
        return self.driver.execute_script(ROWS)

    @property
    def names(self):
        return [row['name'] for row in self.rows]

    def row(self, name):
        return next((row for row in self.rows if row['name'] == name), None)

    def wait_row(self, name, **members):
        def find():
            row = self.row(name)
            return row if row and all(row[key] == value for key, value in members.items()) else None

        return self.wait(find, f'{name} with {members}')

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        node = self.find(selector)
        self.wait(lambda: node.is_displayed() and node.is_enabled(), selector)
        node.click()

    def click_of(self, name, selector):
        # What is only there for who points at the row is pressed all the same.
        self.driver.execute_script('arguments[0].click()', self.find(
            f'.session[data-name="{name}"] {selector}'))

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    @property
    def focused(self):
        return self.driver.execute_script('''
          const node = document.activeElement;
          return [node.closest('.session')?.dataset.name ?? null, node.className || node.id];''')

    def is_shown(self, selector):
        return any(node.is_displayed() for node in
                   self.driver.find_elements(By.CSS_SELECTOR, selector))

    def check(self, selector):
        """What axe finds fault with, light and dark."""
        found = []
        self.driver.execute_cdp_cmd('Runtime.evaluate', {'expression': AXE.read_text(encoding='utf-8')})
        for scheme in ('light', 'dark'):
            self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': [
                {'name': 'prefers-color-scheme', 'value': scheme},
                # A colour on its way to another has no contrast of its own.
                {'name': 'prefers-reduced-motion', 'value': 'reduce'}]})
            found += self.driver.execute_async_script(CHECK, selector)
        return found

    def picture(self, name):
        return self.driver.execute_script(PICTURE, name)


class Sessions(BrowserTest):
    def setUp(self):
        super().setUp()
        self.begin()
        self.create('first', title='The first')

    def create(self, name, **members):
        return self.service.ask('POST', 'sessions', {'generator': 'pattern', 'name': name, **members})

    def change(self, name, **members):
        return self.service.ask('PATCH', f'sessions/{name}', members)

    def open(self, role='control', session='first'):
        page = Page(self, self.driver, role).open(session).open_list()
        page.wait_row(session)
        return page

    def test_is_live(self):
        page = self.open()
        row = page.wait_row('first', title='The first', state='idle')
        self.assertTrue(row['isCurrent'])
        self.create('second')
        row = page.wait_row('second', title='second', generator='pattern')
        self.assertFalse(row['isCurrent'])
        page.wait(lambda: 'second' in page.find('.sessions > .unseen').get_attribute('textContent'),
                  'a word to those who listen')

        self.change('second', do='step', steps=3)
        row = page.wait_row('second', state='paused')
        page.wait(lambda: 'step 3' in page.row('second')['facts'], 'its step')
        self.change('second', title='Another')
        page.wait_row('second', title='Another')
        self.service.ask('DELETE', 'sessions/second')
        page.wait(lambda: page.names == ['first'], 'the end of second')
        self.assert_quiet_console()

    def test_two_browsers(self):
        here = self.open()
        driver = chromium.launch()
        self.addCleanup(driver.quit)
        there = Page(self, driver).open('first').open_list()
        there.wait_row('first')
        here.wait(lambda: '2 viewers' in here.row('first')['facts'], 'two viewers')
        here.click_of('first', '.session-actions button')
        here.press(Keys.CONTROL, 'a')
        here.press('Seen by both', Keys.ENTER)
        there.wait_row('first', title='Seen by both')
        here.wait_row('first', title='Seen by both')

    def test_survives_a_restart(self):
        page = self.open()
        self.change('first', do='step', steps=2)
        page.wait(lambda: page.picture('first'), 'a small picture')
        self.service.end(signal.SIGKILL)
        page.wait(lambda: page.is_shown('.session-hint'), 'a word of the loss')
        self.assertEqual(page.names, ['first'])
        self.assertGreater(page.picture('first')['width'], 0)
        self.service.start()
        page.wait(lambda: page.names == [], 'the new list')
        self.create('again')
        page.wait_row('again')

    def test_create(self):
        page = self.open()
        page.click('.session-new')
        page.wait(lambda: page.is_shown('.generators input'), 'the generators')
        page.click('.generators input[value="attractor"]')
        self.assertTrue(page.find('.generator-summary').text)
        field = page.find('#new-parameter-a')
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys('1.5', Keys.TAB)
        title = page.find('#new-session-title')
        title.send_keys('x' * 101)
        page.click('dialog.new-session button.suggested')
        page.wait(lambda: page.find('dialog.new-session .dialog-error').text, 'a refusal')
        self.assertEqual(page.names, ['first'])
        title.send_keys(Keys.CONTROL, 'a')
        title.send_keys('Mine')
        page.click('dialog.new-session button.suggested')
        page.wait(lambda: page.session == 'attractor_1', 'the new session')
        page.wait(lambda: page.find('#title').text == 'Mine', 'its title')
        page.wait_row('attractor_1', title='Mine', state='running')
        session = self.service.ask('GET', 'sessions/attractor_1')
        self.assertEqual(session['parameters']['a'], 1.5)
        self.assertFalse(page.is_shown('dialog.new-session'))
        page.wait(lambda: page.focused[1] == 'session-new', 'the focus where it was')

    def test_create_without_start(self):
        page = self.open()
        page.click('.session-new')
        page.wait(lambda: page.is_shown('.generators input'), 'the generators')
        page.click('#new-session-starts')
        page.click('dialog.new-session button.suggested')
        name = page.wait(lambda: page.session != 'first' and page.session, 'the new session')
        page.wait_row(name, state='idle', title=name)

    def test_rename(self):
        page = self.open()
        page.click_of('first', '.session-actions button')
        page.press('x' * 3, Keys.ESCAPE)
        page.wait(lambda: not page.is_shown('.session-rename'), 'the end of renaming')
        self.assertEqual(page.row('first')['title'], 'The first')
        self.assertEqual(page.focused, ['first', 'session-open'])

        page.press(Keys.F2)
        page.press(Keys.CONTROL, 'a')
        page.press('y' * 101, Keys.ENTER)
        page.wait(lambda: page.find('.session-note').text, 'a refusal')
        page.press(Keys.CONTROL, 'a')
        page.press('  Shorter ', Keys.ENTER)
        page.wait_row('first', title='Shorter')
        self.assertEqual(page.find('.session-note').text, '')
        self.assertEqual(self.service.ask('GET', 'sessions/first')['name'], 'first')

    def test_close(self):
        page = self.open()
        self.create('idle')
        self.create('busy')
        self.change('busy', do='start')
        page.wait_row('idle')
        page.wait_row('busy', state='running')
        # Nobody loses anything by it.
        page.click_of('idle', '.session-actions button:last-child')
        page.wait(lambda: 'idle' not in page.names, 'the end of idle')

        page.click_of('busy', '.session-open')
        page.wait_row('busy', isCurrent=True)
        self.assertEqual(page.session, 'busy')
        page.click_of('busy', '.session-actions button:last-child')
        page.wait(lambda: page.is_shown('dialog.confirm'), 'a question')
        page.press(Keys.ESCAPE)
        page.wait(lambda: not page.is_shown('dialog.confirm'), 'the end of the question')
        self.assertIn('busy', page.names)
        page.click_of('busy', '.session-actions button:last-child')
        page.click('dialog.confirm .destructive')
        page.wait(lambda: page.names == ['first'], 'the end of busy')

    def test_close_what_others_watch(self):
        page = self.open()
        self.create('watched')
        page.wait_row('watched')
        driver = chromium.launch()
        self.addCleanup(driver.quit)
        Page(self, driver).open('watched')
        page.wait(lambda: '1 viewer' in page.row('watched')['facts'], 'a viewer')
        page.click_of('watched', '.session-actions button:last-child')
        page.wait(lambda: '1 other viewer' in page.find('#confirm-text').text, 'a question')

    def test_pictures(self):
        page = self.open()
        self.assertIsNone(page.picture('first'))
        self.assertEqual(len(self.driver.find_elements(By.CSS_SELECTOR, '.session-picture.empty')), 1)
        self.change('first', do='start')
        first = page.wait(lambda: page.picture('first'), 'a small picture')
        self.assertGreater(first['width'], 0)
        page.wait(lambda: page.picture('first')['url'] != first['url'], 'another picture')
        self.assert_quiet_console()

    def test_keyboard_only(self):
        page = self.open()
        self.create('second')
        self.create('third')
        page.wait_row('third')
        self.driver.execute_script("document.querySelector('.session-new').focus()")
        page.press(Keys.TAB)
        self.assertEqual(page.focused, ['first', 'session-open'])
        page.press(Keys.ARROW_DOWN)
        self.assertEqual(page.focused, ['second', 'session-open'])
        page.press(Keys.END)
        self.assertEqual(page.focused, ['third', 'session-open'])
        page.press(Keys.ENTER)
        page.wait_row('third', isCurrent=True)
        self.assertEqual(page.session, 'third')
        page.press(Keys.TAB)
        self.assertEqual(page.focused[0], 'third')
        page.press(Keys.ENTER)  # Rename
        page.press(Keys.CONTROL, 'a')
        page.press('The third', Keys.ENTER)
        page.wait_row('third', title='The third')
        page.wait(lambda: page.focused == ['third', 'session-open'], 'the focus where it was')
        page.press(Keys.DELETE)
        page.wait(lambda: page.names == ['first', 'second'], 'the end of third')
        self.assertEqual(page.focused, ['second', 'session-open'])

        self.change('second', do='start')
        page.wait_row('second', state='running')
        page.press(Keys.DELETE)
        page.wait(lambda: page.is_shown('dialog.confirm'), 'a question')
        page.press(Keys.TAB, Keys.ENTER)
        page.wait(lambda: page.names == ['first'], 'the end of second')
        page.wait(lambda: page.focused == ['first', 'session-open'], 'the focus on what is left')

    def test_for_everybody(self):
        page = self.open()
        self.change('first', do='step', steps=2)
        page.wait(lambda: page.picture('first'), 'a small picture')
        self.assertEqual(page.check('#session-list'), [])
        page.click_of('first', '.session-actions button')
        self.assertEqual(page.check('#session-list'), [])
        page.press(Keys.ESCAPE)
        page.press(Keys.DELETE)
        page.wait(lambda: page.is_shown('dialog.confirm'), 'a question')
        self.assertEqual(page.check('dialog.confirm'), [])
        page.press(Keys.ESCAPE)
        page.click('.session-new')
        page.wait(lambda: page.is_shown('.generators input'), 'the generators')
        self.assertEqual(page.check('dialog.new-session'), [])

    def test_view_only(self):
        self.create('second')
        page = self.open('view')
        page.wait_row('second')
        self.assertFalse(page.is_shown('.session-new'))
        self.assertFalse(page.is_shown('.session-actions'))
        self.driver.execute_script("document.querySelector('.session-open').focus()")
        page.press(Keys.F2)
        page.press(Keys.DELETE)
        self.assertFalse(page.is_shown('.session-rename'))
        self.assertFalse(page.is_shown('dialog[open]'))
        page.press(Keys.ARROW_DOWN, Keys.ENTER)
        page.wait_row('second', isCurrent=True)
        self.assertEqual(page.session, 'second')
        self.assertEqual(page.names, ['first', 'second'])
        self.assert_quiet_console()

    def test_hostile_titles(self):
        page = self.open()
        for title in HOSTILE:
            self.change('first', title=title)
            page.wait_row('first', title=title)
        self.change('first', do='start')
        page.wait_row('first', state='running')
        page.click_of('first', '.session-actions button:last-child')
        page.wait(lambda: HOSTILE[-1] in page.find('#confirm-heading').text, 'a question')
        self.assertIsNone(self.driver.execute_script('return window.hacked ?? null'))


class Sharing(BrowserTest):
    def setUp(self):
        super().setUp()
        self.begin()
        self.service.ask('POST', 'sessions', {'generator': 'pattern', 'name': 'first'})

    def open(self, role='control'):
        page = Page(self, self.driver, role).open('first')
        page.click('#share-button')
        page.wait(lambda: page.is_shown('#share-link'), 'the link')
        return page

    @property
    def links(self):
        return self.service.ask('GET', 'sessions/first/links')

    def test_links(self):
        page = self.open()
        for kind in ('view', 'control', 'still'):
            page.click(f'.share-choices input[value="{kind}"]')
            self.assertEqual(page.find('#share-link').get_property('value'), self.links[kind])
            self.assertEqual(page.is_shown('#share-text.warning'), kind == 'control')
        self.assertTrue(page.is_shown('.share-local'))
        self.assertIn('stepcastd --address', page.find('.share-local').text)
        self.assert_quiet_console()
        self.assertEqual(page.check('dialog.share'), [])
        page.press(Keys.ESCAPE)
        page.wait(lambda: not page.is_shown('dialog.share'), 'the end of the dialog')
        self.assertNotIn('token=', self.driver.execute_script(
            'return document.documentElement.outerHTML + '
            '[...document.querySelectorAll("input")].map((node) => node.value)'))

    @unittest.skipIf(zbar is None, 'no python3-zbar or python3-pil here')
    def test_codes(self):
        page = self.open()
        for kind in ('view', 'control', 'still'):
            page.click(f'.share-choices input[value="{kind}"]')
            page.wait(lambda: page.is_shown('.share-code') and read_code(
                page.find('.share-code').screenshot_as_png) == [self.links[kind]], f'the code for {kind}')

    def test_copy(self):
        page = self.open()
        self.driver.execute_script('''
          Object.defineProperty(navigator, 'clipboard', { configurable: true, value: {
            writeText: async (text) => { window.copied = text; } } });''')
        page.click('.share-line button')
        page.wait(lambda: page.find('.share-status').text == 'Copied.', 'a word of it')
        self.assertEqual(self.driver.execute_script('return window.copied'), self.links['view'])
        # As where there is no secure context.
        self.driver.execute_script('''
          Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined });
          document.execCommand = () => { window.copied = getSelection().toString() ||
            document.activeElement.value; return true; };''')
        page.click('.share-choices input[value="control"]')
        page.click('.share-line button')
        page.wait(lambda: page.find('.share-status').text == 'Copied.', 'a word of it')
        self.assertEqual(self.driver.execute_script('return window.copied'), self.links['control'])

    def test_view_only(self):
        page = self.open('view')
        self.assertFalse(page.is_shown('.share-choices'))
        self.assertEqual(page.find('#share-link').get_property('value'), self.links['view'])
        self.assertNotIn(self.service.token('control'), self.driver.execute_script(
            'return document.documentElement.outerHTML'))


if __name__ == '__main__':
    browser.main()
