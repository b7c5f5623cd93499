#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What "meson install" puts where. MESON, BUILD_DIR and PREFIX come from the build."""

import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

BUILD_DIR = pathlib.Path(os.environ['BUILD_DIR'])
PREFIX = pathlib.PurePosixPath(os.environ['PREFIX'])
SOURCE_DIR = pathlib.Path(__file__).resolve().parents[2]
MESON = shlex.split(os.environ.get('MESON', 'meson'))


def read_options():
    options = json.loads((BUILD_DIR / 'meson-info' / 'intro-buildoptions.json').read_text())
    return {option['name']: option['value'] for option in options}


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix='stepcast-install-')
        cls.addClassCleanup(cls.directory.cleanup)
        cls.root = pathlib.Path(cls.directory.name)
        cls.options = read_options()
        subprocess.run([*MESON, 'install', '-C', str(BUILD_DIR), '--no-rebuild', '--quiet',
                        '--destdir', str(cls.root)], check=True, stdout=subprocess.DEVNULL)

    def installed(self, *parts):
        return self.root / PREFIX.relative_to('/') / pathlib.Path(*parts)

    def assert_program(self, path):
        self.assertTrue(path.is_file(), f'{path} is not there')
        self.assertTrue(os.access(path, os.X_OK), f'{path} can’t be run')

    def test_programs(self):
        service = self.installed(self.options['bindir'], 'stepcastd')
        self.assert_program(service)
        for helper in ('stepcast-validate', 'stepcast-guard'):
            self.assert_program(self.installed(self.options['libexecdir'], 'stepcast', helper))
        version = subprocess.run([str(service), '--version'], check=True, capture_output=True,
                                 text=True).stdout
        project = json.loads((BUILD_DIR / 'meson-info' / 'intro-projectinfo.json').read_text())
        self.assertIn(project['version'], version)

    def test_command_line(self):
        command = self.installed(self.options['bindir'], 'stepcast')
        self.assert_program(command)
        overview = subprocess.run([str(command)], check=True, capture_output=True, text=True).stdout
        self.assertIn('generators', overview)
        for path in ('bash-completion/completions/stepcast', 'zsh/site-functions/_stepcast',
                     'fish/vendor_completions.d/stepcast.fish'):
            self.assertTrue(self.installed(self.options['datadir'], path).is_file(), path)

    def test_manual(self):
        if self.options['man'] == 'disabled' or not (BUILD_DIR / 'doc/man/stepcast.1').exists():
            self.skipTest('built without manual pages')
        for path in ('man1/stepcast.1', 'man8/stepcastd.8', 'man5/org.stepcast.Stepcast1.5'):
            self.assertTrue(self.installed(self.options['mandir'], path).is_file(), path)

    def test_documents(self):
        documents = self.installed(self.options['datadir'], 'doc', 'stepcast')
        for name in ('README.md', 'NEWS.md', 'COPYING', 'doc/protocol.md'):
            self.assertTrue((documents / name).is_file(), f'{documents / name} is not there')
        self.assert_program(documents / 'examples' / 'lissajous.py')

    def test_translations(self):
        lines = (SOURCE_DIR / 'po' / 'LINGUAS').read_text().splitlines()
        languages = [line.strip() for line in lines if line.strip() and not line.startswith('#')]
        self.assertTrue(languages)
        for language in languages:
            self.assertTrue(self.installed(self.options['localedir'], language, 'LC_MESSAGES',
                                           'stepcast.mo').is_file(), language)
            self.assertIn(f'\nComment[{language}]=', self.desktop_data('applications', 'desktop'))
            self.assertIn(f'<summary xml:lang="{language}">',
                          self.desktop_data('metainfo', 'metainfo.xml'))
        self.assertIn('gettext-domain="stepcast"',
                      self.desktop_data('glib-2.0/schemas', 'gschema.xml'))
        # Where they will be looked for; what is found there is tried in the build tree.
        localedir = bytes(PREFIX / self.options['localedir'])
        for program in ('stepcast', 'stepcastd'):
            self.assertIn(localedir + b'\0',
                          self.installed(self.options['bindir'], program).read_bytes())

    def desktop_data(self, folder, suffix):
        return self.installed(self.options['datadir'], folder,
                              f'org.stepcast.Stepcast1.{suffix}').read_text()

    def test_desktop(self):
        data = self.installed(self.options['datadir'])
        name = 'org.stepcast.Stepcast1'
        for path in (f'applications/{name}.desktop', f'metainfo/{name}.metainfo.xml',
                     f'glib-2.0/schemas/{name}.gschema.xml',
                     f'dbus-1/interfaces/{name}.Manager.xml',
                     f'icons/hicolor/scalable/apps/{name}.svg',
                     f'icons/hicolor/symbolic/apps/{name}-symbolic.svg'):
            self.assertTrue((data / path).is_file(), f'{data / path} is not there')
        program = str(PREFIX / self.options['bindir'] / 'stepcastd')
        activation = (data / f'dbus-1/services/{name}.service').read_text()
        self.assertIn(f'Exec={program} --dbus-activated\n', activation)
        self.assertIn('SystemdService=stepcastd.service\n', activation)
        unit = self.installed('lib', 'systemd', 'user', 'stepcastd.service').read_text()
        self.assertIn(f'ExecStart={program} --dbus-activated\n', unit)

    def test_nothing_else(self):
        prefix = self.installed()
        folders = tuple(self.installed(self.options[name])
                        for name in ('bindir', 'libexecdir', 'datadir'))
        folders += (self.installed('lib', 'systemd', 'user'),)
        for path in self.root.rglob('*'):
            if path.is_dir():
                continue
            self.assertTrue(path.is_relative_to(prefix), f'{path} is outside of the prefix')
            self.assertTrue(any(path.is_relative_to(folder) for folder in folders),
                            f'{path} belongs nowhere')
            self.assertFalse(path.suffix in ('.a', '.h'), f'{path} is of the build only')


if __name__ == '__main__':
    unittest.main(verbosity=2)
