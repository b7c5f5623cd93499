#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The form of parameters in a real browser: with the real service, and each kind of input by itself.

STEPCASTD is the program to test. Without Chromium, its driver or Selenium the test is skipped.
"""

import json
import pathlib
import re
import struct
import tempfile
import urllib.request
import zlib

from browser import PATIENCE_S, BrowserTest, main

try:
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass  # main() says so

# A form of all kinds, which keeps what it sets in `sent`; what is refused begins with 13.
FAKE = '''
  const [specs, isLive, done] = arguments;
  import('/parameters.js').then(({ ParameterForm }) => {
    const root = document.createElement('div');
    root.className = 'of-the-test';
    document.body.prepend(root);
    window.sent = [];
    window.form = new ParameterForm(root, {
      set: isLive ? async (values, { isFinal }) => {
        if (Object.values(values).some((value) => String(value).startsWith('13')))
          throw new Error('No thirteens');
        if (isFinal)
          window.sent.push(values);
        return { step: 813 };
      } : null,
      upload: async (file, onProgress) => {
        onProgress(0.5);
        return { upload: 'some-id', type: 'image/png', bytes: file.size };
      },
    });
    window.form.fill(specs);
    done(root.id);
  }, (error) => done(`${error}`));
'''

SPECS = [
    {'name': 'on', 'label': 'Switch', 'type': 'boolean', 'default': False, 'live': True},
    {'name': 'even', 'type': 'number', 'default': 0.5, 'minimum': 0, 'maximum': 1, 'live': True,
     'unit': 'Hz', 'description': 'How often'},
    {'name': 'decades', 'type': 'integer', 'default': 10, 'minimum': 1, 'maximum': 100000000,
     'live': True},
    {'name': 'seed', 'type': 'integer', 'default': 1, 'minimum': 0,
     'maximum': '18446744073709551615', 'live': False},
    {'name': 'few', 'type': 'choice', 'default': 'a', 'choices': ['a', 'b', 'c'], 'live': True},
    {'name': 'many', 'type': 'choice', 'default': 'a', 'choices': list('abcdefgh'), 'live': True},
    {'name': 'tint', 'type': 'color', 'default': '#ff0000', 'live': True},
    {'name': 'title', 'type': 'text', 'default': '', 'live': True},
    {'name': 'lines', 'type': 'text', 'default': 'one', 'multiline': True, 'live': True},
    {'name': 'sheet', 'type': 'file', 'default': None, 'accept': ['image/png'], 'max-bytes': 5000,
     'live': False},
]


def png(width, height):
    """A black picture."""
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data +
                struct.pack('>I', zlib.crc32(kind + data)))

    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) +
            chunk(b'IDAT', zlib.compress((b'\0' * (width + 1)) * height)) + chunk(b'IEND', b''))


class FormTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.begin()
        directory = tempfile.TemporaryDirectory(prefix='stepcast-form-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.link, _, self.token = self.service.link.partition('?token=')

    # ---- The service's side ----

    def request(self, method, path, content=None):
        request = urllib.request.Request(
            self.link + path, method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.read()

    def create(self, **parameters):
        content = {'generator': 'gray-scott', 'name': 'it',
                   'parameters': {'width': 48, 'height': 48, **parameters}}
        return json.loads(self.request('POST', 'sessions', content))['name']

    def session(self):
        return json.loads(self.request('GET', 'sessions/it'))

    def value(self, name):
        return self.session()['parameters'][name]

    def do(self, what, **members):
        self.request('PATCH', 'sessions/it', {'do': what, **members})

    # ---- The page's ----

    def open(self):
        self.driver.get(f'{self.link}?token={self.token}&session=it&start=no')
        self.wait(lambda: self.find('feed').is_displayed(), 'the form')

    def find(self, name, selector=''):
        return self.driver.find_element(
            By.CSS_SELECTOR, f'.parameter[data-name="{name}"] {selector}'.strip())

    def note(self, name):
        return self.find(name, '.note').text

    def wait(self, condition, what):
        def holds():
            try:
                return condition()
            except (NoSuchElementException, StaleElementReferenceException):
                return False

        return super().wait(holds, what)

    def wait_note(self, name, pattern):
        self.wait(lambda: re.search(pattern, self.note(name)),
                  f'{pattern!r} at {name}')

    def type(self, field, text, *keys):
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys(text, *keys)

    def fake(self, specs=SPECS, is_live=True):
        self.driver.get(f'{self.link}?token={self.token}&start=no')
        self.driver.set_script_timeout(PATIENCE_S)
        self.assertEqual(self.driver.execute_async_script(FAKE, specs, is_live), '')

    @property
    def sent(self):
        return self.driver.execute_script('return window.sent')

    def wait_sent(self, **values):
        self.wait(lambda: values in self.sent, f'{values}')

    # ---- With the service ----

    def test_live_and_at_a_start(self):
        self.create()
        self.do('start')
        self.open()
        self.type(self.find('feed', 'input.number'), '0.03', Keys.ENTER)
        self.wait_note('feed', r'^Applied at step [\d,]+$')
        self.assertEqual(self.value('feed'), 0.03)
        self.type(self.find('ink', 'input.color'), '#00FF7F', Keys.TAB)
        self.wait_note('ink', r'^Applied at step [\d,]+$')
        self.assertEqual(self.value('ink'), '#00ff7f')

        self.type(self.find('width', 'input.number'), '64', Keys.TAB)
        self.wait_note('width', '^Restart to apply$')
        self.do('stop')
        self.do('step')
        self.wait(lambda: self.note('width') == '', 'another run')
        self.find('feed', '.reset').click()
        self.wait(lambda: self.value('feed') == 0.055, 'the default')
        self.wait(lambda: not self.find('feed', '.reset').is_displayed(), 'no way back')
        self.assertEqual(self.find('feed', 'input.number').get_attribute('value'), '0.055')

    def test_refusals(self):
        self.create()
        self.open()
        for name, selector, text in (('feed', 'input.number', '7'), ('ink', 'input.color', 'red'),
                                     ('width', 'input.number', '1.5')):
            field = self.find(name, selector)
            before = field.get_attribute('value')
            self.type(field, text, Keys.TAB)
            self.wait(lambda: field.get_attribute('aria-invalid') == 'true', f'no to {text}')
            self.assertTrue(self.note(name))
            self.assertEqual(field.get_attribute('value'), text)  # to be mended, not to be lost
            field.send_keys(Keys.ESCAPE)
            self.assertEqual(field.get_attribute('value'), before)
            self.assertEqual(self.note(name), '')

    def test_two_pages(self):
        self.create()
        self.open()
        first = self.driver.current_window_handle
        self.driver.switch_to.new_window('tab')
        second = self.driver.current_window_handle
        self.open()
        self.type(self.find('feed', 'input.number'), '0.04', Keys.ENTER)
        self.wait_note('feed', 'next start')

        self.driver.switch_to.window(first)
        self.wait(lambda: self.find('feed', 'input.number').get_attribute('value') == '0.04',
                  "the other page's value")
        self.wait_note('feed', r'^Set by viewer \d+$')
        self.find('levels', '[type=range]').send_keys(Keys.ARROW_RIGHT)
        self.wait(lambda: self.value('levels') == 4, 'the slider')

        self.driver.switch_to.window(second)
        self.wait(lambda: self.find('levels', 'input.number').get_attribute('value') == '4',
                  'the slider elsewhere')
        self.driver.close()
        self.driver.switch_to.window(first)

    def test_who_edits_is_not_disturbed(self):
        self.create()
        self.open()
        field = self.find('feed', 'input.number')
        self.type(field, '0.0')
        self.request('PATCH', 'sessions/it', {'parameters': {'feed': 0.07, 'kill': 0.05}})
        self.wait_note('feed', '^Meanwhile set to 0.07 by a request from 127')
        self.wait(lambda: self.find('kill', 'input.number').get_attribute('value') == '0.05',
                  'another one')
        self.assertEqual(field.get_attribute('value'), '0.0')
        field.send_keys(Keys.ESCAPE)
        self.assertEqual(field.get_attribute('value'), '0.07')
        self.type(field, '0.01', Keys.ENTER)
        self.wait(lambda: self.value('feed') == 0.01, 'his own')

    def test_a_file_changes_the_picture(self):
        self.create()
        self.do('step')
        before = self.request('GET', 'sessions/it/frame.svg')
        path = self.directory / 'cat.png'
        path.write_bytes(png(48, 48))
        self.open()
        self.assertIn('No file', self.find('image').text)
        self.find('image', '[type=file]').send_keys(str(path))
        self.wait_note('image', '^Restart to apply$')
        self.assertIn('cat.png', self.find('image', '.caption').text)
        self.wait(lambda: self.find('image', 'img').is_displayed(), 'a thumbnail')
        self.assertEqual(self.value('image'), {'type': 'image/png', 'bytes': path.stat().st_size})
        self.do('stop')
        self.do('step')
        self.assertNotEqual(self.request('GET', 'sessions/it/frame.svg'), before)

        # Whoever comes later sees what it is.
        self.open()
        self.assertIn('image/png', self.find('image', '.caption').text)
        path.write_text('no picture')
        self.find('image', '[type=file]').send_keys(str(path))
        self.wait(lambda: 'text/plain' in self.note('image'), 'a refusal')
        self.find('image', '.file button.flat').click()
        self.wait(lambda: self.value('image') is None, 'none')
        self.wait(lambda: 'No file' in self.find('image').text, 'a word of it')

    # ---- Each kind, there and back ----

    def test_kinds(self):
        self.fake()
        self.find('on', 'input').click()
        self.wait_sent(on=True)
        self.wait_note('on', '^Applied at step 813$')
        self.type(self.find('even', 'input.number'), '0.25', Keys.ENTER)
        self.wait_sent(even=0.25)
        self.type(self.find('seed', 'input'), '18446744073709551615', Keys.TAB)
        self.wait_sent(seed='18446744073709551615')
        self.find('few', '[value=b]').click()
        self.wait_sent(few='b')
        self.find('many', 'select').send_keys('c')
        self.wait_sent(many='c')
        self.type(self.find('title', 'input'), 'a “text”', Keys.ENTER)
        self.wait_sent(title='a “text”')
        self.type(self.find('lines', 'textarea'), 'one\ntwo')
        self.assertNotIn('lines', [name for values in self.sent for name in values])
        self.find('lines', 'textarea').send_keys(Keys.CONTROL, Keys.ENTER)
        self.wait_sent(lines='one\ntwo')
        self.driver.execute_script('''
          const well = arguments[0];
          well.value = '#00ff00';
          well.dispatchEvent(new Event('input', { bubbles: true }));
          well.dispatchEvent(new Event('change', { bubbles: true }));''',
                                   self.find('tint', '[type=color]'))
        self.wait_sent(tint='#00ff00')
        self.assertEqual(self.find('tint', 'input.color').get_attribute('value'), '#00ff00')

        self.driver.execute_script('window.form.update(arguments[0], { kind: "cli", id: "x" })', {
            'on': False, 'even': 0.75, 'few': 'c', 'many': 'd', 'tint': '#0000ff', 'title': 'new',
            'lines': 'three', 'seed': 7, 'sheet': {'type': 'image/png', 'bytes': 1234}})
        self.assertFalse(self.find('on', 'input').is_selected())
        self.assertTrue(self.find('few', '[value=c]').is_selected())
        for name, selector, value in (('even', 'input.number', '0.75'), ('many', 'select', 'd'),
                                      ('tint', '[type=color]', '#0000ff'), ('title', 'input', 'new'),
                                      ('lines', 'textarea', 'three'), ('seed', 'input', '7')):
            self.assertEqual(self.find(name, selector).get_attribute('value'), value)
        self.assertIn('1.23\u00a0kB', self.find('sheet', '.caption').text.replace(' ', '\u00a0'))
        self.assertEqual(self.note('even'), 'Set by the command line')
        self.assertIn('0 to 1, default 0.5', self.find('even', '.help').text)
        self.assertIn('Hz', self.find('even', '.unit').text)

    def test_sliders(self):
        self.fake()
        slider = self.find('decades', '[type=range]')
        slider.send_keys(Keys.HOME)
        self.wait_sent(decades=1)
        slider.send_keys(Keys.ARROW_RIGHT)  # the next whole number, however close
        self.wait_sent(decades=2)
        slider.send_keys(Keys.END)
        self.wait_sent(decades=100000000)
        self.driver.execute_script('''
          arguments[0].value = 500;
          arguments[0].dispatchEvent(new Event('input'));
          arguments[0].dispatchEvent(new Event('change'));''', slider)
        self.wait_sent(decades=10000)  # half of the way is half of the decades
        self.assertEqual(slider.get_attribute('aria-valuetext'), '10,000')

    def test_files(self):
        self.fake()
        large, good = self.directory / 'large.png', self.directory / 'good.png'
        large.write_bytes(bytes(5001))
        good.write_bytes(png(9, 9))
        self.find('sheet', '[type=file]').send_keys(str(large))
        self.wait_note('sheet', 'large.png .* at most 5')
        self.find('sheet', '[type=file]').send_keys(str(good))
        self.wait_sent(sheet={'upload': 'some-id'})
        self.wait_note('sheet', 'Restart to apply')

        # Dropped, as from a file manager.
        self.driver.execute_script('''
          const data = new DataTransfer();
          data.items.add(new File(['abc'], 'dropped.png', { type: 'image/png' }));
          for (const type of ['dragenter', 'dragover', 'drop'])
            arguments[0].dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true,
                                                             cancelable: true }));''',
                                   self.find('sheet', '.file'))
        self.wait(lambda: 'dropped.png' in self.find('sheet', '.caption').text, 'the dropped file')

    def test_disabled(self):
        self.fake()
        fields = [field for field in self.driver.find_elements(
            By.CSS_SELECTOR, '.of-the-test :is(input, button, select, textarea)')
            if field.is_displayed()]
        self.assertGreater(len(fields), 10)
        self.driver.execute_script('window.form.disabled = true')
        self.assertEqual([field for field in fields if field.is_enabled()], [])
        self.driver.execute_script('window.form.disabled = false')
        self.assertEqual([field for field in fields if not field.is_enabled()], [])

    def test_refused_by_the_service(self):
        self.fake()
        field = self.find('decades', 'input.number')
        self.type(field, '13', Keys.ENTER)
        self.wait_note('decades', '^No thirteens$')
        self.assertEqual(field.get_attribute('aria-invalid'), 'true')
        self.type(field, '14', Keys.ENTER)
        self.wait_note('decades', '^Applied')
        self.assertEqual(field.get_attribute('aria-invalid'), 'false')

    def test_only_collects(self):
        self.fake(is_live=False)
        self.assertEqual(self.driver.execute_script('return window.form.values'), {})
        self.type(self.find('even', 'input.number'), '0.25', Keys.TAB)
        self.find('on', 'input').click()
        good = self.directory / 'good.png'
        good.write_bytes(png(9, 9))
        self.find('sheet', '[type=file]').send_keys(str(good))
        wanted = {'even': 0.25, 'on': True, 'sheet': {'upload': 'some-id'}}
        self.wait(lambda: self.driver.execute_script('return window.form.values') == wanted,
                  f'{wanted}')
        self.assertEqual(self.note('even'), '')

    def test_filter(self):
        self.fake(SPECS + [{**SPECS[1], 'name': f'more-{n}'} for n in range(3)])
        field = self.driver.find_element(By.CSS_SELECTOR, '.parameter-filter')
        field.send_keys('MORE-1')
        self.wait(lambda: not self.find('on').is_displayed(), 'fewer')
        self.assertTrue(self.find('more-1').is_displayed())
        field.send_keys(Keys.CONTROL, 'a')
        field.send_keys(Keys.BACKSPACE)
        self.wait(lambda: self.find('on').is_displayed(), 'all')


if __name__ == '__main__':
    main()
