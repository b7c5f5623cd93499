#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page in the reader's language, in a real browser."""

from browser import BrowserTest, main

# A fresh messages.js, whose catalogue is what the test says.
FRESH = '''
  const [catalogue, done] = arguments;
  window.fetch = async () => {
    if (catalogue === null)
      throw new TypeError('There is no network');
    return new Response(JSON.stringify(catalogue), { status: 200 });
  };
  const messages = await import(`/messages.js?${Math.random()}`);
  await messages.loadMessages();
  done((CODE)(messages));
'''

POLISH = {
    'language': 'pl',
    'plural': [0 if n == 1 else 1 if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else 2
               for n in range(200)],
    'messages': {'Stop': 'Zatrzymaj', '{n} step': ['{n} krok', '{n} kroki', '{n} kroków']},
}


class LanguageTest(BrowserTest):
    def open(self, languages):
        agent = self.driver.execute_script('return navigator.userAgent')
        self.driver.execute_cdp_cmd('Network.setUserAgentOverride',
                                    {'userAgent': agent, 'acceptLanguage': languages})
        self.addCleanup(self.driver.execute_cdp_cmd, 'Network.setUserAgentOverride',
                        {'userAgent': agent, 'acceptLanguage': 'en-US'})
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        self.wait(lambda: self.driver.execute_script(
            'return document.querySelector("#title").textContent !== "Stepcast"'), 'the session')

    def ask(self, code, catalogue=None):
        return self.driver.execute_async_script(
            '(async () => {' + FRESH.replace('CODE', code) + '}).apply(null, arguments)',
            catalogue)

    @property
    def words(self):
        """What of the HTML is marked: its texts and attributes. What is told of the session is put
        there by scripts."""
        return self.driver.execute_script('''
          return [...document.querySelectorAll('[data-i18n]:not(#status, #placeholder)')].map((node) => node.textContent).concat(
            ...[...document.querySelectorAll('[data-i18n-attributes]')].map((node) =>
              ['aria-label', 'title', 'placeholder'].map((name) => node.getAttribute(name))))
            .filter(Boolean).map((text) => text.trim().replace(/\\s+/g, ' '));''')

    @property
    def messages(self):
        return self.driver.execute_async_script('''
          const done = arguments[0];
          fetch('messages').then((response) => response.json()).then(done);''')['messages']

    def test_german(self):
        self.open('de-AT,de,en')
        self.assertEqual(self.driver.execute_script('return document.documentElement.lang'), 'de')
        messages = self.messages
        translated = {text for text in messages.values() if isinstance(text, str)}
        words = self.words
        self.assertGreater(len(words), 5)
        self.assertEqual([text for text in words
                          if text in messages and text not in translated], [])
        self.assertIn(messages['Picture'], words)
        self.assert_quiet_console()

    def test_english(self):
        self.open('en-US,en')
        self.assertEqual(self.driver.execute_script('return document.documentElement.lang'), 'en')
        self.assertIn('Picture', self.words)
        self.assert_quiet_console()

    def test_messages(self):
        self.open('en-US,en')
        self.assertEqual(self.ask('''(m) => [m.language, document.documentElement.lang, m._('Stop'),
            m._('Start'), m._('{n} step'), m._('toString')]''', POLISH),
            ['pl', 'pl', 'Zatrzymaj', 'Start', '{n} krok', 'toString'])
        self.assertEqual(self.ask('''(m) => [0, 1, 2, 5, 12, 22, 101, 102, 112, 1002, 1012, 1.5, 1e20]
            .map((n) => m.ngettext('{n} step', '{n} steps', n).slice(4))''', POLISH),
            ['kroków', 'krok', 'kroki', 'kroków', 'kroków', 'kroki', 'kroków', 'kroki', 'kroków',
             'kroki', 'kroków', 'krok', 'kroków'])
        self.assertEqual(self.ask('''(m) => m.format(m.ngettext('{n} step', '{n} steps', 3),
            { n: m.formatCount(12345.6) })''', POLISH), '12\u00a0346 kroki')

    def test_numbers(self):
        self.open('en-US,en')
        numbers = '''(m) => [m.formatCount(1.25), m.formatCount(12345.6), m.formatNumber(3.14159, 3),
            m.formatNumber(-1234.5678), m.formatDuration(1.5), m.formatDuration(0.0123),
            m.formatDuration(0.00001), m.formatDuration(0)]'''
        self.assertEqual(self.ask(numbers), [
            '1.3', '12,346', '3.14', '-1,234.6', '1.5\u00a0s', '12\u00a0ms', '< 0.1\u00a0ms', '0\u00a0ms'])
        self.assertEqual(self.ask(numbers, {**POLISH, 'language': 'de'}), [
            '1,3', '12.346', '3,14', '-1.234,6', '1,5\u00a0s', '12\u00a0ms', '< 0,1\u00a0ms', '0\u00a0ms'])

    def test_without_a_catalogue(self):
        """English has as many forms as it has."""
        self.open('en-US,en')
        self.assertEqual(self.ask('''(m) => [m.language, m._('Stop'), m.ngettext('a', 'b', 1),
            m.ngettext('a', 'b', 0), m.format('{a} of {b}', { a: 1 })]'''),
            ['en', 'Stop', 'a', 'b', '1 of {b}'])

    def test_direction(self):
        self.open('en-US,en')
        self.assertEqual(self.ask('() => document.documentElement.dir', {**POLISH, 'language': 'ar'}),
                         'rtl')
        self.assertEqual(self.ask('() => document.documentElement.dir', POLISH), 'ltr')


if __name__ == '__main__':
    main()
