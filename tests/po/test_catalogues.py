#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether all that people read is marked, listed and translated, as the sources are now."""

import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE_DIR = pathlib.Path(__file__).resolve().parents[2]
PO_DIR = SOURCE_DIR / 'po'

# What "i18n.gettext (preset: 'glib')" looks for.
KEYWORDS = ('_', 'N_', 'C_:1c,2', 'NC_:1c,2', 'ngettext:1,2', 'g_dcgettext:2', 'g_dngettext:2,3',
            'g_dpgettext2:2c,3')

# What can have messages, of what is no C.
DATA = ('data/*.desktop.in', 'data/*.gschema.xml', 'data/*.metainfo.xml.in', 'data/web/*.html',
        'data/web/*.js')

UPDATE = 'update it by “meson compile -C _build stepcast-update-po”, and translate what is new'


def read_list(name):
    lines = (PO_DIR / name).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith('#')]


def run(*command):
    process = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if process.returncode != 0:
        raise AssertionError(f'{command}: {process.stdout}{process.stderr}')
    return process.stdout + process.stderr


def extract(files, template):
    run('env', f'GETTEXTDATADIRS={PO_DIR}', 'xgettext', '--from-code=UTF-8', *(f'--keyword={word}' for word in KEYWORDS),
        '--add-location=file', '--directory', SOURCE_DIR, '--force-po', '--output', template,
        *files)
    return template


def unquote(lines):
    text = ''.join(re.fullmatch(r'[^"]*"(.*)"', line).group(1) for line in lines)
    return text.replace(r'\n', '\n').replace(r'\"', '"').replace('\\\\', '\\')


def read_catalogue(path):
    """Its messages, without the head: {(context, text): [the translations]}."""
    messages = {}
    for block in run('msgcat', '--no-wrap', path).split('\n\n'):
        fields = {}
        for line in block.splitlines():
            if line.startswith('#'):
                continue
            match = re.match(r'(msg\w+(?:\[\d\])?) ', line)
            if match:
                field = fields[match.group(1)] = []
            field.append(line)
        if 'msgid' in fields:
            texts = {name: unquote(lines) for name, lines in fields.items()}
            messages[texts.get('msgctxt'), texts['msgid']] = [
                text for name, text in texts.items() if name.startswith('msgstr')]
    del messages[None, '']
    return messages


class CataloguesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-po-')
        cls.addClassCleanup(directory.cleanup)
        cls.directory = pathlib.Path(directory.name)
        cls.template = extract(read_list('POTFILES.in'), cls.directory / 'stepcast.pot')
        cls.languages = read_list('LINGUAS')

    @property
    def catalogues(self):
        return [PO_DIR / f'{language}.po' for language in self.languages]

    def test_languages(self):
        self.assertIn('de', self.languages)
        self.assertEqual(sorted(f'{language}.po' for language in self.languages),
                         sorted(path.name for path in PO_DIR.glob('*.po')))

    def test_listed_is_what_has_messages(self):
        candidates = [path for pattern in ('src/**/*.[ch]', *DATA)
                      for path in SOURCE_DIR.glob(pattern)]
        template = extract((path.relative_to(SOURCE_DIR) for path in candidates),
                           self.directory / 'all.pot')
        found = {name for line in template.read_text().splitlines() if line.startswith('#:')
                 for name in line.split()[1:]}
        listed = read_list('POTFILES.in')
        self.assertEqual(sorted(found), sorted(listed))
        self.assertEqual(listed, sorted(listed))

    def test_nothing_is_wrong_or_missing(self):
        for catalogue in self.catalogues:
            statistics = run('env', 'LC_ALL=C', 'msgfmt', '--check', '--statistics', '--output-file',
                             '/dev/null', catalogue)
            self.assertRegex(statistics, r'\A\d+ translated messages\.\n\Z', UPDATE)

    def test_it_has_what_the_sources_have(self):
        template = read_catalogue(self.template)
        for catalogue in self.catalogues:
            run('msgcmp', catalogue, self.template)
            messages = read_catalogue(catalogue)
            self.assertEqual(sorted(map(repr, messages.keys() ^ template.keys())), [], UPDATE)

    def test_of_one_cast(self):
        """What a translator overlooks: how it begins and ends, and what is to be typed as it is."""
        for catalogue in self.catalogues:
            for (_, text), translations in read_catalogue(catalogue).items():
                for translation in translations:
                    with self.subTest(text, translation=translation):
                        for pattern in (r'\A\s*', r'\s*\Z'):
                            self.assertEqual(re.search(pattern, text).group(),
                                             re.search(pattern, translation).group())
                        for pattern in (r'--[a-z][a-z-]+', r'\$[A-Z_]+', r'stepcastd?\b',
                                        r'(?:\d+\.){3}\d+|\d{3,}'):
                            self.assertEqual(sorted(set(re.findall(pattern, text))),
                                             sorted(set(re.findall(pattern, translation))))

    def test_german(self):
        for (_, text), translations in read_catalogue(PO_DIR / 'de.po').items():
            for translation in translations:
                with self.subTest(text, translation=translation):
                    self.assertNotRegex(translation, r'[”»«\'"]|\.\.\.')
                    self.assertEqual(translation.count('„'), translation.count('“'))
                    self.assertNotRegex(translation, r'\b(Sie|Ihr|Ihre[mnrs]?|Ihnen|du|dein\w*)\b')
                    # A blank before what stands for words.
                    self.assertNotRegex(translation, r'[^\s\[]…')


if __name__ == '__main__':
    unittest.main(verbosity=2)
