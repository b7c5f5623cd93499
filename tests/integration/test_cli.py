#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""stepcast, the command line: end to end, on a bus of its own and in a terminal of its own."""

import asyncio
import codecs
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import tempfile
import termios
import unicodedata

from private_bus import PrivateBus
from stepcast import PROGRAMS, PYTHON, Service, TestCase, main, png, step_of, wait_for, within

STEPCAST = os.environ.get('STEPCAST', 'stepcast')

SUCCESS, FAILED, USAGE, NO_SERVICE, UNKNOWN, SIGNAL = 0, 1, 2, 3, 4, 128

ESCAPE = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


def text_width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in text)


class Terminal:
    """A stepcast in a terminal: what it wrote there, and keys for it."""

    def __init__(self, columns):
        self.columns = columns
        self.output = ''
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')

    async def start(self, *arguments, env, cwd, **options):
        ours, theirs = pty.openpty()
        self.fd = ours
        self.resize(self.columns)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
            for number in (signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)

        self.process = await asyncio.create_subprocess_exec(
            STEPCAST, *arguments, **{'stdin': theirs, 'stdout': theirs, 'stderr': theirs, **options},
            env=env, cwd=cwd, preexec_fn=take_terminal)
        os.close(theirs)
        asyncio.get_running_loop().add_reader(self.fd, self.read)
        return self

    def read(self):
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        self.output += self.decoder.decode(data)
        if not data:
            asyncio.get_running_loop().remove_reader(self.fd)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)

    def resize(self, columns):
        self.columns = columns
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))

    def press(self, keys):
        os.write(self.fd, keys.encode())

    @property
    def plain(self):
        return ESCAPE.sub('', self.output)

    async def see(self, pattern, since=0):
        """Waits until it is there, after the first @since characters."""
        def find():
            return re.search(pattern, ESCAPE.sub('', self.output[since:]))
        try:
            return await wait_for(find, f'{pattern!r} in the terminal')
        except AssertionError as error:
            raise AssertionError(f'{error}; there is: {self.output[-2000:]!r}') from None

    async def end(self):
        status = await within(self.process.wait(), 'the end of stepcast')
        self.read_rest()
        return status

    def read_rest(self):
        os.set_blocking(self.fd, False)
        with contextlib.suppress(OSError):
            while data := os.read(self.fd, 65536):
                self.output += self.decoder.decode(data)

    def live_lines(self, since=0):
        """All that was written where the live line is."""
        return [line for line in re.split(r'[\r\n]', ESCAPE.sub('', self.output[since:]))
                if ' · ' in line]


class CliTestCase(TestCase):
    wants_service = True

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='stepcast-cli-'))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.bus = await self.enterAsyncContext(PrivateBus())
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(('XDG_', 'DBUS_', 'LC_', 'LANG', 'G_', 'NO_COLOR'))}
        self.env.update(DBUS_SESSION_BUS_ADDRESS=self.bus.address, LC_ALL='C.UTF-8', TERM='xterm',
                        HOME=str(self.directory), XDG_DATA_DIRS=str(self.directory),
                        XDG_RUNTIME_DIR=str(self.directory))
        if self.wants_service:
            self.service = await self.enterAsyncContext(
                Service(auth=None, env={'DBUS_SESSION_BUS_ADDRESS': self.bus.address}))

    async def spawn(self, *arguments, env=None, **options):
        return await asyncio.create_subprocess_exec(
            STEPCAST, *map(str, arguments), **{
                'stdin': asyncio.subprocess.DEVNULL, 'stdout': asyncio.subprocess.PIPE,
                'stderr': asyncio.subprocess.PIPE, 'cwd': self.directory, **options},
            env={**self.env, **(env or {})})

    async def cli(self, *arguments, status=SUCCESS, input=None, binary=False, **options):
        """Runs stepcast to its end: what it wrote to its standard output."""
        if input is not None:
            options['stdin'] = asyncio.subprocess.PIPE
        process = await self.spawn(*arguments, **options)
        try:
            out, err = await within(process.communicate(input), f'the end of stepcast {arguments}')
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.err = err.decode()
        self.assertEqual(process.returncode, status,
                         f'stepcast {arguments}: {(out or b"")[-2000:]!r} {self.err!r}')
        self.assertNotRegex(self.err, 'CRITICAL|WARNING|Sanitizer|runtime error')
        return out if binary else (out or b'').decode()

    async def refused(self, *arguments, status, parts=(), **options):
        """Runs stepcast, which refuses: says so on its standard error, and what to do."""
        out = await self.cli(*arguments, status=status, **options)
        self.assertEqual(out, '')
        self.assertTrue(self.err.startswith('stepcast: '), self.err)
        self.assertLess(len(self.err.splitlines()), 8)
        for part in parts:
            self.assertIn(part, self.err)
        return self.err

    async def json(self, *arguments, **options):
        return [json.loads(line)
                for line in (await self.cli(*arguments, '--json', **options)).splitlines()]

    async def object(self, *arguments, **options):
        objects = await self.json(*arguments, **options)
        self.assertEqual(len(objects), 1, objects)
        return objects[0]

    async def names(self):
        return [session['name'] for session in await self.json('list')]

    async def open(self, name='one', generator='attractor', *arguments):
        await self.cli('run', '--detach', f'--name={name}', generator, *arguments)
        return name

    async def terminal(self, *arguments, columns=80, env=None, **options):
        terminal = Terminal(columns)
        await terminal.start(*map(str, arguments), env={**self.env, **(env or {})},
                             cwd=self.directory, **options)
        return terminal


class Control(CliTestCase):
    async def test_a_session_s_life(self):
        out = await self.cli('run', '--detach', 'attractor')
        self.assertRegex(out, r'\Aattractor_1: http://127\.0\.0\.1:\d+/\?\S*session=attractor_1\S*\n\Z')
        self.assertRegex(await self.cli('list'), r'(?m)^attractor_1 +attractor +running +\d+')
        await wait_for_step(self, 2)

        out = await self.cli('pause')
        step = int(re.fullmatch(r'attractor_1: paused at step (\d+)\n', out).group(1))
        self.assertEqual(await self.cli('step'), f'attractor_1: paused at step {step + 1}\n')
        self.assertEqual(await self.cli('step', '7'), f'attractor_1: paused at step {step + 8}\n')
        self.assertEqual(await self.cli('step', 'attractor_1', '2'),
                         f'attractor_1: paused at step {step + 10}\n')
        self.assertEqual((await self.object('status'))['step'], step + 10)
        self.assertRegex(await self.cli('resume'), r'\Aattractor_1: running')
        out = await self.cli('stop')
        self.assertRegex(out, r'\Aattractor_1: stopped at step \d+ after [\d.]+ m?s\n\Z')
        self.assertRegex(await self.cli('stop'), r'nothing to stop: stopped at step')
        self.assertRegex(await self.cli('start', 'attractor_1'), r'\Aattractor_1: running')
        self.assertEqual((await self.object('status'))['run'], 2)
        self.assertEqual(await self.cli('close'), 'attractor_1: closed\n')
        self.assertEqual(await self.names(), [])

    async def test_json(self):
        await self.cli('run', '--detach', '--rate=1000', 'pattern', 'steps=1000000')
        listed = await self.object('list')
        self.assertEqual({'name', 'title', 'generator', 'kind', 'state', 'reason', 'exit-status', 'run',
                          'step', 'steps-per-second', 'frames-per-second', 'rate', 'progress',
                          'viewers', 'metrics', 'parameters', 'frame-url', 'state-by',
                          'parameters-by', 'held-by', 'frames-drawn', 'frames-validated',
                          'when-unwatched', 'grace-seconds'}, set(listed))
        self.assertEqual((listed['name'], listed['generator'], listed['kind']),
                         ('pattern_1', 'pattern', 'generator'))
        self.assertIsNone(listed['reason'])
        self.assertIsNone(listed['exit-status'])
        self.assertEqual(listed['parameters']['steps'], 1000000)
        paused = await self.object('pause')
        self.assertEqual((paused['state'], paused['name']), ('paused', 'pattern_1'))
        stepped = await self.object('step', '3')
        self.assertEqual((stepped['state'], stepped['step']), ('paused', paused['step'] + 3))
        self.assertTrue(0 < stepped['progress'] < 1)
        set_ = await self.object('set', 'bytes=5000')
        self.assertEqual((set_['name'], set_['parameters']), ('pattern_1', {'bytes': 5000}))
        self.assertGreater(set_['step'], 0)
        stopped = await self.object('stop')
        self.assertEqual(stopped['stopped']['step'], stepped['step'])
        self.assertGreaterEqual(stopped['stopped']['seconds'], 0)
        shown = await self.object('show', 'now.svg')
        self.assertEqual(shown['bytes'], (self.directory / 'now.svg').stat().st_size)
        link = await self.object('link', '--view')
        self.assertEqual((link['name'], link['role']), ('pattern_1', 'view'))
        self.assertEqual(await self.object('close'), {'name': 'pattern_1', 'closed': True})
        version = await self.object('version')
        self.assertEqual(version['stepcast'], version['stepcastd'])
        self.assertEqual(version['address'], self.service.url)

    async def test_the_name_can_be_left_out_of_one(self):
        for command in ('status', 'start', 'stop', 'pause', 'resume', 'step', 'show', 'link',
                        'close'):
            with self.subTest(command, sessions=0):
                await self.refused(command, status=UNKNOWN, parts=['no session', 'stepcast run'])
        await self.refused('set', 'a=1', status=UNKNOWN, parts=['no session'])
        await self.open('one')
        self.assertIn('one', await self.cli('status'))
        await self.open('two')
        for command in ('status', 'start', 'stop', 'pause', 'resume', 'step', 'show', 'link',
                        'close'):
            with self.subTest(command, sessions=2):
                await self.refused(command, status=UNKNOWN, parts=['one, two'])
        self.assertEqual((await self.object('status', 'two'))['name'], 'two')
        self.assertEqual(await self.names(), ['one', 'two'])
        self.assertEqual((await self.cli('close', '--all')).split(),
                         ['one:', 'closed', 'two:', 'closed'])

    async def test_what_is_unknown(self):
        await self.open('one')
        await self.refused('status', 'oen', status=UNKNOWN, parts=['oen', 'Did you mean “one”?'])
        await self.refused('status', '../one', status=UNKNOWN)
        await self.refused('run', 'atractor', status=UNKNOWN,
                           parts=['atractor', '“attractor”?', 'stepcast generators'])
        await self.refused('generators', 'nothing_like_it', status=UNKNOWN, parts=['gray-scott'])
        await self.refused('run', 'gray-scott', 'fede=1', status=UNKNOWN, parts=['“feed”?', 'kill'])
        await self.refused('set', 'one', 'nonsense=1', status=UNKNOWN, parts=['nonsense'])
        await self.refused('lits', status=USAGE, parts=['“list”?'])
        self.assertEqual(await self.names(), ['one'])

    async def test_bad_command_lines(self):
        await self.open('one')
        for arguments in (['list', 'x'], ['list', '--nonsense'], ['step', '0'], ['step', 'one', 'x'],
                          ['set'], ['set', 'one'], ['close', '--all', 'one'], ['run', '--'],
                          ['run', 'gray-scott', '--', 'true'], ['run', '--steps=-1'],
                          ['run', '--output=picture.jpg'], ['run', '--pty', 'gray-scott'],
                          ['run', 'gray-scott', 'feed'], ['run', '-', 'x'],
                          ['run', '--env=X', '--', 'true'], ['run', '--detach', '--output=x.svg'],
                          ['show', '--format=jpg'], ['show', '--width=99999', 'x.png'],
                          ['show', '--width=5', 'x.svg'], ['show', '--json'], ['--nonsense'],
                          ['complete', 'x'], ['link', 'one', 'two']):
            with self.subTest(arguments=arguments):
                await self.refused(*arguments, status=USAGE, parts=['--help'])
        self.assertEqual(await self.names(), ['one'])

    async def test_requests_that_fail(self):
        await self.open('one')
        await self.cli('stop')
        await self.refused('pause', status=FAILED)
        await self.refused('resume', status=FAILED)
        await self.refused('run', '-d', 'gray-scott', 'feed=lots', status=FAILED,
                           parts=['lots', 'a number from'])
        await self.refused('run', '-d', 'gray-scott', 'feed=1e9', status=FAILED, parts=['feed'])
        await self.refused('run', '-d', '--name=one', status=FAILED, parts=['one'])
        await self.refused('run', '-d', '--name=UPPER', status=FAILED, parts=['UPPER'])
        await self.refused('show', 'missing/x.svg', status=FAILED, parts=['missing/x.svg'])
        self.assertEqual(await self.names(), ['one'])

    async def test_generators_and_their_parameters(self):
        generators = await self.json('generators')
        self.assertEqual([g['name'] for g in generators if g['default']], ['gray-scott'])
        out = await self.cli('generators')
        for generator in generators:
            self.assertRegex(out, rf'(?m)^{generator["name"]} +\S')
            description = await self.object('generators', generator['name'])
            text = await self.cli('generators', generator['name'])
            for parameter in description['parameters']:
                self.assertIn(f'  {parameter["name"]}=', text)
            # What it says is the default can be typed.
            typed = [f'{p["name"]}={typed_value(p["default"])}' for p in description['parameters']]
            name = await self.open('typed', generator['name'], *typed)
            self.assertEqual((await self.object('status', name))['parameters'],
                             {p['name']: '' if p['type'] == 'file' else p['default']
                              for p in description['parameters']})
            await self.cli('close', name)

    async def test_files_and_colours(self):
        (self.directory / 'cat.png').write_bytes(png(20, 20))
        (self.directory / 'large.png').write_bytes(png(20, 20, filler=bytes(16 * 1024 * 1024)))
        (self.directory / 'notes.txt').write_text('no picture')
        (self.directory / 'empty.png').touch()
        cat = self.directory / 'cat.png'
        name = await self.open('drawn', 'gray-scott', f'image={cat}', 'ink=#00FF7F')
        parameters = (await self.object('status', name))['parameters']
        self.assertEqual(parameters['image'], f'image/png, {cat.stat().st_size} bytes')
        self.assertEqual(parameters['ink'], '#00ff7f')
        self.assertIn('image/png', await self.cli('status', name))
        text = await self.cli('generators', 'gray-scott')
        self.assertIn('a file of at most 16.0\u00a0MiB (image/png, image/jpeg)', text)
        self.assertIn('a colour as #rrggbb', text)

        await self.cli('set', name, 'image=')
        self.assertEqual((await self.object('status', name))['parameters']['image'], '')
        await self.cli('set', name, f'image={cat}')
        for path, part in (('cat.jpg', 'can’t be read'), ('', 'can’t be read'),
                           ('large.png', '16.0\u00a0MiB'), ('notes.txt', 'image/jpeg'),
                           ('empty.png', 'is empty')):
            path = self.directory / path
            await self.refused('set', name, f'image={path}', status=FAILED,
                               parts=[str(path)[:40], part])
        await self.refused('set', name, 'ink=red', status=FAILED, parts=['red', '#rrggbb'])

    async def test_show(self):
        await self.open('one', 'pattern')
        await self.refused('show', 'two', status=UNKNOWN)
        await self.cli('pause')
        step = (await self.object('status'))['step']
        self.assertEqual(step_of(await self.cli('show')), step)
        target = self.directory / 'now.svg'
        target.write_text('before')
        os.symlink('now.svg', self.directory / 'link.svg')
        self.assertEqual(await self.cli('show', 'link.svg'), '')
        self.assertTrue((self.directory / 'link.svg').is_symlink())
        self.assertEqual(step_of(target.read_text()), step)
        png = await self.cli('show', 'one', '-', '--format=png', '--width=123', binary=True)
        self.assertEqual((png[:8], struct.unpack('>I', png[16:20])[0]), (b'\x89PNG\r\n\x1a\n', 123))
        await self.cli('show', 'one', 'now.png')
        self.assertEqual((self.directory / 'now.png').read_bytes()[:4], b'\x89PNG')
        self.assertEqual(sorted(p.name for p in self.directory.glob('*.*g*')),
                         ['link.svg', 'now.png', 'now.svg'])
        async with await self.terminal('show', '--format=png') as terminal:
            self.assertEqual(await terminal.end(), USAGE)
            self.assertIn('name a FILE', terminal.plain)

    async def test_links_are_of_their_role(self):
        await self.open()
        control, view = [(await self.cli('link', *role)).strip() for role in ([], ['--view'])]
        self.assertNotEqual(control, view)
        self.assertIn(self.service.token, control)
        self.assertIn(self.service.view_token(), view)

    async def test_open(self):
        await self.open()
        browser = self.directory / 'xdg-open'
        browser.write_text(f'#!/bin/sh\necho noise\necho "$1" > {self.directory}/opened.part\n'
                           f'mv {self.directory}/opened.part {self.directory}/opened\n')
        browser.chmod(0o755)
        path = {'PATH': f'{self.directory}:/usr/bin:/bin'}
        self.assertEqual(await self.cli('open', env=path), '')
        opened = self.directory / 'opened'
        await wait_for(opened.exists, 'a browser')
        self.assertEqual(opened.read_text(), await self.cli('link'))
        await self.refused('open', env={'PATH': '/nonexistent'}, status=FAILED,
                           parts=['no browser', (await self.cli('link')).strip()])

    async def test_follow(self):
        await self.open('one', 'attractor')
        follower = await self.spawn('status', '--follow', '--json')
        plain = await self.spawn('status', 'one', '-f')
        seen = []

        async def until(state):
            while not seen or seen[-1]['state'] != state:
                line = await within(follower.stdout.readline(), f'the state {state}')
                seen.append(json.loads(line))

        await until('running')
        await self.cli('pause')
        await until('paused')
        await self.cli('stop')
        await until('stopped')
        await self.cli('close')
        for process in (follower, plain):
            out, err = await within(process.communicate(), 'the end of those who follow')
            self.assertEqual((process.returncode, err), (SUCCESS, b''))
            self.assertNotIn(b'\x1b', out)
        self.assertEqual(len({json.dumps(state) for state in seen}), len(seen), 'a line twice')
        self.assertIn('stopped by stepcast (command line), step', out.decode())

    async def test_completion_lists(self):
        await self.open('one', 'gray-scott')
        commands = (await self.cli('complete', 'commands')).split()
        self.assertIn('run', commands)
        self.assertNotIn('complete', commands)
        self.assertEqual((await self.cli('complete', 'sessions')).split(), ['one'])
        self.assertIn('gray-scott', (await self.cli('complete', 'generators')).split())
        parameters = (await self.cli('complete', 'parameters', 'gray-scott')).split()
        self.assertIn('feed', parameters)
        self.assertEqual((await self.cli('complete', 'session-parameters', 'one')).split(),
                         parameters)
        self.assertEqual((await self.cli('complete', 'session-parameters')).split(), parameters)
        self.assertEqual(await self.cli('complete', 'parameters', 'nonsense'), '')
        self.assertEqual((await self.cli('complete', 'files', 'gray-scott')).split(), ['image'])
        self.assertEqual(await self.cli('complete', 'files', 'pattern'), '')
        self.assertEqual((await self.cli('complete', 'session-files', 'one')).split(), ['image'])
        for command in commands:
            out = await self.cli(command, '--help')
            self.assertIn(f'stepcast {command}', out)
            self.assertIn('Example', out)
        self.assertEqual(await self.cli(), await self.cli('--help'))


def typed_value(value):
    if value == []:  # no file
        return ''
    return str(value).lower() if isinstance(value, bool) else str(value)


async def wait_for_step(test, step):
    async def has_come():
        return (await test.object('status'))['step'] >= step
    await wait_for(has_come, f'step {step}')


class Many(CliTestCase):
    """The command line beside others at one session."""

    def who(self, hello):
        """What the command line calls a viewer."""
        return f'viewer {hello["viewer"]} (WebSocket)'

    async def call(self, path, method):
        """As a program on the bus."""
        process = await asyncio.create_subprocess_exec(
            'gdbus', 'call', '--session', '--dest', 'org.stepcast.Stepcast1', '--object-path',
            f'/org/stepcast/Stepcast1/session/{path}', '--method',
            f'org.stepcast.Stepcast1.Session.{method}', env=self.env,
            stdout=asyncio.subprocess.DEVNULL)
        self.assertEqual(await within(process.wait(), 'the call'), 0)

    async def test_who_made_the_state(self):
        await self.open('one')
        status = await self.cli('status')
        self.assertRegex(status, r'(?m)^  State         running( at step \d+)?, started by stepcast '
                                 r'\(command line\)$')
        self.assertRegex(status, r'(?m)^  Frames        0 drawn, 0 validated$')
        self.assertNotIn('Unwatched', status)
        self.assertNotIn('last set by', status)
        await self.cli('pause')
        by = (await self.object('status'))['state-by']
        self.assertEqual(by['kind'], 'cli')
        self.assertRegex(by['id'], r'\A:\d+\.\d+\Z')
        self.assertRegex(await self.cli('status'), r'(?m)^  State         paused at step \d+ by '
                                                   r'stepcast \(command line\)$')
        await self.cli('set', 'a=1.5')
        self.assertIn('last set by stepcast (command line)', await self.cli('status'))
        self.assertEqual((await self.object('status'))['parameters-by']['kind'], 'cli')

        await self.call('one', 'Resume')
        self.assertEqual((await self.object('status'))['state-by']['kind'], 'dbus')
        await self.call('one', 'Pause')
        self.assertRegex(await self.cli('status'),
                         r' by a program on the bus \(:\d+\.\d+\)\n')

        await self.cli('run', '--detach', '--name=two', '--', 'false')
        async def has_failed():
            return (await self.object('status', 'two'))['state'] == 'failed'
        await wait_for(has_failed, 'the failure')
        self.assertIsNone((await self.object('status', 'two'))['state-by'])
        self.assertRegex(await self.cli('status', 'two'), r'(?m)^  State         failed at step 0$')

    async def test_with_a_viewer(self):
        await self.open('one')
        async with await self.service.connect_v1('/sessions/one/ws') as viewer:
            hello = await viewer.next('hello')
            await viewer.answered('stop')
            self.assertIn(f'by {self.who(hello)}\n', await self.cli('status'))
            await self.cli('start')
            state = await viewer.next_state('running')
            self.assertEqual(state['by']['kind'], 'cli')
            self.assertEqual((await self.object('status'))['state-by']['kind'], 'cli')

    async def test_table_of_viewers(self):
        await self.open('one', 'pattern')
        await self.cli('pause')
        self.assertNotIn('DELIVERY', await self.cli('status'))
        self.assertEqual((await self.object('status'))['viewer-list'], [])
        async with (await self.service.connect_v1('/sessions/one/ws') as every,
                    await self.service.connect('/sessions/one/ws')):
            await every.answered('options', delivery='every')
            await self.cli('step', '3')
            for _ in range(3):
                await every.next('frame')
            status = await self.cli('status')
            heading, *rows = status.split('\n\n')[1].splitlines()
            self.assertEqual(heading.split(), ['NO.', 'WHO', 'ROLE', 'DELIVERY', 'FRAMES/S', 'SENT',
                                               'MISSED', 'BACKLOG', 'ROUND', 'TRIP'])
            self.assertEqual(len(rows), 2)
            for row in rows:
                self.assertLessEqual(text_width(row), 80, row)
                self.assertEqual(text_width(row), text_width(heading), 'the columns')
            column = heading.index('DELIVERY')
            self.assertEqual(sorted(row[column:].split()[0] for row in rows), ['every', 'latest'])
            row = next(row for row in rows if 'every' in row)
            # It may have had the picture of where it was paused, too.
            self.assertRegex(row, r'control  every +\S+ +[34] +0 +0 B')
            listed = (await self.object('status'))['viewer-list']
            self.assertEqual({(v['role'], v['delivery']) for v in listed},
                             {('control', 'every'), ('control', 'latest')})
            self.assertGreaterEqual(max(v['sent'] for v in listed), 3)
            self.assertRegex(status, r'(?m)^  Frames        \d+ drawn, \d+ validated$')

    async def test_who_has_stopped_what_is_run(self):
        process = await self.spawn('run', '--name=one', 'attractor')
        await within(process.stdout.readline(), 'the link')
        await within(process.stdout.readline(), 'that it runs')
        await self.call('one', 'Pause')
        line = await within(process.stdout.readline(), 'the pause')
        self.assertRegex(line.decode(), r'\Apaused at step \d+ by a program on the bus \(:')
        await self.cli('stop')
        out, _ = await within(process.communicate(), 'the end of run')
        self.assertRegex(out.decode(), r'stopped at step \d+ by stepcast \(command line\)\n\Z')

        # What it does itself it need not be told.
        out = await self.cli('run', '--steps=3', 'attractor')
        self.assertRegex(out, r'stopped at step 3 after [\d.]+ m?s\n\Z')

    async def test_who_has_paused_it_on_the_live_line(self):
        async with await self.terminal('run', '--name=one', 'attractor') as terminal:
            await terminal.see(r'running · ')
            await self.cli('pause')
            await terminal.see(r'paused by stepcast \(command line\) · step \d+')
            await self.cli('resume')
            await terminal.see(r'running · ', since=len(terminal.output))
            terminal.press('\x03')
            await terminal.see(r'stopped at step \d+ after')
            await terminal.end()

    async def test_held(self):
        await self.cli('run', '--detach', '--name=one', 'pattern', 'bytes=1000000')
        await self.cli('stop')
        async with await self.service.connect_v1('/sessions/one/ws') as viewer:
            hello = await viewer.next('hello')
            if 'viewer' not in hello:
                self.skipTest('viewers have no number yet')
            await viewer.answered('options', delivery='every')
            follower = await self.spawn('status', '--follow')
            await self.cli('start')

            async def is_held():
                return (await self.object('status'))['held-by']
            held = await wait_for(is_held, 'it is held')
            self.assertEqual(held, {'kind': 'websocket', 'id': str(hello['viewer'])})
            self.assertIn(f'  held by {self.who(hello)}: it wants every frame and reads slowly\n',
                          await self.cli('status'))
            await self.cli('close')
            out, _ = await within(follower.communicate(), 'the end of who follows')
            self.assertIn(f'running, held by {self.who(hello)}, step', out.decode())

    async def test_when_unwatched(self):
        await self.cli('run', '--detach', '--name=one', '--when-unwatched=pause', '--grace=0.05',
                       'attractor')
        self.assertRegex(await self.cli('status'), r'(?m)^  Unwatched     pauses after 50 ms$')
        one = await self.object('status')
        self.assertEqual((one['when-unwatched'], one['grace-seconds']), ('pause', 0.05))
        async with await self.service.connect_v1('/sessions/one/ws') as viewer:
            await viewer.next('hello')

        async def has_state(state):
            return (await self.object('status'))['state'] == state
        await wait_for(lambda: has_state('paused'), 'the pause')
        self.assertIn(' by a rule, as nobody watched it\n', await self.cli('status'))
        async with await self.service.connect_v1('/sessions/one/ws'):
            await wait_for(lambda: has_state('running'), 'that it goes on')
        await self.cli('close')

        for arguments, expected in ((['--when-unwatched=stop', '--', 'cat'], ('stop', 10)),
                                    (['--grace=0', 'attractor'], ('run', 0)),
                                    (['attractor'], ('run', 10))):
            await self.cli('run', '--detach', '--name=one', *arguments)
            one = await self.object('status')
            self.assertEqual((one['when-unwatched'], one['grace-seconds']), expected)
            await self.cli('close')
        for argument in ('--when-unwatched=sleep', '--when-unwatched=', '--grace=-1', '--grace=x',
                         '--grace=86401', '--grace=', '--grace=nan', '--grace=1x'):
            await self.refused('run', argument, 'attractor', status=USAGE,
                               parts=[argument.split('=')[0], f'“{argument.split("=")[1]}”'])


class Run(CliTestCase):
    async def test_live_line_and_ctrl_c(self):
        async with await self.terminal('run', '--rate=100', 'pattern', 'steps=5000',
                                       columns=50) as terminal:
            await terminal.see(r'\Apattern_1: http://\S+session=pattern_1')
            await terminal.see(r'running · step [1-9]\d* · [█░]{20} \d+ %')
            terminal.press('\x03')
            self.assertEqual(await terminal.end(), SIGNAL + signal.SIGINT)
            self.assertRegex(terminal.plain, r'\nstopped at step \d+ after [\d.]+ m?s\r\n\Z|'
                                             r'\rstopped at step \d+ after [\d.]+ m?s\r\n\Z')
            self.assertGreater(len(terminal.live_lines()), 1)
            for line in terminal.live_lines():
                self.assertLess(text_width(line), 50, line)
            self.assertIn('\x1b[32mrunning', terminal.output)
        self.assertEqual(await self.names(), [])
        self.assertEqual(list(self.directory.glob('*.svg')), [])

    async def test_live_line_follows_the_width(self):
        async with await self.terminal('run', 'attractor', columns=120) as terminal:
            await terminal.see(r'running · step [1-9]\d* · .* steps/s · .* frames/s · 0 viewers')
            terminal.resize(24)
            mark = len(terminal.output)
            await terminal.see(r'(\rrunning · step \d+[^·]*){3}', since=mark)
            # What was under way when it shrank is not counted.
            for line in terminal.live_lines(mark)[2:]:
                self.assertLess(text_width(line), 24, line)
            terminal.press('\x03')
            self.assertEqual(await terminal.end(), SIGNAL + signal.SIGINT)

    async def test_other_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = await self.spawn('run', 'attractor',
                                           preexec_fn=lambda: signal.signal(signal.SIGHUP,
                                                                            signal.SIG_DFL))
                await within(process.stdout.readline(), 'the link')
                self.assertEqual(await within(process.stdout.readline(), 'a state'), b'running\n')
                process.send_signal(number)
                out, err = await within(process.communicate(), 'the end')
                self.assertEqual((process.returncode, err), (SIGNAL + number, b''))
                self.assertRegex(out.decode(), r'\Astopped at step \d+ after \S+ m?s\n\Z')
                self.assertEqual(await self.names(), [])

    async def test_two_signals_at_once_are_one(self):
        process = await self.spawn('run', '--', PYTHON, PROGRAMS / 'misbehave.py', 'stubborn')
        await within(process.stdout.readline(), 'the link')
        self.assertEqual(await within(process.stdout.readline(), 'a state'), b'running\n')
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        out, _ = await within(process.communicate(), 'the end')
        self.assertIn(process.returncode, (SIGNAL + signal.SIGTERM, SIGNAL + signal.SIGINT))
        self.assertIn('stopped at', out.decode())

    async def test_a_second_ctrl_c_does_not_wait(self):
        async with await self.terminal('run', '--', PYTHON, PROGRAMS / 'misbehave.py',
                                       'stubborn') as terminal:
            await terminal.see(r'running · step [1-9]')
            terminal.press('\x03')
            await terminal.see('stopping · Ctrl-C again')

            def has_ended_by_another():
                terminal.press('\x03')
                return terminal.process.returncode is not None
            await wait_for(has_ended_by_another, 'the end without waiting')
            self.assertEqual(await terminal.end(), SIGNAL + signal.SIGINT)
            self.assertNotIn('stopped at', terminal.plain)
            # What was pressed after the end is nobody's, and echoed.
            self.assertRegex(terminal.output, r'\r\x1b\[K(\^C)*\Z', 'the prompt has no line of its own')

        async def is_gone():
            return await self.names() == []

        await wait_for(is_gone, 'the end of a session whose caller has gone')

    async def test_a_killed_command_takes_its_session_along(self):
        process = await self.spawn('run', 'attractor')
        await within(process.stdout.readline(), 'the link')
        self.assertEqual(await self.names(), ['attractor_1'])
        process.kill()
        await process.communicate()

        async def is_gone():
            return await self.names() == []

        await wait_for(is_gone, 'the end of a session whose caller was killed')

    async def test_plain_text_where_there_is_no_terminal(self):
        out = await self.cli('run', 'pattern', 'steps=20')
        self.assertRegex(out, r'\Apattern_1: http://\S+\n(running\S*( at step \d+)?\n)?'
                              r'finished at step 20\n\Z')
        self.assertEqual(self.err, '')

    async def test_a_full_disk(self):
        with open('/dev/full', 'w') as full:
            await self.cli('list', '--json', status=SUCCESS, stdout=full)
            await self.cli('generators', status=FAILED, stdout=full)
            self.assertIn('Standard output', self.err)

    async def test_no_colour(self):
        async with await self.terminal('run', 'pattern', 'steps=20',
                                       env={'NO_COLOR': '1'}) as terminal:
            self.assertEqual(await terminal.end(), SUCCESS)
            self.assertNotRegex(terminal.output, r'\x1b\[[0-9;]*m')
        async with await self.terminal('run', 'pattern', 'steps=20',
                                       env={'TERM': 'dumb'}) as terminal:
            self.assertEqual(await terminal.end(), SUCCESS)
            self.assertNotIn('\x1b', terminal.output)

    async def test_a_locale_without_utf8(self):
        async with await self.terminal('run', '--rate=100', 'pattern', 'steps=5000',
                                       env={'LC_ALL': 'C'}) as terminal:
            await terminal.see(r'running, step [1-9]\d*, [#-]{20} \d+ %')
            terminal.press('\x03')
            await terminal.end()
            self.assertTrue(terminal.output.isascii(), terminal.output)
        await self.cli('status', 'ß', status=UNKNOWN, env={'LC_ALL': 'C'})
        self.assertTrue(self.err.isascii(), self.err)

    async def test_json(self):
        objects = await self.json('run', 'pattern', 'steps=20')
        self.assertEqual(objects[0]['name'], 'pattern_1')
        self.assertTrue(objects[0]['link'].startswith(self.service.url))
        self.assertEqual((objects[-1]['state'], objects[-1]['step']), ('finished', 20))
        objects = await self.json('run', 'attractor', '--steps=5')
        self.assertEqual(objects[-1]['stopped']['step'], 5)

    async def test_steps(self):
        out = await self.cli('run', '-n', '5', 'attractor')
        self.assertRegex(out, r'\nstopped at step 5 after \S+ m?s\n\Z')
        out = await self.cli('run', '-n', '5', 'pattern', 'steps=3')
        self.assertRegex(out, r'\nfinished at step 3\n\Z')

    async def test_detach_and_keep(self):
        await self.cli('run', '--keep', 'pattern', 'steps=4')
        kept = await self.object('status')
        self.assertEqual((kept['state'], kept['step']), ('finished', 4))
        await self.cli('close')
        async with await self.terminal('run', '-k', 'attractor') as terminal:
            await terminal.see('running · step [1-9]')
            terminal.press('\x03')
            self.assertEqual(await terminal.end(), SIGNAL + signal.SIGINT)
        self.assertEqual((await self.object('status'))['state'], 'stopped')

    async def test_rate_and_name(self):
        await self.cli('run', '-d', '--name=slow', '--rate=2.5', 'attractor')
        self.assertEqual((await self.object('status', 'slow'))['rate'], 2.5)

    async def test_stopped_and_closed_by_others(self):
        process = await self.spawn('run', 'attractor')
        await within(process.stdout.readline(), 'the link')
        await self.cli('stop')
        out, err = await within(process.communicate(), 'the end of run')
        self.assertEqual((process.returncode, err), (SUCCESS, b''))
        self.assertRegex(out.decode(), r'stopped at step \d+ by stepcast \(command line\)\n\Z')

        process = await self.spawn('run', 'attractor')
        await within(process.stdout.readline(), 'the link')
        await self.cli('close')
        out, err = await within(process.communicate(), 'the end of run')
        self.assertIn(process.returncode, (SUCCESS, FAILED))
        if process.returncode == FAILED:
            self.assertIn('closed by somebody else', err.decode())

    async def test_output(self):
        target = self.directory / 'last.svg'
        target.write_text('before')
        await self.cli('run', '--output=last.svg', 'pattern', 'steps=20')
        self.assertEqual(step_of(target.read_text()), 20)
        await self.cli('run', '--output=last.png', 'pattern', 'steps=20')
        self.assertEqual((self.directory / 'last.png').read_bytes()[:4], b'\x89PNG')
        async with await self.terminal('run', '--output=last.svg', 'pattern') as terminal:
            await terminal.see(r'running · step [1-9]')
            terminal.press('\x03')
            self.assertEqual(await terminal.end(), SIGNAL + signal.SIGINT)
            step = int(re.search(r'stopped at step (\d+)', terminal.plain).group(1))
        self.assertEqual(step_of(target.read_text()), step)
        self.assertEqual(sorted(p.name for p in self.directory.glob('*last*')),
                         ['last.png', 'last.svg'])
        # Known before anything is computed.
        await self.refused('run', '--output=missing/last.svg', 'pattern', status=FAILED,
                           parts=['missing'])
        self.assertEqual(await self.names(), [])


class Kept(CliTestCase):
    """run --from: pictures that say how they were computed."""

    RECIPE = ('<metadata xmlns="http://www.w3.org/2000/svg">'
              '<recipe xmlns="https://stepcast.org/ns/recipe">{}</recipe></metadata>')
    EMPTY = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    FAR = {'stepcast': 1, 'service': '0', 'generator': 'attractor', 'step': 2 ** 40,
           'parameters': {'points': 10}, 'changes': [{'step': 2 ** 39, 'values': {'a': 1}}]}

    def write(self, name, svg, recipe):
        """As the page does (tests/browser has that)."""
        at = svg.index('>') + 1
        (self.directory / name).write_text(
            svg[:at] + self.RECIPE.format(json.dumps(recipe)) + svg[at:])
        return name

    async def make(self, *parameters):
        """A picture of step 30, with changes on the way."""
        await self.open('one', 'attractor', '--steps=20', 'iterations=2000', 'points=40', *parameters)
        await self.wait_paused('one', 20)
        await self.cli('set', 'one', 'a=1.7')
        await self.cli('step', 'one', '10')
        await self.cli('set', 'one', 'b=0.25', 'points=50')
        self.svg = await self.cli('show', 'one', '-')
        token = re.search(r'token=\w+', await self.cli('link', 'one'))[0]
        response = await self.service.get(f'/sessions/one/recipe?{token}')
        self.assertEqual(response.status, 200, response)
        return {**response.json, 'step': 30}

    async def wait_paused(self, name, step):
        async def is_there():
            status = await self.object('status', name)
            return (status['state'], status['step']) == ('paused', step)
        await wait_for(is_there, f'the pause at step {step}')

    async def test_the_same_picture(self):
        recipe = await self.make('seed=18446744073709551615')
        kept = self.write('kept.svg', self.svg, recipe)
        out = await self.cli('run', '--from', kept, '--output=again.svg')
        self.assertEqual((self.directory / 'again.svg').read_text(), self.svg)
        self.assertRegex(out, r'(?m)^stopped at step 30 ')
        self.assertNotIn('at step 20', out)
        self.assertEqual(await self.names(), ['one'])

        await self.cli('run', '--from', kept, '--output=other.svg', 'a=1.4')
        self.assertNotEqual((self.directory / 'other.svg').read_text(), self.svg)
        await self.cli('run', '--from', kept, '--output=other.svg', '--steps=25')
        self.assertNotEqual((self.directory / 'other.svg').read_text(), self.svg)

    async def test_it_pauses_there(self):
        kept = self.write('kept.svg', self.EMPTY, await self.make())
        process = await self.spawn('run', '--name=two', '--from', kept)
        await within(process.stdout.readline(), 'the link')
        await self.wait_paused('two', 30)
        self.assertEqual(await self.cli('show', 'two', '-'), self.svg)
        await self.cli('step', 'two')
        await self.cli('stop', 'two')
        out, err = await within(process.communicate(), 'the end')
        self.assertEqual((process.returncode, err), (SUCCESS, b''))
        self.assertEqual(await self.names(), ['one'])

        out = await self.cli('run', '--detach', '--name=three', '--from', kept)
        self.assertRegex(out, r'\Athree: \S+\n\Z')
        await self.wait_paused('three', 30)
        self.assertEqual(await self.cli('show', 'three', '-'), self.svg)

    async def test_ctrl_c_on_the_way(self):
        kept = self.write('kept.svg', self.EMPTY, self.FAR)
        process = await self.spawn('run', '--name=two', '--from', kept)
        await within(process.stdout.readline(), 'the link')
        self.assertEqual(await within(process.stdout.readline(), 'a state'), b'running\n')
        process.send_signal(signal.SIGINT)
        out, err = await within(process.communicate(), 'the end')
        self.assertEqual(process.returncode, SIGNAL + signal.SIGINT)
        self.assertRegex(err.decode(), r'\Astepcast: the picture is of Stepcast 0; [^\n]*\n\Z')
        self.assertEqual(await self.names(), [])

    async def test_somebody_else_steers(self):
        kept = self.write('kept.svg', self.EMPTY, self.FAR)
        for command, status in (('stop', SUCCESS), ('close', FAILED)):
            with self.subTest(command):
                process = await self.spawn('run', '--name=two', '--from', kept)
                await within(process.stdout.readline(), 'the link')
                await within(process.stdout.readline(), 'a state')
                await self.cli(command, 'two')
                await within(process.communicate(), 'the end')
                self.assertEqual(process.returncode, status)
                self.assertEqual(await self.names(), [])

    async def test_refusals(self):
        recipe = {**self.FAR, 'step': 3, 'changes': []}

        def write(**members):
            return self.write('kept.svg', self.EMPTY, {**recipe, **members})

        (self.directory / 'plain.svg').write_text(self.EMPTY)
        (self.directory / 'text.svg').write_text('text')
        (self.directory / 'cut.png').write_bytes(b'\x89PNG\r\n\x1a\n\0\0')
        for name, *parts in (('plain.svg', 'does not say how'), ('text.svg', 'neither'),
                             ('cut.png', 'damaged'), ('none.svg', 'No such file')):
            await self.refused('run', '--from', name, status=FAILED, parts=[name, *parts])
        for members, status, part in (
                ({'stepcast': 2}, FAILED, 'does not understand'),
                ({'generator': 'nonesuch'}, UNKNOWN, 'nonesuch'),
                ({'parameters': {'nonesuch': 1}}, UNKNOWN, 'nonesuch'),
                ({'parameters': {'a': 'x'}}, FAILED, '“x” is no value for “a”'),
                ({'parameters': {'a': 11}}, FAILED, '“a”'),
                ({'changes': [{'step': 2, 'values': {'nonesuch': 1}}]}, UNKNOWN, 'nonesuch'),
                ({'parameters': {'a': {'upload': 'x'}}}, USAGE, 'a=FILE'),
                ({'generator': None, 'kind': 'program', 'program': 'python3'}, FAILED, 'python3'),
                ({'complete': False}, FAILED, 'not all')):
            with self.subTest(members):
                await self.refused('run', '--from', write(**members), status=status, parts=[part])
        kept = write()
        await self.refused('run', '--from', kept, 'attractor', status=USAGE, parts=['attractor'])
        await self.refused('run', '--from', kept, '--', 'true', status=USAGE)
        await self.refused('run', '--from', kept, 'nonesuch=1', status=UNKNOWN, parts=['nonesuch'])
        self.assertEqual(await self.names(), [])


class Program(CliTestCase):
    def frames(self, *arguments):
        return '--', PYTHON, PROGRAMS / 'frames.py', *arguments

    async def test_its_status_is_ours(self):
        for arguments, status in ((['--exit=0'], 0), (['--exit=7'], 7),
                                  (['--signal=SIGKILL'], 128 + signal.SIGKILL)):
            with self.subTest(arguments):
                await self.cli('run', *self.frames('--count=3', *arguments), status=status)

    async def test_failures_have_a_reason_and_advice(self):
        await self.cli('run', '--', PYTHON, PROGRAMS / 'misbehave.py', 'junk', status=FAILED)
        self.assertRegex(self.err, r'stepcast: failed.*: ')
        self.assertIn('SVG', self.err)

    async def test_what_it_says_goes_to_standard_error(self):
        out = await self.cli('run', *self.frames('--count=2', '--stderr=one \x1b[31mline',
                                                 '--stderr=another'))
        self.assertEqual(self.err, 'one \x1b[31mline\nanother\n')
        self.assertNotIn('another', out)

    async def test_it_can_not_control_the_terminal(self):
        async with await self.terminal(
                'run', *self.frames('--count=2', '--stderr=a\x1b]0;title\x07b \x9b31m')) as terminal:
            self.assertEqual(await terminal.end(), SUCCESS)
            self.assertIn('a\\x1b]0;title\\x07b \\u009b31m\r\n', terminal.output)
            self.assertNotIn('\x1b]', terminal.output)
            self.assertNotIn('\x07', terminal.output)

    async def test_it_runs_as_if_it_was_typed(self):
        folder = self.directory / 'a folder'
        folder.mkdir()
        program = folder / 'tell'
        program.write_text('#!/bin/sh\npwd > told.part\nprintf "%s\\n" "$MARK" "$OTHER" '
                           '"${INVOCATION_ID-none}" "$@" >> told.part\n'
                           'mv told.part told\necho "<svg xmlns=\'http://www.w3.org/2000/svg\'/>"\n')
        program.chmod(0o755)
        expected = [str(folder), 'ours', 'more', 'none', '--detach', 'a  b*']
        told = folder / 'told'
        for cwd, options, path, command in (
                (folder, [], '/usr/bin:/bin', './tell'),
                (folder, [], f'{folder}:/usr/bin:/bin', 'tell'),
                (folder, [], '.:/usr/bin:/bin', 'tell'),
                (self.directory, ['--cwd=a folder'], '/usr/bin:/bin', './tell'),
                (self.directory, [f'--cwd={folder}'], '/usr/bin:/bin', program)):
            with self.subTest(cwd=cwd, options=options, command=command):
                told.unlink(missing_ok=True)
                await self.cli('run', '--env=OTHER=more', *options, '--', command, '--detach',
                               'a  b*', cwd=cwd, env={'MARK': 'ours', 'PATH': path, 'INVOCATION_ID': 'x'})
                lines = told.read_text().splitlines()
                self.assertEqual(lines, expected)

    async def test_what_can_not_be_run(self):
        (self.directory / 'data.txt').write_text('x')
        await self.refused('run', '--', 'no-such-program', status=FAILED, parts=['PATH'])
        await self.refused('run', '--', './missing', status=FAILED, parts=['missing'])
        await self.refused('run', '--', './data.txt', status=FAILED, parts=['chmod +x'])
        await self.refused('run', '--', '.', status=FAILED)
        await self.refused('run', '--', '/', status=FAILED, parts=['folder'])
        await self.refused('run', '--cwd=missing', '--', 'true', status=FAILED, parts=['missing'])
        await self.refused('run', '--', '', status=FAILED)
        self.assertEqual(await self.names(), [])

    async def test_documents_from_standard_input(self):
        documents = b''.join(
            b'<svg xmlns="http://www.w3.org/2000/svg"><text>%d</text></svg>\n' % step
            for step in range(1, 6))
        out = await self.cli('run', '--output=last.svg', '-', input=documents)
        self.assertRegex(out, r'finished at step 5\n\Z')
        self.assertEqual(step_of((self.directory / 'last.svg').read_text()), 5)
        await self.cli('run', '--', '-', input=documents)
        with open(self.directory / 'last.svg') as file:
            await self.refused('run', '-', stdin=file, status=USAGE, parts=['cat'])
        async with await self.terminal('run', '-') as terminal:
            self.assertEqual(await terminal.end(), USAGE)
            self.assertIn('pipe', terminal.plain)

    async def test_limits(self):
        await self.cli('run', '--max-frame-bytes=2000', *self.frames('--count=2', '--bytes=3000'),
                       status=FAILED)
        self.assertIn('2', self.err)
        self.assertIn('stepcast run --help', self.err)
        await self.refused('run', '--max-frame-bytes=1', *self.frames('--count=2'), status=FAILED,
                           parts=['max-frame-bytes'])


class Loss(CliTestCase):
    """The service goes."""

    async def lose(self, *arguments, **options):
        process = await self.spawn(*arguments, **options)
        await within(process.stdout.readline(), 'the first line')
        self.service.expected_end = -signal.SIGKILL
        self.service.process.kill()
        out, err = await within(process.communicate(), 'the end of stepcast')
        self.assertEqual(process.returncode, NO_SERVICE, err)
        self.assertIn('service has gone', err.decode())
        self.assertNotRegex(err.decode(), 'CRITICAL|WARNING|Sanitizer')

    async def test_of_the_service_in_run(self):
        await self.lose('run', 'attractor')

    async def test_of_the_service_in_follow(self):
        await self.open()
        await self.lose('status', '--follow')

    async def test_of_the_bus_in_run(self):
        self.service.complaints += [re.compile('bus')]
        process = await self.spawn('run', 'attractor')
        await within(process.stdout.readline(), 'the link')
        await self.bus.kill()
        out, err = await within(process.communicate(), 'the end of stepcast')
        self.assertEqual(process.returncode, NO_SERVICE, err)


class Nobody(CliTestCase):
    """There is no service."""

    wants_service = False

    async def test_no_service(self):
        for arguments in (['list'], ['run'], ['generators'], ['status', 'x'], ['close', '--all']):
            with self.subTest(arguments):
                await self.refused(*arguments, status=NO_SERVICE, parts=['stepcastd'])
        self.assertIn('does not run', await self.cli('version'))
        self.assertIsNone((await self.object('version'))['stepcastd'])

    async def test_a_key_press_starts_nothing_and_says_nothing(self):
        for words in (['sessions'], ['generators'], ['parameters', 'x'], ['session-parameters']):
            self.assertEqual(await self.cli('complete', *words), '')
            self.assertEqual(self.err, '')

    async def test_no_bus(self):
        env = {'DBUS_SESSION_BUS_ADDRESS': 'unix:path=/nonexistent'}
        await self.refused('list', env=env, status=NO_SERVICE, parts=['dbus-run-session'])
        self.assertEqual(await self.cli('complete', 'sessions', env=env), '')
        self.assertIn('stepcast ', await self.cli('version', env=env))

    async def test_a_service_that_can_not_be_started(self):
        services = self.directory / 'services'
        services.mkdir()
        (services / 'org.stepcast.Stepcast1.service').write_text(
            '[D-BUS Service]\nName=org.stepcast.Stepcast1\nExec=/bin/false\n')
        async with PrivateBus(service_dirs=[services]) as bus:
            await self.refused('list', env=bus.env, status=NO_SERVICE, parts=['could not be started'])


if __name__ == '__main__':
    main()
