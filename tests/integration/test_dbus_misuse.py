#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The D-Bus interface in bad hands: calls that make no sense, callers that vanish, a bus that ends.

Whatever is asked for, there is an answer with a name, and the service is afterwards what it was.
"""

import asyncio
import collections
import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import re
import resource
import select
import signal
import socket
import tempfile
import time

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

from private_bus import PrivateBus
from stepcast import (COMPLAINT, FACTOR, PATIENCE, PROGRAMS, PYTHON, SANITIZED, STEPCASTD,  # noqa: E402
                      Service, TestCase, descendants, hear_hangups, is_alive, main,
                      read_stat, wait_for, within)

NAME = 'org.stepcast.Stepcast1'
PATH = '/org/stepcast/Stepcast1'
MANAGER = 'org.stepcast.Stepcast1.Manager'
SESSION = 'org.stepcast.Stepcast1.Session'
PROPERTIES = 'org.freedesktop.DBus.Properties'
INTERFACES = pathlib.Path(os.environ.get('STEPCAST_INTERFACES',
                                         pathlib.Path(__file__).parents[2] / 'data'))

OURS = 'org.stepcast.Stepcast1.Error.'
STANDARD = 'org.freedesktop.DBus.Error.'

# What the contract says, for a call that has nothing large in it.
ANSWER_SECONDS = 1 * FACTOR

# stepcast-exit-status.h
EXIT_NAME_TAKEN = 3

MAX_SESSIONS = 1024
MIB = 1 << 20

FRAMES = (PYTHON, str(PROGRAMS / 'frames.py'))
MISBEHAVE = (PYTHON, str(PROGRAMS / 'misbehave.py'))

# Threads of GLib's own pool, which end by themselves when they have nothing to do for 15 s.
POOLED = re.compile(r'pool-(?!spawner)')


class Refused(Exception):
    """An answer that is an error, with its name on the bus."""

    def __init__(self, name, message):
        super().__init__(f'{name}: {message[:300]}')
        self.name = name
        self.message = message


def sv(**values):
    """An a{sv} of what is not a variant yet: strings, numbers, booleans. `max_x` is "max-x"."""
    kinds = {str: 's', bool: 'b', int: 'i', float: 'd'}
    return {key.replace('_', '-'): value if isinstance(value, GLib.Variant) else
            GLib.Variant(kinds[type(value)], value) for key, value in values.items()}


def make_call(path, interface, method, body=None, fds=None, destination=NAME):
    message = Gio.DBusMessage.new_method_call(destination, path, interface, method)
    if body is not None:
        message.set_body(body)
    if fds is not None:
        # Gio takes none that is not open, and neither does the kernel.
        message.set_unix_fd_list(Gio.UnixFDList.new_from_array([os.dup(fd) for fd in fds]))
    return message


class Caller:
    """A client of the bus, whose calls wait in threads. What is answered comes as a tuple."""

    def __init__(self, bus):
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                 Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.connection = Gio.DBusConnection.new_for_address_sync(bus.address, flags, None, None)
        self.connection.set_exit_on_close(False)
        self.executor = concurrent.futures.ThreadPoolExecutor(128)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.vanish()
        self.executor.shutdown(wait=False)

    def vanish(self):
        with contextlib.suppress(GLib.Error):
            self.connection.close_sync(None)

    def send(self, *arguments, **options):
        """A call whose answer nobody waits for, though it is expected."""
        message = make_call(*arguments, **options)
        self.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)

    def flush(self):
        """All that was sent is on its way to the service: the bus, which answers in turn, has it."""
        self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus',
                                  'org.freedesktop.DBus', 'GetId', None, None,
                                  Gio.DBusCallFlags.NONE, int(PATIENCE * 1000), None)

    def wait(self, message, seconds):
        reply, _ = self.connection.send_message_with_reply_sync(
            message, Gio.DBusSendMessageFlags.NONE, int(seconds * 1000), None)
        body = reply.get_body()
        if reply.get_message_type() == Gio.DBusMessageType.ERROR:
            raise Refused(reply.get_error_name(), body.unpack()[0] if body else '')
        return (body.unpack() if body else ()), reply.get_unix_fd_list()

    async def ask(self, message, seconds=PATIENCE):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.executor, self.wait, message, seconds)

    async def call(self, *arguments, seconds=PATIENCE, **options):
        body, _ = await self.ask(make_call(*arguments, **options), seconds)
        return body

    async def manager(self, method, signature=None, *values, **options):
        body = GLib.Variant(signature, values) if signature else None
        return await self.call(PATH, MANAGER, method, body, **options)

    async def session(self, path, method, signature=None, *values, **options):
        body = GLib.Variant(signature, values) if signature else None
        return await self.call(path, SESSION, method, body, **options)

    async def create(self, generator='pattern', **options):
        return (await self.manager('CreateSession', '(sa{sv})', generator, sv(**options)))[0]

    async def create_command(self, *argv, **options):
        return (await self.manager('CreateCommandSession', '(asa{sv})', argv, sv(**options)))[0]

    async def create_stream(self, fd, **options):
        return (await self.manager('CreateStreamSession', '(ha{sv})', 0, sv(**options),
                                   fds=[fd]))[0]

    async def get(self, path, name, interface=SESSION):
        return (await self.call(path, PROPERTIES, 'Get',
                                GLib.Variant('(ss)', (interface, name))))[0]

    async def wait_state(self, path, *states):
        async def has_state():
            return await self.get(path, 'State') in states

        await wait_for(has_state, f'{path}: {states}')

    async def objects(self):
        body = await self.call(PATH, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')
        return list(body[0])

    async def close(self, path):
        await self.session(path, 'Close')

    async def close_all(self):
        await asyncio.gather(*[self.close(path) for path in await self.objects()])


class RawCaller:
    """A client of the bus that reads only when it is told to."""

    def __init__(self, bus):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(bus.socket_path)
        uid = str(os.getuid()).encode().hex().encode()
        self.socket.sendall(b'\0AUTH EXTERNAL ' + uid + b'\r\n')
        assert self.socket.recv(1000).startswith(b'OK ')
        self.socket.sendall(b'BEGIN\r\n')
        self.serial = 0
        self.send(make_call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'Hello',
                            destination='org.freedesktop.DBus'))

    def pack(self, message):
        self.serial += 1
        message.set_serial(self.serial)
        return message.to_blob(Gio.DBusCapabilityFlags.NONE)

    def send(self, message):
        self.socket.sendall(self.pack(message))

    def is_open(self):
        """Whether the bus has not thrown us out."""
        with contextlib.suppress(BlockingIOError):
            while True:
                if not self.socket.recv(1 << 16, socket.MSG_DONTWAIT):
                    return False
        return True

    def close(self):
        self.socket.close()


def environment_of(bus, **others):
    return {'DBUS_SESSION_BUS_ADDRESS': bus.address, **others}


def read_threads(service):
    """Their names, less those of GLib's pool, which keeps them for a while."""
    names = collections.Counter()
    for task in pathlib.Path(f'/proc/{service.pid}/task').iterdir():
        with contextlib.suppress(OSError):
            name = (task / 'comm').read_text().strip()
            if not POOLED.match(name):
                names[name] += 1
    return names


def read_files(service):
    """What its descriptors are, without the numbers that differ each time."""
    files = collections.Counter()
    for link in pathlib.Path(f'/proc/{service.pid}/fd').iterdir():
        with contextlib.suppress(OSError):
            files[re.sub(r'\d+', 'N', os.readlink(link))] += 1
    return files


class Costs:
    """What the service has, once it has come to rest: to be had again after whatever is done."""

    def __init__(self, service):
        self.service = service

    async def note(self):
        await self.service.wait_idle()
        self.files = read_files(self.service)
        self.threads = read_threads(self.service)
        self.rss = self.service.rss()

    async def assert_same(self, case, more_rss):
        def is_same():
            self.now = read_files(self.service), read_threads(self.service)
            return self.now == (self.files, self.threads)

        with contextlib.suppress(AssertionError):
            await wait_for(is_same, 'the same')
        files, threads = self.now
        case.assertEqual(files, self.files, f'file descriptors: {files - self.files} more, '
                                            f'{self.files - files} less')
        case.assertEqual(threads, self.threads, 'threads')
        if not SANITIZED:  # which keep what is freed
            case.assertLessEqual((self.service.rss() - self.rss) / MIB, more_rss, 'MiB of RSS')


class MisuseTest(TestCase):
    maxDiff = 4000

    @contextlib.asynccontextmanager
    async def service(self, *options, **more):
        """A bus, a service on it, and a client."""
        async with PrivateBus() as bus:
            env = environment_of(bus, **more.pop('env', {}))
            async with Service(*options, env=env, **more) as service:
                async with Caller(bus) as caller:
                    service.bus = bus
                    yield service, caller

    def check_name(self, name, what):
        self.assertTrue(name.startswith((OURS, STANDARD)), f'{what}: {name}')
        self.assertFalse(name.endswith('.Failed'), f'{what}: {name}')

    async def refused(self, awaitable, *names, what=''):
        """The error's name, less its prefix, is one of @names."""
        try:
            answer = await awaitable
        except Refused as error:
            self.check_name(error.name, what)
            short = error.name.removeprefix(OURS).removeprefix(STANDARD)
            self.assertTrue(not names or short in names, f'{what}: {error}')
            self.assertTrue(error.message, f'{what}: {error}')
            if error.name.startswith(OURS):  # GLib's repeat whatever they were given
                self.assertLess(len(error.message), 1000, f'{what}: {error.name}')
            return error
        self.fail(f'{what}: answered {str(answer)[:300]}')

    async def promptly(self, call, *names, what=''):
        """Refused within a second; on a busy machine the second of two must be."""
        for is_last in (False, True):
            began = time.monotonic()
            error = await self.refused(call(), *names, what=what)
            seconds = time.monotonic() - began
            if seconds <= ANSWER_SECONDS:
                return error
        self.fail(f'{what}: answered after {seconds:.2f} s')

    async def assert_answers(self, caller):
        """It is still there, and does what it should."""
        path = await caller.create(start=True)
        await caller.wait_state(path, 'running')
        await caller.session(path, 'Stop', '(a{sv})', {})
        await caller.close(path)
        self.assertEqual(await caller.objects(), [])

    async def warm_up(self, caller):
        """One of everything, so that what is made once is there."""
        path = await caller.create(start=True)
        await caller.session(path, 'GetFrame', '(a{sv})', sv(format='png'))
        await caller.session(path, 'GetFrame', '(a{sv})', {})
        command = await caller.create_command(*FRAMES, '--count', '3', start=True)
        await caller.wait_state(command, 'finished')
        reading, writing = os.pipe()
        stream = await caller.create_stream(reading, start=True)
        os.close(reading)
        os.close(writing)
        await caller.wait_state(stream, 'finished', 'failed')
        await caller.close_all()


# ---- calls that make no sense ----

# One value of each kind that no method takes, or that some take.
BODIES = [
    None,
    ('(s)', ('x',)),
    ('(i)', (1,)),
    ('(u)', (1,)),
    ('(d)', (1.5,)),
    ('(v)', (GLib.Variant('s', 'x'),)),
    ('(as)', (['x'],)),
    ('(a{sv})', ({},)),
    ('(a{ss})', ({'a': 'b'},)),
    ('(ss)', ('x', 'view')),
    ('(sss)', ('', 'control', 'x')),
    ('(sa{ss})', ('', {})),
    ('(sa{sv}s)', ('', {}, 'x')),
    ('(sa{sv})', ('no-such-thing', {})),
    ('(asa{sv}b)', (['true'], {}, True)),
    ('(h)', (0,)),
    ('(ha{sv}h)', (0, {}, 0)),
    ('((s))', (('x',),)),
    ('(ay)', (b'x',)),
]


def read_interfaces():
    found = {}
    for path in sorted(INTERFACES.glob('org.stepcast.Stepcast1.*.xml')):
        text = path.read_text()
        if '<node' in text:
            for interface in Gio.DBusNodeInfo.new_for_xml(text).interfaces:
                found[interface.name] = interface
    return found


class Calls(MisuseTest):
    async def test_with_wrong_arguments(self):
        interfaces = read_interfaces()
        self.assertEqual(set(interfaces), {MANAGER, SESSION})
        async with self.service() as (service, caller):
            session = await caller.create()
            n_tried = 0
            for path, name in ((PATH, MANAGER), (session, SESSION)):
                for method in interfaces[name].methods:
                    wanted = '(' + ''.join(a.signature for a in method.in_args) + ')'
                    for body in BODIES:
                        if (body[0] if body else '()') == wanted:
                            continue
                        variant = GLib.Variant(*body) if body else None
                        await self.promptly(
                            lambda: caller.call(path, name, method.name, variant,
                                                fds=[0] if body and 'h' in body[0] else None),
                            'InvalidArgs', what=f'{method.name}{body}')
                        n_tried += 1
            self.assertGreater(n_tried, 200)
            self.assertEqual(await caller.get(session, 'State'), 'idle')
            await caller.close(session)
            await self.assert_answers(caller)

    async def test_of_what_does_not_exist(self):
        async with self.service() as (service, caller):
            session = await caller.create()
            everywhere = itertools.product((PATH, session), (MANAGER, SESSION, PROPERTIES, 'no.Such'),
                                           ('NoSuchMethod', 'start', 'x' * 200))
            calls = [(path, interface, method, None) for path, interface, method in everywhere]
            calls += [
                (PATH, SESSION, 'Start', None),
                (session, MANAGER, 'ListGenerators', None),
                ('/', MANAGER, 'ListGenerators', None),
                ('/org', MANAGER, 'ListGenerators', None),
                (PATH + '/session', MANAGER, 'ListGenerators', None),
                (PATH + '/session/nobody', SESSION, 'Start', None),
                (session + '/deeper', SESSION, 'Start', None),
                ('/' + '/'.join(['x' * 50] * 200), SESSION, 'Start', None),
                (PATH + '/session/nobody', PROPERTIES, 'Get', ('(ss)', (SESSION, 'State'))),
            ]
            for path, interface, method, body in calls:
                await self.promptly(
                    lambda: caller.call(path, interface, method,
                                        GLib.Variant(*body) if body else None),
                    'UnknownMethod', 'UnknownObject', 'UnknownInterface',
                    what=f'{path[:90]} {interface}.{method}')
            await caller.close(session)
            await self.promptly(lambda: caller.session(session, 'Start'), 'UnknownMethod',
                                'UnknownObject', what='a closed session')
            await self.assert_answers(caller)

    async def test_of_properties(self):
        async with self.service() as (service, caller):
            session = await caller.create()
            names = [p.name for p in read_interfaces()[SESSION].properties]
            self.assertIn('Rate', names)

            def assign(path, interface, name, value):
                return lambda: caller.call(path, PROPERTIES, 'Set',
                                           GLib.Variant('(ssv)', (interface, name, value)))

            text = GLib.Variant('s', 'x')
            for name in names:
                if name not in ('Rate', 'Title'):
                    await self.promptly(assign(session, SESSION, name, text), 'InvalidArgs',
                                        'PropertyReadOnly', what=f'Set {name}')
            for name in ('Version', 'Address', 'DefaultGenerator'):
                await self.promptly(assign(PATH, MANAGER, name, text), 'InvalidArgs',
                                    'PropertyReadOnly', what=f'Set {name}')
            for name in ('NoSuch', '', 'state', 'x' * MIB):
                await self.promptly(assign(session, SESSION, name, text), 'InvalidArgs',
                                    'UnknownProperty', what=f'Set {name[:10]}')
                await self.promptly(
                    lambda: caller.get(session, name), 'InvalidArgs', 'UnknownProperty',
                    what=f'Get {name[:10]}')
            for interface in ('no.Such', 'org.freedesktop.DBus.Peer'):
                for method, body in (('Get', ('(ss)', (interface, 'State'))),
                                     ('GetAll', ('(s)', (interface,)))):
                    await self.promptly(
                        lambda: caller.call(session, PROPERTIES, method, GLib.Variant(*body)),
                        'InvalidArgs', 'UnknownInterface', 'UnknownMethod',
                        what=f'{method} {interface}')
            for value in (text, GLib.Variant('i', 3), GLib.Variant('v', GLib.Variant('d', 1)),
                          GLib.Variant('ad', [1.0])):
                await self.promptly(assign(session, SESSION, 'Rate', value), 'InvalidArgs',
                                    what=f'Rate {value}')
            for value in (float('nan'), float('inf'), float('-inf'), -1.0, -0.5, 1e-9, 1e300):
                await self.promptly(
                    assign(session, SESSION, 'Rate', GLib.Variant('d', value)), 'InvalidValue',
                    what=f'Rate {value}')
                self.assertEqual(await caller.get(session, 'Rate'), 0)
            for value in (GLib.Variant('i', 3), GLib.Variant('as', ['x'])):
                await self.promptly(assign(session, SESSION, 'Title', value), 'InvalidArgs',
                                    what=f'Title {value}')
            for value in ('', ' ', 'x' * 101, 'x' * MIB, 'a\nb', 'a\u202eb', '\x1b[2J', '\u200b'):
                await self.promptly(
                    assign(session, SESSION, 'Title', GLib.Variant('s', value)), 'InvalidValue',
                    what=f'Title {value[:10]!r}')
                self.assertEqual(await caller.get(session, 'Title'),
                                 await caller.get(session, 'Name'))
            await caller.close(session)

    async def test_with_options_that_are_none(self):
        async with self.service() as (service, caller):
            session = await caller.create()
            reading, writing = os.pipe()
            self.addCleanup(os.close, reading)
            self.addCleanup(os.close, writing)

            def creations(options):
                return [
                    lambda: caller.manager('CreateSession', '(sa{sv})', 'pattern', options),
                    lambda: caller.manager('CreateCommandSession', '(asa{sv})', ['/bin/true'],
                                           options),
                    lambda: caller.manager('CreateStreamSession', '(ha{sv})', 0, options,
                                           fds=[reading]),
                ]

            def others(options):
                return [
                    lambda: caller.session(session, 'Stop', '(a{sv})', options),
                    lambda: caller.session(session, 'GetFrame', '(a{sv})', options),
                ]

            deep = GLib.Variant('s', 'x')
            for _ in range(50):
                deep = GLib.Variant('v', deep)
            for key in ('no-such', '', 'Name', 'x' * MIB):
                for value in (True, deep):
                    for call in creations(sv(**{key: value})) + others(sv(**{key: value})):
                        await self.promptly(call, 'BadRequest', what=f'option {key[:10]}')

            wrong = sv(name=3, lifetime='forever', start='yes', rate='fast')
            for key, value in wrong.items():
                for call in creations({key: value}):
                    await self.promptly(call, 'InvalidValue', what=f'{key}={value}')
            for rate in (float('nan'), float('inf'), float('-inf'), -1, -0.5, 1e-9, 1e300,
                         GLib.Variant('x', -1), GLib.Variant('t', 2 ** 64 - 1)):
                for call in creations(sv(rate=rate)):
                    await self.promptly(call, 'InvalidValue', what=f'rate={rate}')
            for name in ('', 'A', '1a', 'a-b', 'a' * 65, 'a' * MIB, 'ä', 'a/b', 'a\n',
                         session.rpartition('/')[2]):
                for call in creations(sv(name=name)):
                    await self.promptly(call, 'InvalidValue', what=f'name={name[:10]!r}')
            for big in (GLib.Variant('as', ['x' * 100] * 10000), deep, GLib.Variant('s', 'x' * MIB),
                        GLib.Variant('a{sv}', sv(a='x' * MIB))):
                for key in ('name', 'lifetime', 'start', 'rate'):
                    for call in creations({key: big}):
                        await self.promptly(call, 'InvalidValue', what=f'big {key}')
            await self.check_numbers(caller, reading, session)
            self.assertEqual(await caller.objects(), [session])
            await caller.close(session)
            await self.assert_answers(caller)

    async def check_numbers(self, caller, reading, session):
        bad = {
            'max-frame-bytes': [0, -1, 1023, 64 * MIB + 1, 2.0, GLib.Variant('t', 2 ** 64 - 1), 'x'],
            'max-frame-elements': [0, -1, 1000001, GLib.Variant('t', 2 ** 33), float('nan'), True],
        }
        program = {
            'max-memory-bytes': [-1, 1, MIB - 1, float('inf'), 'x'],
            'max-cpu-seconds': [-1, 0.5, 'x'],
            'pty': ['yes', 1],
            'cwd': ['', 'relative', './x', '/no/such/folder', '/etc/passwd', '/' + 'x' * MIB, 3,
                    '/dev/null'],
            'env': [GLib.Variant('a{ss}', {'': 'x'}), GLib.Variant('a{ss}', {'a=b': 'x'}),
                    GLib.Variant('a{ss}', {'=': ''}), GLib.Variant('as', ['a=b']),
                    GLib.Variant('a{sv}', {}), GLib.Variant('a{ss}', {'=' * MIB: 'x' * MIB})],
        }
        frame = {
            'format': ['', 'gif', 'SVG', 'x' * MIB, 3],
            'width': [0, -1, 8193, GLib.Variant('t', 2 ** 40), 3.5, 'x'],
        }
        for key, values in {**bad, **program}.items():
            for value in values:
                await self.promptly(lambda: caller.create_command('/bin/true', **{key: value}),
                                    'InvalidValue', what=f'{key}={str(value)[:20]}')
        for key, values in bad.items():
            for value in values:
                await self.promptly(lambda: caller.create_stream(reading, **{key: value}),
                                    'InvalidValue', what=f'{key}={str(value)[:20]}')
        for key, values in frame.items():
            for value in values:
                await self.promptly(
                    lambda: caller.session(session, 'GetFrame', '(a{sv})', sv(**{key: value})),
                    'InvalidValue', what=f'{key}={str(value)[:20]}')

    async def test_with_names_that_are_none(self):
        async with self.service() as (service, caller):
            for text in ('', 'x', 'x' * MIB, '/', 'a\nb', '\U0001f600' * 1000):
                if text:
                    await self.promptly(lambda: caller.create(text), 'UnknownGenerator',
                                        what=f'generator {text[:5]!r}')
                    await self.promptly(lambda: caller.manager('DescribeGenerator', '(s)', text),
                                        'UnknownGenerator', what=f'describe {text[:5]!r}')
                    await self.promptly(lambda: caller.manager('GetLink', '(ss)', text, 'view'),
                                        'UnknownSession', what=f'link {text[:5]!r}')
                await self.promptly(lambda: caller.manager('GetLink', '(ss)', '', text),
                                    'InvalidValue', what=f'role {text[:5]!r}')
            await self.promptly(lambda: caller.manager('GetLink', '(ss)', '', 'view'), 'BadRequest',
                                what='a link for viewing nothing')
            await self.assert_answers(caller)

    async def test_with_parameters_that_are_none(self):
        async with self.service() as (service, caller):
            session = await caller.create('gray-scott')
            before = await caller.get(session, 'Parameters')

            def both(values):
                variant = GLib.Variant('a{sv}', values)
                return [
                    lambda: caller.manager('CreateSession', '(sa{sv})', 'gray-scott',
                                           {'parameters': variant}),
                    lambda: caller.session(session, 'SetParameters', '(a{sv})', values),
                ]

            for key in ('', 'no-such', 'Feed', 'x' * MIB):
                for call in both(sv(**{key: 1})):
                    await self.promptly(call, 'UnknownParameter', what=f'parameter {key[:9]}')
            bad = {
                'feed': [float('nan'), float('inf'), float('-inf'), -1.0, 1e300, 'x', True,
                         GLib.Variant('ay', b'x' * MIB), GLib.Variant('as', ['x'] * 100000),
                         'x' * MIB],
                'width': [0, -1, 15, 4097, 16.5, GLib.Variant('t', 2 ** 64 - 1), 'x', True],
                'seed': [-1, 0.5, 'x', GLib.Variant('v', GLib.Variant('t', 1))],
            }
            for key, values in bad.items():
                for value in values:
                    for call in both(sv(**{key: value})):
                        await self.promptly(call, 'InvalidValue', what=f'{key}={str(value)[:20]}')
            # All or none.
            for call in both(sv(kill=0.05, feed=7)):
                await self.promptly(call, 'InvalidValue', what='one of two')
            self.assertEqual(await caller.get(session, 'Parameters'), before)
            await caller.close(session)

    async def test_with_the_same_key_twice(self):
        """Dictionaries are arrays on the bus. It may be refused; or one holds, and not both."""
        async with self.service() as (service, caller):
            def pairs(*values):
                return GLib.Variant.new_array(
                    GLib.VariantType('{sv}'),
                    [GLib.Variant.new_dict_entry(GLib.Variant('s', key),
                                                 GLib.Variant.new_variant(value))
                     for key, value in values])

            first, second = GLib.Variant('s', 'first'), GLib.Variant('s', 'second')
            body = GLib.Variant.new_tuple(GLib.Variant('s', ''),
                                          pairs(('name', first), ('name', second)))
            path, = await caller.call(PATH, MANAGER, 'CreateSession', body)
            self.assertEqual(path, PATH + '/session/second')
            seeds = [('seed', GLib.Variant('t', number)) for number in range(20000)]
            await caller.call(path, SESSION, 'SetParameters', GLib.Variant.new_tuple(pairs(*seeds)))
            self.assertEqual((await caller.get(path, 'Parameters'))['seed'], 19999)
            await caller.close(path)

    async def test_programs_that_are_none(self):
        async with self.service() as (service, caller):
            for argv in ([], [''], ['', 'x'], ['x' * 4096], ['x' * MIB], ['/' + 'x' * MIB]):
                await self.promptly(lambda: caller.create_command(*argv), 'InvalidValue',
                                    what=f'argv {str(argv)[:30]}')
            # Whether it can be run is found when it is run.
            cases = [
                ['/no/such/program'], ['no-such-program'], ['/'], ['/etc'], ['/etc/passwd'], ['.'],
                ['x' * 4095], ['/' + 'x' * 300], ['/bin/true'] + ['x'] * 100000,
                ['/bin/true', 'x' * MIB], ['a\nb'], [str(PROGRAMS / 'not-executable.txt')],
                ['--help'],
            ]
            for argv in cases:
                path = await caller.create_command(*argv, start=True)
                await caller.wait_state(path, 'failed')
                code, message = await caller.get(path, 'Reason')
                self.assertEqual(code, 'program-failed', argv[0][:30])
                self.assertLess(len(message), 10000)
                await caller.close(path)
            many = GLib.Variant('a{ss}', {f'V{number}': 'x' * 100 for number in range(100000)})
            path = await caller.create_command('/bin/true', env=many, start=True)
            await caller.wait_state(path, 'failed')
            await caller.close(path)
            await self.assert_answers(caller)

    async def test_in_states_that_do_not_allow_them(self):
        async with self.service() as (service, caller):
            path = await caller.create()
            for method in ('Pause', 'Resume'):
                await self.promptly(lambda: caller.session(path, method), 'BadState', what=method)
            await self.promptly(lambda: caller.session(path, 'GetFrame', '(a{sv})', {}), 'BadState',
                                what='GetFrame')
            await self.promptly(lambda: caller.session(path, 'Step', '(u)', 0), 'InvalidValue',
                                what='no steps')
            await caller.session(path, 'Start')
            await self.promptly(lambda: caller.session(path, 'Step', '(u)', 1), 'BadState',
                                what='a step while it runs')
            await caller.close(path)


class Descriptors(MisuseTest):
    def make(self):
        """What nobody reads a stream from, and what stays open for it."""
        directory = tempfile.TemporaryDirectory(prefix='stepcast-fds-')
        self.addCleanup(directory.cleanup)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)

        def opened(fd):
            stack.callback(os.close, fd)
            return fd

        def socket_of(*arguments):
            return stack.enter_context(socket.socket(*arguments))

        file = pathlib.Path(directory.name) / 'file'
        file.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        listening = socket_of()
        listening.bind(('127.0.0.1', 0))
        listening.listen()
        bound = socket_of(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(('127.0.0.1', 0))
        _, writing = [opened(fd) for fd in os.pipe()]
        epoll = stack.enter_context(select.epoll())
        return {
            'a file': opened(os.open(file, os.O_RDONLY)),
            'a folder': opened(os.open(directory.name, os.O_RDONLY)),
            'a path': opened(os.open(file, os.O_PATH)),
            '/dev/zero': opened(os.open('/dev/zero', os.O_RDONLY)),
            '/dev/null': opened(os.open('/dev/null', os.O_RDONLY)),
            'a pipe’s writing end': writing,
            'epoll': epoll.fileno(),
            'eventfd': opened(os.eventfd(0)),
            'a memfd': opened(os.memfd_create('x')),
            'a listening socket': listening.fileno(),
            'UDP': bound.fileno(),
            'a Unix datagram socket': socket_of(socket.AF_UNIX, socket.SOCK_DGRAM).fileno(),
        }

    async def test_that_are_no_streams(self):
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            costs = Costs(service)
            await costs.note()
            for what, fd in self.make().items():
                await self.promptly(lambda: caller.create_stream(fd), 'InvalidValue', what=what)
            reading, writing = os.pipe()
            with open(reading), open(writing, 'wb'):
                for handle in (1, 7, -1, 2 ** 31 - 1, -2 ** 31):
                    await self.promptly(
                        lambda: caller.manager('CreateStreamSession', '(ha{sv})', handle, {},
                                               fds=[reading]),
                        'InvalidValue', what=f'handle {handle}')
                await self.promptly(
                    lambda: caller.manager('CreateStreamSession', '(ha{sv})', 0, {}),
                    'InvalidValue', what='no descriptor')
                # Descriptors that nobody asked for.
                await caller.manager('ListGenerators', fds=[reading] * 16)
                path, = await caller.manager('CreateStreamSession', '(ha{sv})', 1, {},
                                             fds=[writing, reading])
                await caller.close(path)
            await self.assert_answers(caller)
            await costs.assert_same(self, 4)

    async def test_of_streams_without_a_writer(self):
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            costs = Costs(service)
            await costs.note()
            # Its writer has gone before, or it has never had one.
            reading, writing = os.pipe()
            os.close(writing)
            ours, theirs = socket.socketpair()
            theirs.close()
            with open(reading), ours, socket.socket() as never:
                for fd in (reading, ours.fileno(), never.fileno()):
                    path = await caller.create_stream(fd, start=True)
                    await caller.wait_state(path, 'failed', 'finished')
                    await caller.close(path)
            # Its writer stays, and says nothing: it waits, and can be stopped.
            ours, theirs = socket.socketpair()
            with ours, theirs:
                path = await caller.create_stream(ours.fileno(), start=True)
                await caller.wait_state(path, 'running')
                await self.promptly(lambda: caller.session(path, 'Step', '(u)', 1), 'BadState',
                                    what='a step while it runs')
                await caller.session(path, 'Stop', '(a{sv})', {})
                # Once is all that it can be read.
                await caller.session(path, 'Start')
                await caller.wait_state(path, 'failed')
                self.assertEqual((await caller.get(path, 'Reason'))[0], 'bad-state')
                await caller.close(path)
            await self.assert_answers(caller)
            await costs.assert_same(self, 4)

    async def test_that_use_up_its_own(self):
        """Where it has no more descriptors it says so, and goes on."""
        async with self.service(files=150, complaints=('Too many open files',)) as (service, caller):
            await self.warm_up(caller)
            reading, writing = os.pipe()
            with open(reading), open(writing, 'wb'):
                paths, error = [], None
                while error is None and len(paths) < 300:
                    try:
                        paths.append(await caller.create_stream(reading))
                    except Refused as refused:
                        error = refused
                self.assertIsNotNone(error)
                self.check_name(error.name, 'no descriptor left')
                self.assertGreater(len(paths), 50)
                for _ in range(20):
                    await self.refused(caller.create_stream(reading), what='no descriptor left')
                self.assertIn('pattern', str(await caller.manager('ListGenerators')))
                await caller.close_all()
                await caller.close(await caller.create_stream(reading))
            await self.assert_answers(caller)


# ---- too much ----


class Masses(MisuseTest):
    async def test_of_bytes(self):
        """Up to what the bus lets through, while somebody else is served."""
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            session = await caller.create('gray-scott')
            costs = Costs(service)
            await costs.note()
            for size in (MIB, 8 * MIB, 60 * MIB):
                text = 'x' * size
                data = GLib.Variant.new_from_bytes(GLib.VariantType('ay'),
                                                   GLib.Bytes.new(b'x' * size), True)
                for value in (GLib.Variant('s', text), data):
                    for key in ('name', 'rate', 'no-such'):
                        await self.refused(caller.create(**{key: value}), 'InvalidValue',
                                           'BadRequest', what=f'{key} of {size}')
                    await self.refused(
                        caller.session(session, 'SetParameters', '(a{sv})', {'feed': value}),
                        'InvalidValue', what=f'a parameter of {size}')
                await self.refused(caller.create(text), 'UnknownGenerator', what=f'{size}')
                await self.refused(caller.manager('GetLink', '(ss)', text, 'view'),
                                   'UnknownSession', what=f'{size}')
                await self.refused(caller.manager('GetLink', '(ss)', '', text), 'InvalidValue',
                                   what=f'{size}')
                await self.refused(caller.create_command(text), 'InvalidValue', what=f'{size}')
                path = await caller.create_command('/bin/true', text, start=True)
                await caller.wait_state(path, 'failed')
                await caller.close(path)
            await caller.close(session)
            await self.assert_answers(caller)
            session = await caller.create('gray-scott')
            # glibc keeps up to 64 MiB of what was freed, as main() tells it to, and a little in
            # the arena of GDBus's thread.
            await costs.assert_same(self, 130)

    async def test_of_keys(self):
        async with self.service() as (service, caller):
            session = await caller.create('gray-scott')
            keys = {f'key{number}': GLib.Variant('i', number) for number in range(100000)}
            await self.refused(caller.create(**keys), 'BadRequest')
            await self.refused(caller.session(session, 'SetParameters', '(a{sv})', keys),
                               'UnknownParameter')
            await self.refused(caller.session(session, 'Stop', '(a{sv})', keys), 'BadRequest')
            await caller.close(session)
            await self.assert_answers(caller)

    async def test_of_nesting(self):
        """Deeper than the bus allows: it is the bus that ends that client; we go on."""
        async with self.service() as (service, caller):
            for depth in range(50, 75):
                value = GLib.Variant('s', 'x')
                for _ in range(depth):
                    value = GLib.Variant('v', value)
                async with Caller(service.bus) as other:
                    with contextlib.suppress(Refused, GLib.Error):
                        await other.manager('CreateSession', '(sa{sv})', '', {'name': value})
            await self.assert_answers(caller)
            self.assertNotIn('The session bus has gone', '\n'.join(service.log))

    async def test_of_sessions(self):
        """Ten thousand, of which the bus of a person has 1,024."""
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            costs = Costs(service)
            await costs.note()
            for count in (1500, 10000):
                results = []
                for _ in range(0, count, 500):
                    results += await asyncio.gather(*[caller.create() for _ in range(500)],
                                                    return_exceptions=True)
                paths = [result for result in results if isinstance(result, str)]
                errors = {getattr(result, 'name', repr(result)) for result in results
                          if not isinstance(result, str)}
                self.assertEqual(len(paths), MAX_SESSIONS)
                self.assertEqual(errors, {OURS + 'LimitExceeded'})
                self.assertEqual(len(set(paths)), MAX_SESSIONS)
                self.assertIn('pattern', str(await caller.manager('ListGenerators')))
                await caller.close_all()
                self.assertEqual(await caller.objects(), [])
                if count == 1500:
                    await costs.note()  # room for so many is kept
            await self.assert_answers(caller)
            await costs.assert_same(self, 2)

    async def test_of_sessions_one_after_the_other(self):
        """What a session took it gives back."""
        async with self.service() as (service, caller):
            async def churn(count):
                for _ in range(count // 10):
                    paths = await asyncio.gather(*[caller.create('attractor', start=True, rate=1000)
                                                   for _ in range(10)])
                    await asyncio.gather(*[caller.close(path) for path in paths])

            await self.warm_up(caller)
            await churn(100)
            costs = Costs(service)
            await costs.note()
            for _ in range(2):
                await churn(100)
                await costs.assert_same(self, 1)
            self.assertEqual(await caller.objects(), [])


# ---- callers that go ----


class Vanishing(MisuseTest):
    async def test_in_the_middle_of_a_call(self):
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            costs = Costs(service)
            await costs.note()
            kept = await caller.create('gray-scott', start=True, parameters=GLib.Variant(
                'a{sv}', sv(width=256, height=256)))
            reading, writing = os.pipe()
            calls = [
                (PATH, MANAGER, 'CreateSession', ('(sa{sv})', ('', sv(start=True)))),
                (PATH, MANAGER, 'CreateSession',
                 ('(sa{sv})', ('', sv(start=True, lifetime='caller')))),
                (PATH, MANAGER, 'CreateCommandSession',
                 ('(asa{sv})', (MISBEHAVE + ('stubborn',), sv(start=True, lifetime='caller')))),
                (PATH, MANAGER, 'CreateStreamSession',
                 ('(ha{sv})', (0, sv(start=True, lifetime='caller')))),
                (PATH, MANAGER, 'ListGenerators', None),
                (PATH, MANAGER, 'DescribeGenerator', ('(s)', ('',))),
                (PATH, MANAGER, 'GetLink', ('(ss)', ('', 'control'))),
                (PATH, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects', None),
                (kept, PROPERTIES, 'GetAll', ('(s)', (SESSION,))),
                (kept, PROPERTIES, 'Set', ('(ssv)', (SESSION, 'Rate', GLib.Variant('d', 50.0)))),
                (kept, SESSION, 'GetFrame', ('(a{sv})', ({},))),
                (kept, SESSION, 'GetFrame', ('(a{sv})', (sv(format='png', width=2048),))),
                (kept, SESSION, 'SetParameters', ('(a{sv})', (sv(feed=0.05),))),
                (kept, SESSION, 'Pause', None),
                (kept, SESSION, 'Step', ('(u)', (3,))),
                (kept, SESSION, 'Resume', None),
                (kept, SESSION, 'ListViewers', None),
                (kept, SESSION, 'Stop', ('(a{sv})', ({},))),
                (kept, SESSION, 'Start', None),
                (kept, SESSION, 'Close', None),
            ]
            with open(reading), open(writing, 'wb'):
                for path, interface, method, body in calls:
                    other = Caller(service.bus)
                    other.send(path, interface, method, GLib.Variant(*body) if body else None,
                               fds=[reading] if body and 'h' in body[0] else None)
                    other.flush()
                    other.vanish()

            async def is_left():
                """The first is all that lives on."""
                return len(await caller.objects()) == 1

            await wait_for(is_left, 'the end of what was the callers’')
            await caller.close_all()
            await self.assert_answers(caller)
            await costs.assert_same(self, 8)

    async def test_fifty_at_once(self):
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            costs = Costs(service)
            await costs.note()
            for _ in range(2):
                others = [Caller(service.bus) for _ in range(50)]
                paths = await asyncio.gather(*[
                    other.create('attractor', start=True, lifetime='caller') for other in others])
                self.assertEqual(len(await caller.objects()), 50)
                for other, path in zip(others, paths):
                    other.send(path, SESSION, 'Stop', GLib.Variant('(a{sv})', ({},)))
                    other.flush()
                    other.vanish()

                async def are_gone():
                    return not await caller.objects()

                await wait_for(are_gone, 'the end of all fifty')
            await self.assert_answers(caller)
            await costs.assert_same(self, 8)

    async def test_before_it_is_bound(self):
        """Whoever asks for a session of its own life and is gone when it is opened has none."""
        async with self.service() as (service, caller):
            for _ in range(30):
                other = RawCaller(service.bus)
                body = GLib.Variant('(sa{sv})', ('', sv(lifetime='caller', start=True)))
                for _ in range(5):
                    other.send(make_call(PATH, MANAGER, 'CreateSession', body))
                other.close()

            async def are_gone():
                return not await caller.objects()

            # All of the calls came before this one.
            await caller.manager('ListGenerators')
            await wait_for(are_gone, 'the end of all sessions')
            await self.assert_answers(caller)

    async def test_one_that_never_reads(self):
        async with self.service() as (service, caller):
            await self.warm_up(caller)
            session = await caller.create('attractor', start=True)
            rss = service.rss()
            deaf = RawCaller(service.bus)
            deaf.send(make_call('/org/freedesktop/DBus', 'org.freedesktop.DBus', 'AddMatch',
                                GLib.Variant('(s)', (f"sender='{NAME}'",)),
                                destination='org.freedesktop.DBus'))
            loop = asyncio.get_running_loop()

            def ask_much():
                for _ in range(3000):
                    deaf.send(make_call(PATH, MANAGER, 'DescribeGenerator',
                                        GLib.Variant('(s)', ('gray-scott',))))
                    deaf.send(make_call(session, PROPERTIES, 'GetAll',
                                        GLib.Variant('(s)', (SESSION,))))

            asking = loop.run_in_executor(None, ask_much)
            n_served = 0
            while not asking.done() or n_served < 50:
                self.assertEqual(await caller.get(session, 'State'), 'running')
                n_served += 1
            await asking
            # What it does not read waits in the bus, and not with us.
            await caller.manager('ListGenerators')
            if not SANITIZED:
                self.assertLess((service.rss() - rss) / MIB, 32)
            deaf.close()
            await caller.close(session)
            await self.assert_answers(caller)

    async def test_one_that_expects_no_answers(self):
        """Calls with NO_REPLY_EXPECTED, of which some are answered all the same: at the end those
        who do wait have their answers."""
        async with self.service() as (service, caller):
            session = await caller.create(start=True)
            quiet = RawCaller(service.bus)
            for _ in range(50):
                for call in (make_call(session, PROPERTIES, 'Get',
                                       GLib.Variant('(ss)', (SESSION, 'State'))),
                             make_call(session, 'no.Such', 'Method'),
                             make_call(PATH, MANAGER, 'ListGenerators'),
                             make_call(session, 'org.freedesktop.DBus.Peer', 'Ping')):
                    call.set_flags(Gio.DBusMessageFlags.NO_REPLY_EXPECTED)
                    quiet.send(call)
            await caller.manager('ListGenerators')
            await caller.close(session)
            command = await caller.create_command(*MISBEHAVE, 'stubborn', start=True)
            await caller.wait_state(command, 'running')

            async def has_stepped():
                return await caller.get(command, 'Step') > 0

            await wait_for(has_stepped, 'a step')
            stopping = asyncio.ensure_future(caller.session(command, 'Stop', '(a{sv})', {}))
            await caller.wait_state(command, 'stopping', 'stopped')
            service.process.send_signal(signal.SIGTERM)
            service.expected_end = 0
            step, _ = await stopping
            self.assertGreater(step, 0)
            quiet.close()


# ---- two services ----


class Two(MisuseTest):
    async def start(self, bus, directory, *options):
        """As Service does, without waiting for its address."""
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(('XDG_', 'DBUS_', 'G_MESSAGES'))}
        env.update(HOME=str(directory), XDG_RUNTIME_DIR=str(directory / 'run'),
                   GSETTINGS_BACKEND='memory', LC_ALL='C.UTF-8', **environment_of(bus))
        process = await asyncio.create_subprocess_exec(
            STEPCASTD, *options, env=env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            preexec_fn=hear_hangups)

        async def end():
            if process.returncode is None:
                process.kill()
            await process.wait()
            process._transport.close()

        self.addAsyncCleanup(end)
        return process

    async def test_one_after_the_other(self):
        async with self.service(auth=None) as (service, caller):
            session = await caller.create(start=True)
            access = (service.runtime / 'stepcast' / 'access').read_bytes()
            link, = await caller.manager('GetLink', '(ss)', '', 'control')
            # The same port, which it must not even try to have.
            for options in (('--port', '0'), ('--port', str(service.port))):
                second = await self.start(service.bus, service.directory, *options)
                out, err = await within(second.communicate(), 'the end of the second')
                self.assertEqual((second.returncode, out), (EXIT_NAME_TAKEN, b''), err)
                self.assertIn('Another stepcastd', err.decode())
                self.assertIsNone(COMPLAINT.search(err.decode()), err)
            self.assertEqual((service.runtime / 'stepcast' / 'access').read_bytes(), access)
            self.assertEqual(await caller.manager('GetLink', '(ss)', '', 'control'), (link,))
            self.assertEqual(await caller.get(session, 'State'), 'running')
            self.assertEqual((await service.session())['state'], 'running')

    async def test_at_once(self):
        async with PrivateBus() as bus, Caller(bus) as caller:
            for _ in range(5):
                with tempfile.TemporaryDirectory(prefix='stepcast-two-') as folder:
                    directory = pathlib.Path(folder)
                    (directory / 'run').mkdir(mode=0o700)
                    await self.race(bus, caller, directory)

    async def race(self, bus, caller, directory):
        both = await asyncio.gather(*[self.start(bus, directory, '--port', '0') for _ in range(2)])
        ends = [asyncio.ensure_future(process.wait()) for process in both]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        lost, = [process for process in both if process.returncode is not None]
        won, = [process for process in both if process.returncode is None]
        self.assertEqual(lost.returncode, EXIT_NAME_TAKEN)
        self.assertEqual(await lost.stdout.read(), b'')
        line = (await within(won.stdout.readline(), 'the address')).decode()
        port, token = re.search(r':(\d+)/\?token=([0-9a-f]{32})$', line.strip()).groups()
        self.assertIn(token, (directory / 'run' / 'stepcast' / 'access').read_text())
        link, = await caller.manager('GetLink', '(ss)', '', 'control')
        self.assertIn(f':{port}/', link)
        reader, writer = await asyncio.open_connection('127.0.0.1', int(port))
        writer.write(f'GET /sessions?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n'
                     'Connection: close\r\n\r\n'.encode())
        self.assertIn(b' 200 ', await within(reader.readline(), 'an answer'))
        writer.close()
        won.terminate()
        self.assertEqual(await within(won.wait(), 'its end', 5 * FACTOR), 0)


# ---- the end ----

# It loads for longer than anybody waits: a helper is at work.
SLOW_DOCUMENT = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">' +
                 '<path d="M0,0L1,1"/>' * 60000 + '</svg>\n').encode()


class Ends(MisuseTest):
    async def load(self, service, caller, directory):
        """Children of every kind, and calls that take time. Returns the calls, as tasks, and the
        pids that are told."""
        pids = directory / 'pids'
        await caller.create_command(*MISBEHAVE, 'grandchildren', str(pids), start=True)
        stopping = await caller.create_command(*MISBEHAVE, 'stubborn', start=True)
        stubborn = await caller.create_command(*MISBEHAVE, 'stubborn', start=True)
        silent = await caller.create_command(*MISBEHAVE, 'silent', start=True, pty=True)
        large = await caller.create('gray-scott', start=True, parameters=GLib.Variant(
            'a{sv}', sv(width=2048, height=2048)))
        await wait_for(pids.exists, 'the grandchildren')
        await caller.wait_state(silent, 'running')
        reading, writing = os.pipe()
        stream = await caller.create_stream(reading, start=True)
        os.close(reading)
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            os.write(writing, SLOW_DOCUMENT)
        self.addCleanup(os.close, writing)

        async def have_stepped():
            return (await caller.get(stubborn, 'Step') > 0 and
                    await caller.get(stopping, 'Step') > 0)

        await wait_for(have_stepped, 'a step of the stubborn ones')
        calls = [
            caller.session(large, 'GetFrame', '(a{sv})', sv(format='png', width=8192)),
            caller.session(large, 'GetFrame', '(a{sv})', sv(format='png', width=4096)),
            caller.session(large, 'GetFrame', '(a{sv})', {}),
            caller.session(stubborn, 'GetFrame', '(a{sv})', {}),
            caller.session(stream, 'GetFrame', '(a{sv})', {}),
            caller.session(silent, 'GetFrame', '(a{sv})', {}),
            caller.session(stopping, 'Stop', '(a{sv})', {}),
            caller.session(stubborn, 'Close'),
            caller.session(large, 'SetParameters', '(a{sv})', sv(feed=0.04)),
        ]
        tasks = [asyncio.ensure_future(call) for call in calls]

        def has_helper():
            return any('stepcast-valida' in pathlib.Path(f'/proc/{pid}/comm').read_text()
                       for pid in descendants(service.pid) if is_alive(pid))

        await wait_for(has_helper, 'a helper at work')
        return tasks, {int(word) for word in pids.read_text().split()}

    async def assert_told(self, tasks, seconds):
        """Each call has an answer, or an error that has a name."""
        done, pending = await asyncio.wait(tasks, timeout=seconds)
        self.assertFalse(pending)
        for task in done:
            error = task.exception()
            if isinstance(error, Refused):
                self.check_name(error.name, 'a call that was under way')
            elif error is not None:
                # The client's own library, where the bus has gone.
                self.assertIsInstance(error, GLib.Error)
        return [task.exception() for task in tasks]

    def folder(self):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-ends-')
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)

    async def test_by_SIGTERM(self):
        async with self.service() as (service, caller):
            tasks, pids = await self.load(service, caller, self.folder())
            below = {*descendants(service.pid), *pids}
            service.process.send_signal(signal.SIGTERM)
            service.expected_end = 0
            await within(service.process.wait(), 'the exit after SIGTERM', 5 * FACTOR)
            await self.assert_told(tasks, PATIENCE)
            await service.assert_gone(below)
            self.assertEqual(service.left_behind(), [])
            # Nobody has the name, and no object is left of it.
            await self.refused(caller.manager('ListGenerators'), 'ServiceUnknown', 'NameHasNoOwner')

    async def kill(self, with_grandchildren):
        async with self.service() as (service, caller):
            tasks, pids = await self.load(service, caller, self.folder())
            below = {pid for pid in {*descendants(service.pid), *pids}
                     if with_grandchildren or (read_stat(pid) or '??')[1] == service.pid}
            self.assertGreater(len(below), 1)
            service.process.kill()
            service.expected_end = -signal.SIGKILL
            await service.process.wait()
            await self.assert_told(tasks, PATIENCE)
            if not with_grandchildren:
                for pid in service.left_behind():
                    if pid not in below:
                        os.kill(pid, signal.SIGKILL)
            await service.assert_gone(below)

    async def test_by_kill(self):
        """The kernel ends our children, whatever they are."""
        await self.kill(False)

    async def test_by_kill_with_grandchildren(self):
        """The guard ends what the programs have started."""
        await self.kill(True)

    async def test_of_the_bus(self):
        async with self.service() as (service, caller):
            directory = self.folder()
            tasks, pids = await self.load(service, caller, directory)
            mine = await caller.create(start=True, lifetime='caller', name='mine')
            theirs = await caller.create('attractor', start=True, name='theirs')
            self.assertTrue(mine and theirs)
            await service.bus.kill()
            await self.assert_told(tasks, PATIENCE)
            await service.wait_log('The session bus has gone')

            # Runs and the web go on; whose caller was on that bus ends with it.
            async def are_left():
                names = {session['name']: session['state'] for session in await service.sessions()}
                return 'mine' not in names and names.get('theirs') == 'running'

            await wait_for(are_left, 'the sessions that stay')
            session = await service.session('theirs')
            await service.wait_state('running', 'theirs')

            async def goes_on():
                return (await service.session('theirs'))['step'] > session['step']

            await wait_for(goes_on, 'the next step')

    async def test_of_the_bus_of_one_that_was_activated(self):
        async with self.service('--dbus-activated') as (service, caller):
            tasks, pids = await self.load(service, caller, self.folder())
            below = {*descendants(service.pid), *pids}
            await service.bus.kill()
            service.expected_end = 0
            await within(service.process.wait(), 'the exit after the bus', 5 * FACTOR)
            await self.assert_told(tasks, PATIENCE)
            await service.assert_gone(below)


if __name__ == '__main__':
    # 50 clients, with a pair of descriptors for each thread's main context.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    main()
