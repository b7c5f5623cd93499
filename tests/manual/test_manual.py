#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The manual pages and the D-Bus reference: without a warning, and as complete as the programs."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MAN_PAGES = pathlib.Path(os.environ['MAN_PAGES'])
PAGES = ('stepcast.1', 'stepcastd.8', 'org.stepcast.Stepcast1.5')


def run(*command, **env):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, 'LC_ALL': 'C.UTF-8', **env})


def options_of(*command):
    out = run(*command, '--help').stdout
    return set(re.findall(r'(?<![\w-])--[a-z][a-z-]*', out)) - {'--help'}


class Pages(unittest.TestCase):
    def source(self, page):
        return (SOURCE / 'doc' / 'man' / f'{page}.rst').read_text()

    @unittest.skipUnless(os.environ['HAS_MAN_PAGES'] == '1', 'built without manual pages')
    @unittest.skipUnless(shutil.which('man'), 'there is no man')
    def test_they_are_formatted_without_a_warning(self):
        for page in PAGES:
            with self.subTest(page):
                result = run('man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z',
                             MAN_PAGES / page, MANWIDTH='80')
                self.assertEqual((result.returncode, result.stderr), (0, ''))
                self.assertGreater(len(result.stdout), 1000)

    def test_they_have_every_option(self):
        page = self.source('stepcastd.8')
        for option in options_of(os.environ['STEPCASTD']):
            self.assertIn(option, page)

        page = self.source('stepcast.1')
        commands = run(os.environ['STEPCAST'], 'complete', 'commands').stdout.split()
        self.assertGreater(len(commands), 10)
        for command in commands:
            self.assertRegex(page, rf'(?m)^(\w+, )*{command}(, \w+)*\n-+$')
            for option in options_of(os.environ['STEPCAST'], command):
                self.assertIn(option, page, command)

    def test_they_have_every_setting(self):
        schema = SOURCE / 'data' / 'org.stepcast.Stepcast1.gschema.xml'
        if not schema.exists():
            self.skipTest('there are no settings')
        page = self.source('stepcastd.8')
        for key in xml.etree.ElementTree.parse(schema).iter('key'):
            self.assertIn(f"**{key.get('name')}**", page)


class Reference(unittest.TestCase):
    def test_it_is_what_the_xml_says(self):
        result = run(SOURCE / 'build-aux' / 'dbus-reference', '--check')
        self.assertEqual((result.returncode, result.stderr), (0, ''))


class Completions(unittest.TestCase):
    def test_they_have_every_option_of_run(self):
        for name in ('_stepcast', 'stepcast.fish'):
            text = (SOURCE / 'data' / 'completions' / name).read_text()
            for option in options_of(os.environ['STEPCAST'], 'run'):
                self.assertTrue(option in text or f'-l {option[2:]} ' in text, (name, option))


if __name__ == '__main__':
    unittest.main(verbosity=2)
