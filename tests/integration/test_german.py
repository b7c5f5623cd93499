#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command line and the service for somebody who reads German: what they read is German, and
what machines read, and what is to be typed, is as it is everywhere."""

import asyncio
import pathlib
import re
import subprocess
import tempfile
import unittest

import test_cli
from stepcast import STEPCASTD, Service, main, within
from test_cli import FAILED, UNKNOWN, USAGE, text_width

NAME = 'org.stepcast.Stepcast1'
PATH = '/org/stepcast/Stepcast1'

GERMAN = {}


def setUpModule():
    """A German locale of our own: who runs the tests need not have one, and can't install one. A C
    locale would not do, with its decimal points."""
    directory = tempfile.TemporaryDirectory(prefix='stepcast-locale-')
    unittest.addModuleCleanup(directory.cleanup)
    locale = pathlib.Path(directory.name) / 'de_DE.UTF-8'
    try:
        subprocess.run(['localedef', '-i', 'de_DE', '-f', 'UTF-8', str(locale)],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        pass
    if not locale.is_dir():
        raise unittest.SkipTest('no German locale can be made: there is no “locales” here')
    GERMAN.update(LOCPATH=directory.name, LC_ALL='de_DE.UTF-8', LANGUAGE='')


class GermanTestCase(test_cli.CliTestCase):
    wants_service = False

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.english = dict(self.env)
        self.env.update(GERMAN)

    async def serve(self, env=GERMAN):
        return await self.enterAsyncContext(
            Service(auth=None, env={'DBUS_SESSION_BUS_ADDRESS': self.bus.address, **env}))


class Words(GermanTestCase):
    def assert_narrow(self, text):
        for line in text.splitlines():
            self.assertLessEqual(text_width(line), 80, line)

    async def test_help(self):
        overview = await self.cli('--help')
        self.assertRegex(overview, r'(?m)^Befehle:$')
        self.assertRegex(overview, r'(?m)^  list        Sitzungen auflisten$')
        self.assert_narrow(overview)
        commands = re.findall(r'(?m)^  (\w+)  +\w', overview)
        self.assertGreater(len(commands), 10)
        for command in commands:
            with self.subTest(command):
                text = await self.cli(command, '--help')
                self.assertRegex(text, r'(?m)^Beispiele?:$')
                self.assertNotRegex(text, r'(?i)\b(the|session|example|picture|default)\b')
                self.assertIn('JSON ausgeben', text)

    async def test_help_of_the_service(self):
        process = await asyncio.create_subprocess_exec(
            STEPCASTD, '--help', env=self.env, stdout=asyncio.subprocess.PIPE)
        out, _ = await within(process.communicate(), 'the help')
        self.assertEqual(process.returncode, 0)
        self.assertRegex(out.decode(), '--port=PORT +An diesem Port lauschen')
        self.assertIn('Zeigt eine schrittweise Berechnung', out.decode())
        process = await asyncio.create_subprocess_exec(
            STEPCASTD, '--bus=none', '--port=-3', env=self.env, stderr=asyncio.subprocess.PIPE)
        _, err = await within(process.communicate(), 'the refusal')
        self.assertIn('„-3“ ist kein Wert für --port: möglich ist eine ganze Zahl von 0 bis 65535',
                      err.decode())

    async def test_errors(self):
        await self.refused('lits', status=USAGE,
                           parts=['Den Befehl „lits“ gibt es nicht', 'War „list“ gemeint?',
                                  '„stepcast --help“ zeigt, was möglich ist'])
        await self.refused('list', 'x', status=USAGE, parts=['„x“ ist ein Argument zu viel'])
        await self.refused('list', status=test_cli.NO_SERVICE, parts=['Der Dienst läuft nicht'])
        await self.serve()
        await self.refused('run', '--', 'no-such-program', status=FAILED,
                           parts=['kein Programm „no-such-program“', 'gehört der Ordner dazu'])
        await self.refused('run', '--steps=0x', status=USAGE, parts=['stepcast run --help'])
        await self.refused('run', 'gray-scott', 'fede=1', status=UNKNOWN,
                           parts=['Den Parameter „fede“ gibt es nicht', 'War „feed“ gemeint?'])
        await self.refused('status', status=UNKNOWN, parts=['Es gibt keine Sitzung'])
        await self.cli('run', '--', 'false', status=1)
        self.assertIn('stepcast: fehlgeschlagen', self.err)
        self.assertIn('steht oben', self.err)

    async def test_a_session_s_life(self):
        service = await self.serve()
        await self.cli('run', '--detach', '--name=eins', '--rate=1,5', 'attractor')
        self.assertRegex(await self.cli('pause'), r'\Aeins: pausiert(, Schritt \d+)?\n\Z')
        self.assertRegex(await self.cli('step'), r'\Aeins: pausiert, Schritt \d+\n\Z')
        self.assertRegex(await self.cli('list'), r'\ANAME +GENERATOR +ZUSTAND +SCHRITT +SCHRITTE/S')
        status = await self.cli('status')
        self.assertRegex(status, r'(?m)^  Zustand       pausiert, Schritt \d+, von stepcast '
                                 r'\(Befehlszeile\)$')
        self.assertRegex(status, r'(?m)^  Grenze        höchstens 1,5 Schritte/s$')
        for line in status.splitlines()[1:]:
            self.assertRegex(line, r'\A  .{12}  \S', 'a label is too wide')
        async with (await service.connect('/sessions/eins/ws')):
            _, table = (await self.cli('status')).split('\n\n')
            heading, row = table.splitlines()
            self.assertRegex(heading, r'\A +NR\.  WER +ROLLE +LIEFERUNG +BILDER/S +GESENDET +ENTFALLEN +'
                                      r'WARTET +UMLAUF\Z')
            self.assertEqual(text_width(row), text_width(heading))
        self.assertRegex(await self.cli('stop'), r'\Aeins: angehalten bei Schritt \d+ nach \d+')
        self.assertEqual(await self.cli('close'), 'eins: geschlossen\n')

    async def test_live_line(self):
        await self.serve()
        async with await self.terminal('run', '--rate=4,5', 'pattern', 'steps=100000',
                                       columns=100) as terminal:
            await terminal.see(r'läuft · Schritt \d+ · ░+ 0 % · 4,\d Schritte/s · [\d,]+ Bilder/s · '
                               '0 Betrachter')
            terminal.press('\x03')
            await terminal.see('angehalten bei Schritt')
            await terminal.end()


class Machines(GermanTestCase):
    async def test_json(self):
        await self.serve()
        await self.cli('run', '--detach', 'attractor', 'a=1.25')
        status = await self.object('pause')
        self.assertEqual((status['state'], status['parameters']['a']), ('paused', 1.25))
        set_ = await self.object('set', 'a=-1.5')
        self.assertEqual(set_['parameters'], {'a': -1.5})

    async def test_pictures(self):
        """The same to the byte, whatever the language: a decimal comma is none in SVG."""
        frames = {}
        for env in (GERMAN, {}):
            async with Service(auth=None, env={'DBUS_SESSION_BUS_ADDRESS': self.bus.address, **env}):
                for generator in ('gray-scott', 'attractor', 'pattern'):
                    path = self.directory / f'{generator}.svg'
                    await self.cli('run', '--steps=3', f'--output={path}', generator)
                    frames.setdefault(generator, []).append(path.read_bytes())
        for generator, (german, english) in frames.items():
            self.assertEqual(german, english, generator)

    async def test_generators_on_the_bus(self):
        """A service that was started in German describes its generators so; their names stay."""
        await self.serve()
        process = await asyncio.create_subprocess_exec(
            'gdbus', 'call', '--session', '--dest', NAME, '--object-path', PATH,
            '--method', f'{NAME}.Manager.DescribeGenerator', 'gray-scott', env=self.english,
            stdout=asyncio.subprocess.PIPE)
        out, _ = await within(process.communicate(), 'the answer')
        answer = out.decode()
        for text in ("'name': <'feed'>", "'label': <'Zufuhr'>", "'summary': <'Wie schnell U zuströmt'>",
                     "'unit': <'Zellen'>", "'summary': <'Mittlere Konzentration von V'>"):
            self.assertIn(text, answer)
        self.assertIn('Flecken und Streifen', await self.cli('generators', env=self.english))

    async def test_errors_of_the_service_are_one_language(self):
        """They go over the wire, to programs and to people of other languages."""
        await self.serve()
        await self.open('one')
        await self.cli('stop')
        await self.refused('pause', status=FAILED, parts=['only a running session can be paused'])

    async def test_english_stays(self):
        await self.serve({})
        self.env = self.english
        self.assertIn('List the sessions', await self.cli('--help'))
        self.assertIn('spots and stripes', await self.cli('generators'))


if __name__ == '__main__':
    main()
