#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What build-aux/page-messages makes of catalogues."""

import json
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / 'build-aux' / 'page-messages'

CATALOGUE = r'''
msgid ""
msgstr ""
"Language: LANGUAGE\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: RULE\n"

#: data/web/page.js
msgid "of a script"
msgstr "ein “Text”\nmit \\ und \""

#: src/cli/main.c data/web/x.js
msgid "of both"
msgstr "beides"

#: src/generators/stepcast-pattern.c
msgid "of a generator"
msgstr "ein Generator"

#: src/cli/main.c
msgid "of the shell"
msgstr "die Shell"

#: data/web/page.js
#, fuzzy
msgid "a guess"
msgstr "geraten"

#: data/web/page.js
msgid "nothing"
msgstr ""

#: data/web/page.js
msgctxt "somewhere"
msgid "in a context"
msgstr "dort"

#: data/web/page.js
msgid "{n} step"
msgid_plural "{n} steps"
FORMS
'''

RULES = {
    'ja': ('nplurals=1; plural=0;', lambda n: 0),
    'de': ('nplurals=2; plural=(n != 1);', lambda n: n != 1),
    'pt_BR': ('nplurals=2; plural=(n > 1);', lambda n: n > 1),
    'pl': ('nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);',
           lambda n: 0 if n == 1 else 1 if 2 <= n % 10 <= 4 and not 10 <= n % 100 < 20 else 2),
    'ar': ('nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 '
           ': n%100>=11 ? 4 : 5;',
           lambda n: n if n < 3 else 3 if 3 <= n % 100 <= 10 else 4 if n % 100 >= 11 else 5),
}


class PageMessagesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-po-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def run_program(self, language, rule):
        catalogue, output = self.directory / 'x.po', self.directory / 'x.json'
        n_forms = int(rule.removeprefix('nplurals=').partition(';')[0])
        forms = '\n'.join(f'msgstr[{form}] "form {form}"' for form in range(n_forms))
        catalogue.write_text(CATALOGUE.replace('LANGUAGE', language).replace('RULE', rule)
                             .replace('FORMS', forms))
        process = subprocess.run([str(PROGRAM), str(catalogue), str(output)], capture_output=True,
                                 text=True)
        return process, json.loads(output.read_text()) if process.returncode == 0 else None

    def convert(self, language, rule):
        process, answer = self.run_program(language, rule)
        self.assertEqual(process.returncode, 0, process.stderr)
        return answer

    def test_messages(self):
        answer = self.convert('pt_BR', RULES['pt_BR'][0])
        self.assertEqual(answer['language'], 'pt-BR')
        self.assertEqual(answer['messages'], {
            'of a script': 'ein “Text”\nmit \\ und "', 'of both': 'beides',
            'of a generator': 'ein Generator', '{n} step': ['form 0', 'form 1']})

    def test_plurals(self):
        for language, (rule, choose) in RULES.items():
            with self.subTest(language):
                table = self.convert(language, rule)['plural']
                self.assertEqual(len(table), 200)
                for n in (*range(1300), 10**6, 10**6 + 11, 10**9 + 101):
                    self.assertEqual(table[n if n < 200 else 100 + n % 100], choose(n), n)

    def test_a_rule_that_is_no_table(self):
        process, _ = self.run_program('xx', 'nplurals=2; plural=(n == 1000);')
        self.assertNotEqual(process.returncode, 0)
        self.assertIn('n == 1000', process.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=2)
