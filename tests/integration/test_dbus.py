#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The D-Bus API as a client on the session bus has it: data/org.stepcast.Stepcast1.*.xml."""

import asyncio
import concurrent.futures
import contextlib
import fcntl
import json
import mmap
import os
import pathlib
import pty
import re
import resource
import shutil
import socket
import struct
import tempfile
import threading
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

import gi

gi.require_version('Gio', '2.0')
from gi.repository import Gio, GLib  # noqa: E402

from private_bus import PrivateBus  # noqa: E402
from stepcast import (FACTOR, PATIENCE, PROGRAMS, PYTHON, STEPCASTD, Service, TestCase, main,  # noqa: E402
                      png, step_of, wait_for, within)

NAME = 'org.stepcast.Stepcast1'
ROOT = '/org/stepcast/Stepcast1'
MANAGER = f'{NAME}.Manager'
SESSION = f'{NAME}.Session'
ERROR = f'{NAME}.Error.'
DBUS_ERROR = 'org.freedesktop.DBus.Error.'
PROPERTIES = 'org.freedesktop.DBus.Properties'
OBJECTS = 'org.freedesktop.DBus.ObjectManager'
INTROSPECTABLE = 'org.freedesktop.DBus.Introspectable'
PEER = 'org.freedesktop.DBus.Peer'

DATA = pathlib.Path(os.environ.get('STEPCAST_DATA', pathlib.Path(__file__).parents[2] / 'data'))

ALL_PROPERTIES = {'Name': 's', 'Title': 's', 'Generator': 's', 'Kind': 's', 'State': 's', 'Reason': '(ss)',
                  'ExitStatus': 'i', 'Run': 'u', 'Step': 't', 'StepsPerSecond': 'd',
                  'FramesPerSecond': 'd', 'Rate': 'd', 'Progress': 'd', 'Metrics': 'a{sd}',
                  'Viewers': 'u', 'Parameters': 'a{sv}', 'FrameUrl': 's', 'StateBy': '(ss)',
                  'ParametersBy': '(ss)', 'HeldBy': '(ss)', 'FramesDrawn': 't',
                  'FramesValidated': 't', 'WhenUnwatched': 's', 'GraceSeconds': 'd'}

NOBODY = ('', '')

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><text>%d</text></svg>\n'

# Says what it was given, and shows one picture.
TELL = r'''
import json, os, resource, sys
with open(sys.argv[1], 'w') as file:
    json.dump({'argv': sys.argv[2:], 'cwd': os.getcwd(), 'env': dict(os.environ),
               'tty': os.isatty(1), 'memory': resource.getrlimit(resource.RLIMIT_AS)[0],
               'cpu': resource.getrlimit(resource.RLIMIT_CPU)[0]}, file)
print('<svg xmlns="http://www.w3.org/2000/svg"><text>1</text></svg>', flush=True)
'''


class DBusError(Exception):
    def __init__(self, error):
        self.name = Gio.DBusError.get_remote_error(error) or str(error)
        Gio.DBusError.strip_remote_error(error)
        self.message = error.message
        super().__init__(f'{self.name}: {self.message}')


def variants(options):
    """A dictionary for `a{sv}`: values are variants, or of a type that has an obvious one."""
    types = {bool: 'b', int: 'i', float: 'd', str: 's'}
    return {key: value if isinstance(value, GLib.Variant) else
            GLib.Variant(types[type(value)], value) for key, value in options.items()}


class Client:
    """A connection to the bus. Calls are made in threads of their own, and signals are heard in
    another, so that a test may wait for any of them."""

    def __init__(self, bus):
        self.bus = bus
        self.signals = []  # (path, interface, signal, arguments as a variant)

    async def __aenter__(self):
        self.threads = concurrent.futures.ThreadPoolExecutor(40)
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.connection = await self.in_thread(self.connect)
        ready = threading.Event()
        self.listener = threading.Thread(target=self.listen, args=(ready,), daemon=True)
        self.listener.start()
        await self.in_thread(ready.wait)
        return self

    async def __aexit__(self, *_):
        await self.leave()

    def connect(self):
        return Gio.DBusConnection.new_for_address_sync(
            self.bus.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
            Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)

    def listen(self, ready):
        self.context.push_thread_default()
        self.connection.signal_subscribe(None, None, None, None, None,
                                         Gio.DBusSignalFlags.NO_MATCH_RULE, self.on_signal)
        for rule in (f"type='signal',path_namespace='{ROOT}'",
                     f"type='signal',member='NameOwnerChanged',arg0='{NAME}'"):
            self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus',
                                      'org.freedesktop.DBus', 'AddMatch',
                                      GLib.Variant('(s)', (rule,)), None, 0, -1, None)
        ready.set()
        self.loop.run()
        self.context.pop_thread_default()

    def on_signal(self, connection, sender, path, interface, signal, arguments):
        self.signals.append((path, interface, signal, arguments))

    async def leave(self):
        """Leaves the bus, whatever is under way."""
        if not self.connection.is_closed():
            with contextlib.suppress(GLib.Error):
                await self.in_thread(lambda: self.connection.close_sync(None))
        # From within: the loop may not have begun yet, and one that has not can't be quit.
        quitting = GLib.Idle()
        quitting.set_callback(lambda *_: self.loop.quit())
        quitting.attach(self.context)
        await self.in_thread(self.listener.join)
        self.threads.shutdown(wait=False)

    def in_thread(self, function):
        return asyncio.get_running_loop().run_in_executor(self.threads, function)

    async def call_raw(self, path, interface, method, arguments=None, fds=None):
        """(the reply as a variant, the descriptors that came with it)."""
        def do_call():
            return self.connection.call_with_unix_fd_list_sync(
                NAME, path, interface, method, arguments, None, Gio.DBusCallFlags.NO_AUTO_START,
                int(PATIENCE * 1000), fds, None)

        try:
            return await self.in_thread(do_call)
        except GLib.Error as error:
            raise DBusError(error) from None

    async def call(self, path, interface, method, signature=None, *arguments):
        """The reply's value, or a tuple where there are more."""
        given = GLib.Variant(signature, arguments) if signature else None
        reply, _ = await self.call_raw(path, interface, method, given)
        values = reply.unpack()
        return values[0] if len(values) == 1 else values or None

    async def get(self, path, name, interface=SESSION):
        return await self.call(path, PROPERTIES, 'Get', '(ss)', interface, name)

    async def get_all(self, path, interface=SESSION):
        return await self.call(path, PROPERTIES, 'GetAll', '(s)', interface)

    async def set(self, path, name, value, interface=SESSION):
        return await self.call(path, PROPERTIES, 'Set', '(ssv)', interface, name, value)

    # -- the manager --

    async def manager(self, method, signature=None, *arguments):
        return await self.call(ROOT, MANAGER, method, signature, *arguments)

    async def create(self, generator='pattern', **options):
        options = {key.replace('_', '-'): value for key, value in options.items()}
        return await self.manager('CreateSession', '(sa{sv})', generator, variants(options))

    async def create_command(self, *argv, **options):
        options = {key.replace('_', '-'): value for key, value in options.items()}
        return await self.manager('CreateCommandSession', '(asa{sv})', [str(a) for a in argv],
                                  variants(options))

    async def create_stream(self, fd, **options):
        options = {key.replace('_', '-'): value for key, value in options.items()}
        fds = Gio.UnixFDList()
        fds.append(fd)
        reply, _ = await self.call_raw(ROOT, MANAGER, 'CreateStreamSession',
                                       GLib.Variant('(ha{sv})', (0, variants(options))), fds)
        return reply.unpack()[0]

    # -- a session --

    async def session(self, path, method, signature=None, *arguments):
        return await self.call(path, SESSION, method, signature, *arguments)

    async def stop(self, path):
        return await self.session(path, 'Stop', '(a{sv})', {})

    async def frame(self, path, **options):
        """(step, the descriptor)."""
        reply, fds = await self.call_raw(path, SESSION, 'GetFrame',
                                         GLib.Variant('(a{sv})', (variants(options),)))
        step, handle = reply.unpack()
        assert fds.get_length() == 1, fds.get_length()
        return step, fds.get(handle)

    async def wait_property(self, path, name, condition, patience=PATIENCE):
        """Until a property fulfils a condition, or has a value: that."""
        if not callable(condition):
            wanted, condition = condition, lambda value: value == wanted

        async def has_it():
            self.last = await self.get(path, name)
            return (self.last,) if condition(self.last) else None

        try:
            return (await wait_for(has_it, name, patience))[0]
        except AssertionError:
            raise AssertionError(f'{path}: {name} is {self.last}, '
                                 f'{await self.get_all(path)}') from None

    async def wait_state(self, path, state):
        return await self.wait_property(path, 'State', state)

    # -- signals --

    def heard(self, path, signal, interface=None):
        return [arguments for p, i, s, arguments in list(self.signals)
                if p == path and s == signal and interface in (None, i)]

    def changes(self, path):
        """What PropertiesChanged told of a session, in order."""
        return [arguments.unpack()[1] for arguments in self.heard(path, 'PropertiesChanged')]


class Desktop:
    """A bus, a service on it and a client of it."""

    def __init__(self, *options, **service_options):
        self.bus = PrivateBus()
        self.options = options
        self.service_options = service_options

    async def __aenter__(self):
        self.stack = contextlib.AsyncExitStack()
        try:
            await self.stack.enter_async_context(self.bus)
            self.service = await self.stack.enter_async_context(
                Service(*self.options, env=self.bus.env, **self.service_options))
            self.client = await self.stack.enter_async_context(Client(self.bus))
        except BaseException as error:
            await self.stack.__aexit__(type(error), error, error.__traceback__)
            raise
        return self.service, self.client

    async def __aexit__(self, *error):
        return await self.stack.__aexit__(*error)


class DBusTest(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-dbus-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    async def refused(self, call, name, *parts):
        """@call fails with that name, and a message that has @parts."""
        begun = time.monotonic()
        with self.assertRaises(DBusError) as caught:
            await call
        error = caught.exception
        self.assertEqual(error.name, name if '.' in name else ERROR + name, error.message)
        self.assertTrue(error.message)
        self.assertLess(len(error.message), 1000)
        for part in parts:
            self.assertIn(part, error.message)
        self.assertLess(time.monotonic() - begun, 1 * FACTOR, error)
        return error.message


def path_of(name):
    return f'{ROOT}/session/{name}'


# ---- what is on the bus ----


def describe(interface):
    """Its members, with all that callers depend on."""
    def annotations(element):
        # What gdbus-codegen is told does not go out on the bus.
        return {a.get('name'): a.get('value') for a in element.findall('annotation')
                if not a.get('name').startswith('org.gtk.GDBus.')}

    def arguments(element, default):
        return [(a.get('name'), a.get('type'), a.get('direction', default))
                for a in element.findall('arg')]

    return {
        **{('method', m.get('name')): (arguments(m, 'in'), annotations(m))
           for m in interface.findall('method')},
        **{('signal', s.get('name')): (arguments(s, 'out'), annotations(s))
           for s in interface.findall('signal')},
        **{('property', p.get('name')): (p.get('type'), p.get('access'), annotations(p))
           for p in interface.findall('property')},
    }


class Objects(DBusTest):
    async def introspect(self, client, path):
        root = xml.fromstring(await client.call(path, INTROSPECTABLE, 'Introspect'))
        return ({i.get('name'): i for i in root.findall('interface')},
                [n.get('name') for n in root.findall('node')])

    async def test_introspection_is_the_shipped_xml(self):
        async with Desktop() as (service, client):
            path = await client.create()
            for where, name in ((ROOT, 'Manager'), (path, 'Session')):
                interfaces, _ = await self.introspect(client, where)
                shipped = xml.parse(DATA / f'{NAME}.{name}.xml').getroot().find('interface')
                self.assertEqual(describe(interfaces[f'{NAME}.{name}']), describe(shipped))
                for standard in (PROPERTIES, INTROSPECTABLE, PEER):
                    self.assertIn(standard, interfaces)
            self.assertIn(OBJECTS, (await self.introspect(client, ROOT))[0])
            self.assertIn('session', (await self.introspect(client, ROOT))[1])
            self.assertEqual((await self.introspect(client, f'{ROOT}/session'))[1], ['pattern_1'])
            self.assertEqual((await self.introspect(client, '/'))[1], ['org'])

    async def test_every_member_is_documented(self):
        for name in ('Manager', 'Session'):
            parser = xml.XMLParser(target=xml.TreeBuilder(insert_comments=True))
            root = xml.parse(DATA / f'{NAME}.{name}.xml', parser).getroot()
            interface = root.find('interface')
            comment = ''
            for element in interface:
                if element.tag is xml.Comment:
                    comment = element.text
                    continue
                member = element.get('name')
                self.assertRegex(comment, rf'^\s*{member}:', member)
                for argument in element.findall('arg'):
                    self.assertIn(f'@{argument.get("name")}:', comment, member)
                comment = ''

    async def test_peer(self):
        async with Desktop() as (service, client):
            path = await client.create()
            for where in (ROOT, path, '/'):
                self.assertIsNone(await client.call(where, PEER, 'Ping'))
                self.assertRegex(await client.call(where, PEER, 'GetMachineId'), '^[0-9a-f]{32}$')

    async def test_objects_come_and_go(self):
        async with Desktop() as (service, client):
            self.assertEqual(await client.call(ROOT, OBJECTS, 'GetManagedObjects'), {})
            one = await client.create(name='one')
            two = await client.create('gray-scott')
            self.assertEqual((one, two), (path_of('one'), path_of('gray_scott_1')))
            objects = await client.call(ROOT, OBJECTS, 'GetManagedObjects')
            self.assertEqual(set(objects), {one, two})
            self.assertEqual(objects[one], {SESSION: await client.get_all(one)})
            await wait_for(lambda: len(client.heard(ROOT, 'InterfacesAdded')) == 2, 'two objects')
            path, interfaces = client.heard(ROOT, 'InterfacesAdded')[0].unpack()
            self.assertEqual(path, one)
            self.assertEqual(set(interfaces), {SESSION})
            self.assertEqual(interfaces[SESSION]['State'], 'idle')
            self.assertEqual(set(interfaces[SESSION]), set(ALL_PROPERTIES))

            self.assertIsNone(await client.session(one, 'Close'))
            await wait_for(lambda: client.heard(ROOT, 'InterfacesRemoved'), 'an object less')
            self.assertEqual(client.heard(ROOT, 'InterfacesRemoved')[0].unpack(), (one, [SESSION]))
            await self.refused(client.session(one, 'Close'), DBUS_ERROR + 'UnknownMethod')
            await self.refused(client.get_all(one), DBUS_ERROR + 'UnknownMethod')
            self.assertEqual(set(await client.call(ROOT, OBJECTS, 'GetManagedObjects')), {two})
            # A name can be taken again.
            self.assertEqual(await client.create(name='one'), one)

    async def test_properties_of_the_manager(self):
        async with Desktop('--default-generator', 'attractor') as (service, client):
            self.assertEqual(await client.get_all(ROOT, MANAGER),
                             {'Version': await client.get(ROOT, 'Version', MANAGER),
                              'Address': service.url, 'DefaultGenerator': 'attractor'})
            self.assertRegex(await client.get(ROOT, 'Version', MANAGER), r'^\d+\.\d+')
            for name in ('Version', 'Address', 'DefaultGenerator'):
                await self.refused(client.set(ROOT, name, GLib.Variant('s', 'x'), MANAGER),
                                   DBUS_ERROR + 'InvalidArgs')

    async def test_properties_of_a_session(self):
        async with Desktop() as (service, client):
            path = await client.create(rate=5)
            reply, _ = await client.call_raw(path, PROPERTIES, 'GetAll',
                                             GLib.Variant('(s)', (SESSION,)))
            values = reply.get_child_value(0)
            types = {}
            for index in range(values.n_children()):
                entry = values.get_child_value(index)
                name = entry.get_child_value(0).get_string()
                types[name] = entry.get_child_value(1).get_variant().get_type_string()
            self.assertEqual(types, ALL_PROPERTIES)
            got = values.unpack()
            for name in ALL_PROPERTIES:
                self.assertEqual(await client.get(path, name), got[name])
            parameters, url = got.pop('Parameters'), got.pop('FrameUrl')
            self.assertEqual(got, {
                'Name': 'pattern_1', 'Title': 'pattern_1', 'Generator': 'pattern', 'Kind': 'generator', 'State': 'idle',
                'Reason': ('', ''), 'ExitStatus': -1, 'Run': 0, 'Step': 0, 'StepsPerSecond': 0,
                'FramesPerSecond': 0, 'Rate': 5, 'Progress': -1, 'Metrics': {}, 'Viewers': 0,
                'StateBy': NOBODY, 'ParametersBy': NOBODY, 'HeldBy': NOBODY, 'FramesDrawn': 0,
                'FramesValidated': 0, 'WhenUnwatched': 'run', 'GraceSeconds': 10})
            self.assertEqual(url, f'{service.url}sessions/pattern_1/frame.svg')
            self.assertEqual(set(parameters),
                             {spec['name'] for spec in await self.specs(service, 'pattern')})

            for name in set(ALL_PROPERTIES) - {'Rate', 'Title'}:
                value = GLib.Variant(ALL_PROPERTIES[name], got.get(name, '' if name == 'FrameUrl'
                                                                   else {}))
                await self.refused(client.set(path, name, value), DBUS_ERROR + 'InvalidArgs', name)
            await self.refused(client.get(path, 'NoSuch'), DBUS_ERROR + 'InvalidArgs')
            await self.refused(client.get(path, 'State', 'no.such.interface'),
                               DBUS_ERROR + 'InvalidArgs')

    async def specs(self, service, generator):
        listed = (await service.get('/generators')).json['generators']
        return next(g['parameters'] for g in listed if g['name'] == generator)

    async def test_the_name_comes_last(self):
        """Whoever sees the name finds the objects."""
        async with PrivateBus() as bus, Client(bus) as client:
            async with Service(env=bus.env):
                await wait_for(lambda: client.heard('/org/freedesktop/DBus', 'NameOwnerChanged'),
                               'the name')
                await client.call(ROOT, OBJECTS, 'GetManagedObjects')
                await client.manager('ListGenerators')

    async def test_what_had_it_started_is_answered_in_full(self):
        """The call that activates the service is there before the web can reach it."""
        services = self.directory / 'services'
        services.mkdir()
        (services / f'{NAME}.service').write_text(
            f'[D-BUS Service]\nName={NAME}\n'
            f'Exec={STEPCASTD} --port 0 --auth=none --dbus-activated\n')
        for _ in range(4):
            async with PrivateBus(service_dirs=[services]) as bus, Client(bus) as client:
                def activate(method, arguments):
                    return client.connection.call_sync(
                        NAME, ROOT, MANAGER, method, arguments, None, 0, int(PATIENCE * 1000), None)

                link, created = await asyncio.gather(
                    client.in_thread(lambda: activate(
                        'GetLink', GLib.Variant('(ss)', ('', 'control')))),
                    client.in_thread(lambda: activate(
                        'CreateSession', GLib.Variant('(sa{sv})', ('pattern', {})))))
                address = await client.get(ROOT, 'Address', MANAGER)
                self.assertRegex(address, r'^http://127\.0\.0\.1:\d+/$')
                self.assertEqual(link.unpack()[0], address)
                url = await client.get(created.unpack()[0], 'FrameUrl')
                self.assertEqual(url, f'{address}sessions/pattern_1/frame.svg')


# ---- sessions of generators ----


class Sessions(DBusTest):
    async def test_options(self):
        async with Desktop() as (service, client):
            path = await client.create('pattern', name='a' + 63 * 'z', lifetime='service',
                                       start=True, rate=20,
                                       parameters=GLib.Variant('a{sv}', variants({'bytes': 2000})))
            self.assertEqual(path, path_of('a' + 63 * 'z'))
            self.assertIn(await client.get(path, 'State'), ('running',))
            self.assertEqual(await client.get(path, 'Rate'), 20)
            self.assertEqual((await client.get(path, 'Parameters'))['bytes'], 2000)
            await client.wait_property(path, 'Step', lambda step: step > 2)
            self.assertEqual(await client.create(''), path_of('gray_scott_1'))
            listed = {s['name']: s for s in await service.sessions()}
            self.assertEqual(listed['gray_scott_1']['state'], 'idle')

    async def test_bad_options(self):
        async with Desktop() as (service, client):
            await self.refused(client.create('no-such'), 'UnknownGenerator', 'no-such')
            await self.refused(client.create(65536 * 'g'), 'UnknownGenerator')
            keys = ('name', 'lifetime', 'start', 'rate', 'when-unwatched', 'grace-seconds',
                    'parameters')
            await self.refused(client.create(colour='red'), 'BadRequest', 'colour', *keys)
            await self.refused(client.create(cwd='/'), 'BadRequest', 'cwd')
            for name in ('', 'A', '1a', 'a-b', 'a b', 'ä', '../a', 65 * 'a', 1 << 16):
                await self.refused(client.create(name=name), 'InvalidValue')
            for options in ({'lifetime': 'ever'}, {'lifetime': True}, {'start': 1}, {'start': 'yes'},
                            {'rate': -1}, {'rate': 1e-6}, {'rate': 1e7}, {'rate': float('nan')},
                            {'rate': 'fast'}, {'when-unwatched': 'sleep'}, {'when-unwatched': 1},
                            {'grace-seconds': -1}, {'grace-seconds': 86401},
                            {'grace-seconds': float('nan')}, {'grace-seconds': 'long'},
                            {'parameters': 1}, {'parameters': GLib.Variant('a{ss}', {})}):
                message = await self.refused(client.create(**options), 'InvalidValue')
                self.assertIn(list(options)[0], message)
            for values, name in (({'no_such': 1}, 'UnknownParameter'), ({'bytes': -1}, 'InvalidValue'),
                                 ({'bytes': 'many'}, 'InvalidValue')):
                given = GLib.Variant('a{sv}', variants(values))
                await self.refused(client.create(parameters=given), name, list(values)[0])
            await client.create(name='taken')
            await self.refused(client.create(name='taken'), 'InvalidValue', 'taken')
            self.assertEqual([s['name'] for s in await service.sessions()], ['taken'])

    async def test_huge_values(self):
        async with Desktop() as (service, client):
            huge = 32 * 1024 * 1024 * 'x'
            numbers = GLib.Variant.new_from_bytes(GLib.VariantType('ay'),
                                                  GLib.Bytes.new(bytes(32 * 1024 * 1024)), True)
            for options in ({'name': huge}, {'lifetime': huge}, {'rate': huge}, {'start': numbers}):
                with self.assertRaises(DBusError) as caught:
                    await client.create(**options)
                self.assertEqual(caught.exception.name, ERROR + 'InvalidValue')
                self.assertLess(len(caught.exception.message), 500)
            with self.assertRaises(DBusError) as caught:
                await client.create(**{huge: 1})
            self.assertEqual(caught.exception.name, ERROR + 'BadRequest')
            self.assertLess(len(caught.exception.message), 500)

    async def test_wrong_signatures(self):
        async with Desktop() as (service, client):
            path = await client.create()
            for where, interface, method, signature, *arguments in (
                    (ROOT, MANAGER, 'CreateSession', '(s)', 'pattern'),
                    (ROOT, MANAGER, 'CreateSession', '(sa{ss})', 'pattern', {}),
                    (ROOT, MANAGER, 'CreateCommandSession', '(sa{sv})', 'true', {}),
                    (ROOT, MANAGER, 'CreateStreamSession', '(ia{sv})', 0, {}),
                    (ROOT, MANAGER, 'GetLink', '(s)', 'pattern_1'),
                    (path, SESSION, 'Step', '(i)', 1),
                    (path, SESSION, 'Stop', None),
                    (path, SESSION, 'Start', '(s)', 'now')):
                await self.refused(client.call(where, interface, method, signature, *arguments),
                                   DBUS_ERROR + 'InvalidArgs')
            await self.refused(client.manager('NoSuch'), DBUS_ERROR + 'UnknownMethod')
            await self.refused(client.session(path, 'NoSuch'), DBUS_ERROR + 'UnknownMethod')
            await self.refused(client.session(path_of('no_such'), 'Start'),
                               DBUS_ERROR + 'UnknownMethod')

    async def test_a_life(self):
        async with Desktop() as (service, client):
            path = await client.create()
            for method in ('Pause', 'Resume'):
                await self.refused(client.session(path, method), 'BadState', 'idle')
            self.assertEqual(await client.stop(path), (0, 0))
            self.assertIsNone(await client.session(path, 'Start'))
            self.assertIsNone(await client.session(path, 'Start'))
            await client.wait_property(path, 'Step', lambda step: step > 0)
            await self.refused(client.session(path, 'Step', '(u)', 1), 'BadState', 'running')
            self.assertIsNone(await client.session(path, 'Pause'))
            await client.wait_state(path, 'paused')
            step = await client.get(path, 'Step')
            await self.refused(client.session(path, 'Step', '(u)', 0), 'InvalidValue')
            await client.session(path, 'Step', '(u)', 3)
            await client.wait_property(path, 'Step', step + 3)
            await client.wait_state(path, 'paused')
            await client.session(path, 'Resume')
            await client.session(path, 'Resume')
            await client.wait_property(path, 'Step', lambda now: now > step + 3)
            stopped, seconds = await client.stop(path)
            self.assertEqual(await client.get(path, 'State'), 'stopped')
            self.assertEqual(await client.get(path, 'Step'), stopped)
            self.assertTrue(0 <= seconds < 5 * FACTOR, seconds)
            self.assertEqual(await client.get(path, 'Run'), 1)
            await client.session(path, 'Step', '(u)', 2)
            await client.wait_state(path, 'paused')
            self.assertEqual((await client.get(path, 'Run'), await client.get(path, 'Step')), (2, 2))
            await self.refused(client.call(path, SESSION, 'Stop', '(a{sv})',
                                           variants({'now': True})), 'BadRequest', 'now')

    async def test_files_and_colours(self):
        def bytes_(content):
            return GLib.Variant.new_from_bytes(GLib.VariantType('ay'), GLib.Bytes.new(content), True)

        async with Desktop() as (_, client):
            path = await client.create('gray-scott', parameters=GLib.Variant(
                'a{sv}', variants({'image': bytes_(png(9, 9)), 'ink': '#ABCDEF'})))
            parameters = await client.get(path, 'Parameters')
            self.assertEqual((parameters['image'], parameters['ink']),
                             (f'image/png, {len(png(9, 9))} bytes', '#abcdef'))

            def set_(**values):
                return client.session(path, 'SetParameters', '(a{sv})', variants(values))

            for value, part in (('/etc/passwd', 'content of a file'), (bytes_(b'text'), 'text/plain'),
                                (bytes_(bytes(17 * 1024 * 1024)), 'too large'),
                                (GLib.Variant('(s)', ('0123',)), 'content of a file')):
                await self.refused(set_(image=value), 'InvalidValue', part)
            await self.refused(set_(ink='red'), 'InvalidValue', '#rrggbb')
            self.assertEqual(await client.get(path, 'Parameters'), parameters)
            self.assertEqual(await set_(image=bytes_(b'')), 1)
            await client.wait_property(path, 'Parameters', lambda values: values['image'] == '')

    async def test_parameters(self):
        async with Desktop() as (service, client):
            path = await client.create('gray-scott')
            described = await client.manager('DescribeGenerator', '(s)', 'gray-scott')
            live = next(p for p in described['parameters']
                        if p['live'] and p['type'] == 'number')
            later = next(p for p in described['parameters'] if not p['live'])

            def set_(values):
                return client.session(path, 'SetParameters', '(a{sv})', values)

            self.assertEqual(await set_({}), 1)
            value = GLib.Variant('d', live['maximum'])
            self.assertEqual(await set_({live['name']: value}), 1)
            await client.session(path, 'Start')
            await client.wait_property(path, 'Step', lambda step: step > 0)
            self.assertGreater(await set_({live['name']: value}), 1)
            self.assertEqual(
                await set_({later['name']: GLib.Variant(later['signature'], later['default'])}), 1)
            await client.wait_property(path, 'Parameters',
                                       lambda values: values[live['name']] == live['maximum'])
            await self.refused(set_({'no-such': value}), 'UnknownParameter', 'no-such')
            await self.refused(set_({live['name']: GLib.Variant('d', 1e9)}), 'InvalidValue')
            await self.refused(set_({live['name']: GLib.Variant('s', 'x')}), 'InvalidValue')
            # All or none.
            lowest = GLib.Variant('d', live['minimum'])
            await self.refused(set_({live['name']: lowest, 'no-such': value}), 'UnknownParameter')
            self.assertEqual((await client.get(path, 'Parameters'))[live['name']], live['maximum'])
            self.assertTrue([c for c in client.changes(path) if 'Parameters' in c])

    async def test_rate(self):
        async with Desktop() as (service, client):
            path = await client.create(rate=100, start=True)
            await client.wait_property(path, 'StepsPerSecond', lambda speed: 50 < speed < 110)
            await client.set(path, 'Rate', GLib.Variant('d', 4))
            self.assertEqual(await client.get(path, 'Rate'), 4)
            await client.wait_property(path, 'StepsPerSecond', lambda speed: 0 < speed < 10)
            for value in (-1.0, 1e-9, 1e9, float('nan'), float('inf')):
                await self.refused(client.set(path, 'Rate', GLib.Variant('d', value)),
                                   'InvalidValue')
            await self.refused(client.set(path, 'Rate', GLib.Variant('u', 3)),
                               DBUS_ERROR + 'InvalidArgs')
            self.assertEqual(await client.get(path, 'Rate'), 4)
            await wait_for(lambda: [c for c in client.changes(path) if c.get('Rate') == 4],
                           'a change of the rate')

    async def test_rate_of_a_fast_one(self):
        """The slice that is under way may do 100,000 steps more, which were let go at no rate."""
        async with Desktop() as (service, client):
            path = await client.create(start=True)
            await client.wait_property(path, 'StepsPerSecond', lambda speed: speed > 1000)
            await client.set(path, 'Rate', GLib.Variant('d', 4))
            await client.wait_property(path, 'StepsPerSecond', lambda speed: 0 < speed < 10,
                                       patience=4 * FACTOR)

    async def test_changes_are_few(self):
        async with Desktop() as (service, client):
            path = await client.create('attractor', start=True)

            def counters():
                return [c for c in client.changes(path) if 'Step' in c and 'State' not in c]

            await wait_for(lambda: len(counters()) >= 2, 'counters')
            begun, before = time.monotonic(), len(counters())
            await wait_for(lambda: len(counters()) >= before + 8, 'more counters')
            self.assertGreater(time.monotonic() - begun, 7 * 0.25)
            steps = [c['Step'] for c in counters()]
            self.assertEqual(steps, sorted(set(steps)))
            await client.stop(path)
            await wait_for(lambda: client.changes(path)[-1].get('State') == 'stopped', 'the stop')
            states = [c['State'] for c in client.changes(path) if 'State' in c]
            self.assertEqual(states, ['running', 'stopping', 'stopped'])

    async def test_lifetime(self):
        async with Desktop() as (service, client):
            async with Client(client.bus) as caller:
                await caller.create(name='mine', lifetime='caller', start=True)
                await caller.create_command(PYTHON, PROGRAMS / 'frames.py', name='program',
                                            lifetime='caller', start=True)
                stays = await caller.create(name='stays', start=True)
                await client.wait_property(path_of('program'), 'Step', lambda step: step > 0)
            await service.wait_sessions(1)
            self.assertEqual(await client.get(stays, 'State'), 'running')
            await self.refused(client.get_all(path_of('mine')), DBUS_ERROR + 'UnknownMethod')

    async def test_close_is_for_all(self):
        async with Desktop() as (service, client):
            path = await client.create(start=True)
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                await viewer.next('hello')
                await client.session(path, 'Close')
                self.assertEqual((await viewer.wait_closed())[0], 1000)
            await service.wait_sessions(0)

    async def test_limit(self):
        async with Desktop() as (service, client):
            made = 0
            with self.assertRaises(DBusError) as caught:
                for made in range(2000):
                    await client.create('pattern')
            self.assertEqual(caught.exception.name, ERROR + 'LimitExceeded')
            self.assertEqual(made, 1024)
            self.assertIn('1024', caught.exception.message)


# ---- what there is ----


class Generators(DBusTest):
    async def test_list(self):
        async with Desktop('--default-generator', 'pattern') as (service, client):
            on_the_web = (await service.get('/generators')).json['generators']
            listed = await client.manager('ListGenerators')
            self.assertEqual(listed, [{key: g[key] for key in ('name', 'summary', 'default')}
                                      for g in on_the_web])
            self.assertEqual([g['name'] for g in listed if g['default']], ['pattern'])

    async def test_describe(self):
        types = {'boolean': 'b', 'integer': 'iuxt', 'number': 'd', 'choice': 's', 'text': 's',
                 'color': 's', 'file': 'ay'}
        async with Desktop() as (service, client):
            for web in (await service.get('/generators')).json['generators']:
                given = GLib.Variant('(s)', (web['name'],))
                reply, _ = await client.call_raw(ROOT, MANAGER, 'DescribeGenerator', given)
                description = reply.get_child_value(0)
                values = description.unpack()
                self.assertEqual(set(values),
                                 {'name', 'summary', 'default', 'parameters', 'metrics'})
                for key in ('name', 'summary', 'default', 'metrics'):
                    self.assertEqual(values[key], web[key])
                self.assertEqual(description.lookup_value('metrics', None).get_type_string(),
                                 'aa{sv}')
                parameters = description.lookup_value('parameters', None)
                self.assertEqual(parameters.get_type_string(), 'aa{sv}')
                self.assertEqual(parameters.n_children(), len(web['parameters']))
                for index, spec in enumerate(web['parameters']):
                    self.assert_parameter(parameters.get_child_value(index), spec, types)
            empty = await client.manager('DescribeGenerator', '(s)', '')
            self.assertEqual(empty['name'], await client.get(ROOT, 'DefaultGenerator', MANAGER))
            for name in ('no-such', 100000 * 'x'):
                await self.refused(client.manager('DescribeGenerator', '(s)', name),
                                   'UnknownGenerator')

    def assert_parameter(self, parameter, spec, types):
        values = parameter.unpack()
        signature = values['signature']
        self.assertIn(signature, types[values['type']])
        keys = {'name', 'label', 'summary', 'type', 'signature', 'default', 'live'}
        keys |= {key for key in ('minimum', 'maximum', 'choices', 'unit', 'accept', 'max-bytes')
                 if key in spec}
        self.assertEqual(set(values), keys)
        self.assertEqual('minimum' in values, values['type'] in ('integer', 'number'))
        self.assertEqual('choices' in values, values['type'] == 'choice')
        for key in ('default', 'minimum', 'maximum'):
            if key in values:
                self.assertEqual(parameter.lookup_value(key, None).get_type_string(), signature,
                                 key)
                web = [] if spec[key] is None else spec[key]  # no file
                self.assertEqual(values[key], int(web) if signature in 'iuxt' else web)
        for key in ('name', 'label', 'type', 'live', 'choices', 'unit', 'accept', 'max-bytes'):
            if key in values:
                self.assertEqual(values[key], spec[key], key)
        self.assertEqual(values['summary'], spec['description'])

    async def test_a_program_of_the_command_line(self):
        async with Desktop(program=[PYTHON, PROGRAMS / 'frames.py', '--count', 2],
                           ) as (service, client):
            default = await client.get(ROOT, 'DefaultGenerator', MANAGER)
            described = await client.manager('DescribeGenerator', '(s)', '')
            self.assertEqual((described['name'], described['default'], described['parameters']),
                             (default, True, []))
            path = await client.create('', start=True)
            await client.wait_state(path, 'finished')
            self.assertEqual(await client.get(path, 'Kind'), 'program')
            self.assertEqual(await client.get(path, 'ExitStatus'), 0)


class Links(DBusTest):
    async def test_roles(self):
        async with Desktop(auth='token') as (service, client):
            path = await client.create(name='shown', start=True)
            links = {}
            for role in ('view', 'control'):
                url = urllib.parse.urlsplit(await client.manager('GetLink', '(ss)', 'shown', role))
                query = dict(urllib.parse.parse_qsl(url.query))
                self.assertEqual(f'{url.scheme}://{url.netloc}{url.path}', service.url)
                self.assertEqual(query['session'], 'shown')
                links[role] = query['token']
            self.assertNotEqual(links['view'], links['control'])
            self.assertEqual(links['control'], service.token)
            self.assertEqual(await client.manager('GetLink', '(ss)', '', 'control'),
                             f'{service.url}?token={service.token}')

            where = '/sessions/shown/ws'
            async with await service.connect_v1(where, token=links['view']) as viewer:
                await viewer.refused('stop', 'permission-denied')
                self.assertEqual(await client.get(path, 'State'), 'running')
            async with await service.connect(where, token=links['view']) as viewer:
                await viewer.refused('stop', 'permission-denied')
            async with await service.connect_v1(where, token=links['control']) as viewer:
                await viewer.answered('stop')
                self.assertEqual(await client.get(path, 'State'), 'stopped')

    async def test_bad_ones(self):
        async with Desktop() as (service, client):
            await client.create(name='shown')

            def link(session, role):
                return client.manager('GetLink', '(ss)', session, role)

            await self.refused(link('no_such', 'view'), 'UnknownSession', 'no_such', 'shown')
            await self.refused(link('shown', 'owner'), 'InvalidValue', 'owner', 'view', 'control')
            await self.refused(link('shown', ''), 'InvalidValue')
            await self.refused(link('', 'view'), 'BadRequest')
            await self.refused(link(1000000 * 'x', 'view'), 'UnknownSession')
            await self.refused(link('shown', 1000000 * 'x'), 'InvalidValue')

    async def test_frame_url(self):
        async with Desktop(auth='token') as (service, client):
            path = await client.create()
            await client.session(path, 'Step', '(u)', 2)
            await client.wait_state(path, 'paused')
            url = await client.get(path, 'FrameUrl')
            self.assertTrue(url.startswith(service.url), url)
            where = url[len(service.url) - 1:]
            response = await service.get(where)
            self.assertEqual((response.status, step_of(response.text)), (200, 2))
            # Who has it may look, and nothing else.
            token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))['token']
            self.assertEqual(token, service.view_token())
            self.assertNotEqual(token, service.token)


# ---- pictures and viewers ----

F_GET_SEALS = 1034
ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8


class Pictures(DBusTest):
    def read_sealed(self, fd):
        """What is in a sealed memfd, which is closed."""
        try:
            self.assertIn('memfd:', os.readlink(f'/proc/self/fd/{fd}'))
            self.assertEqual(fcntl.fcntl(fd, F_GET_SEALS), ALL_SEALS)
            self.assertEqual(os.lseek(fd, 0, os.SEEK_CUR), 0)
            for change in (lambda: os.write(fd, b'x'), lambda: os.ftruncate(fd, 0),
                           lambda: mmap.mmap(fd, 1, mmap.MAP_SHARED, mmap.PROT_WRITE)):
                with self.assertRaises(PermissionError):
                    change()
            data = b''
            while more := os.read(fd, 1 << 20):
                data += more
            self.assertEqual(len(data), os.fstat(fd).st_size)
            return data
        finally:
            os.close(fd)

    def size_of(self, png):
        self.assertEqual(png[:8], b'\x89PNG\r\n\x1a\n')
        self.assertEqual(png[12:16], b'IHDR')
        return struct.unpack('>II', png[16:24])

    async def paused(self, client, generator='pattern', **options):
        path = await client.create(generator, **options)
        await client.session(path, 'Step', '(u)', 3)
        await client.wait_state(path, 'paused')
        return path

    async def test_svg(self):
        async with Desktop() as (service, client):
            path = await self.paused(client)
            for options in ({}, {'format': 'svg'}):
                step, fd = await client.frame(path, **options)
                svg = self.read_sealed(fd)
                self.assertEqual((step, step_of(svg.decode())), (3, 3))
            self.assertEqual(svg, (await service.get('/sessions/pattern_1/frame.svg')).body)
            await client.session(path, 'Start')
            step, fd = await client.frame(path)
            self.assertEqual(step_of(self.read_sealed(fd).decode()), step)

    async def test_png(self):
        async with Desktop() as (service, client):
            path = await self.paused(client)
            step, fd = await client.frame(path, format='png')
            own = self.size_of(self.read_sealed(fd))
            self.assertEqual(step, 3)
            for width in (1, 64, GLib.Variant('t', 333)):
                step, fd = await client.frame(path, format='png', width=width)
                got = self.size_of(self.read_sealed(fd))
                wanted = width if isinstance(width, int) else 333
                self.assertEqual(got[0], wanted)
                self.assertAlmostEqual(got[1], max(1, wanted * own[1] / own[0]), delta=1)

    async def test_bad_ones(self):
        async with Desktop() as (service, client):
            path = await client.create()
            await self.refused(client.frame(path), 'BadState')
            await self.refused(client.frame(path, format='png'), 'BadState')
            await self.refused(client.frame(path, format='gif'), 'InvalidValue', 'svg', 'png')
            for width in (0, 8193, -1, 'wide', 1.5):
                await self.refused(client.frame(path, format='png', width=width), 'InvalidValue',
                                   'width', '8192')
            await self.refused(client.frame(path, height=3), 'BadRequest', 'height', 'format')

    async def test_nothing_is_left_open(self):
        async with Desktop() as (service, client):
            path = await self.paused(client)
            os.close((await client.frame(path, format='png'))[1])
            await service.wait_idle()
            files = service.count_files()
            for _ in range(20):
                os.close((await client.frame(path))[1])
                os.close((await client.frame(path, format='png', width=9))[1])
            await wait_for(lambda: service.count_files() <= files, 'the end of all descriptors')

    async def test_viewers(self):
        async with Desktop(auth='token') as (service, client):
            path = await client.create(name='shown')
            self.assertEqual(await client.session(path, 'ListViewers'), [])
            where, view = '/sessions/shown/ws', service.view_token()
            async with (await service.connect(where) as plain,
                        await service.connect_v1(where),
                        await service.connect_v1(where, token=view),
                        await service.connect_v1(where) as every):
                await every.answered('options', delivery='every')
                await client.wait_property(path, 'Viewers', 4)
                viewers = await client.session(path, 'ListViewers')
                self.assertEqual([(v['role'], v['protocol'], v['delivery']) for v in viewers],
                                 [('control', 'plain', viewers[0]['delivery']),
                                  ('control', 'stepcast.v1', 'latest'),
                                  ('view', 'stepcast.v1', 'latest'),
                                  ('control', 'stepcast.v1', 'every')])
                await client.session(path, 'Step', '(u)', 3)
                for _ in range(3):
                    await every.next('frame')
                reply, _ = await client.call_raw(path, SESSION, 'ListViewers')
                reached = reply.get_child_value(0).get_child_value(3)
                types = {key: reached.lookup_value(key, None).get_type_string()
                         for key in reached.unpack()}
                self.assertEqual(types, {'id': 's', 'kind': 's', 'role': 's', 'protocol': 's',
                                         'delivery': 's', 'away': 'b', 'seconds': 'd',
                                         'sent': 't', 'missed': 't', 'frames-per-second': 'd',
                                         'compressed': 'b', 'backlog-bytes': 't'})
                values = reached.unpack()
                self.assertEqual((values['sent'], values['missed']), (3, 0))
                self.assertGreater(values['seconds'], 0)
                await plain.close()
                await client.wait_property(path, 'Viewers', 3)
                self.assertTrue([c for c in client.changes(path) if c.get('Viewers') == 4])

    async def test_viewers_by_server_sent_events(self):
        async with Desktop(auth='token') as (service, client):
            path = await client.create(name='shown')
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            writer.write(f'GET /sessions/shown/events?token={service.view_token()} HTTP/1.1\r\n'
                         f'Host: 127.0.0.1:{service.port}\r\n\r\n'.encode())
            await client.wait_property(path, 'Viewers', 1)
            await client.session(path, 'Step', '(u)', 1)
            await within(reader.readuntil(b'event: frame'), 'a notice')
            viewer, = await client.session(path, 'ListViewers')
            self.assertGreater(viewer.pop('seconds'), 0)
            self.assertEqual(viewer, {'kind': 'http', 'role': 'view', 'protocol': 'events',
                                      'delivery': 'latest', 'sent': 1, 'missed': 0,
                                      'backlog-bytes': 0})
            writer.close()
            await client.wait_property(path, 'Viewers', 0)
            await client.wait_property(path, 'Viewers', 0)


# ---- programs ----


class Programs(DBusTest):
    async def tell(self, client, *argv, **options):
        """Runs a program: what it was given."""
        file = self.directory / f'told-{time.monotonic_ns()}'
        path = await client.create_command(PYTHON, '-c', TELL, file, *argv, start=True, **options)
        await client.wait_state(path, 'finished')
        await client.session(path, 'Close')
        return json.loads(file.read_text())

    async def test_argv_is_verbatim(self):
        async with Desktop() as (service, client):
            argv = ['', ' ', 'a b', '"', "'", '$HOME', '$(id)', '`id`', '*', '\\', '\n', 'ä€😀',
                    '--', '-c', ';', '&&', '|', '>', '%s%n', '~', '#', '{a,b}', 5000 * 'x']
            self.assertEqual((await self.tell(client, *argv))['argv'], argv)

    async def test_folder_and_variables(self):
        async with Desktop() as (service, client):
            folder = self.directory / 'a "folder" $HOME'
            folder.mkdir()
            env = {'STEPCAST_A': 'one two', 'STEPCAST_B': '', 'HOME': '/nowhere', 'Ä': '$HOME=1'}
            told = await self.tell(client, cwd=str(folder), env=GLib.Variant('a{ss}', env))
            self.assertEqual(told['cwd'], str(folder))
            self.assertEqual({key: told['env'].get(key) for key in env}, env)
            self.assertEqual(told['env']['STEPCAST_TEST_MARK'], service.mark)
            told = await self.tell(client)
            self.assertEqual(told['cwd'], str(service.directory))
            self.assertNotIn('STEPCAST_A', told['env'])

    async def test_terminal_and_limits(self):
        async with Desktop() as (service, client):
            told = await self.tell(client)
            own = (resource.getrlimit(resource.RLIMIT_AS)[0],
                   resource.getrlimit(resource.RLIMIT_CPU)[0])
            self.assertEqual((told['tty'], told['memory'], told['cpu']), (False, *own))
            told = await self.tell(client, pty=True, max_memory_bytes=GLib.Variant('t', 1 << 30),
                                   max_cpu_seconds=77)
            self.assertEqual((told['tty'], told['memory'], told['cpu']), (True, 1 << 30, 77))

    async def ended(self, client, script, **options):
        """(state, exit status, reason) of a shell script."""
        path = await client.create_command('/bin/sh', '-c', script, start=True, **options)
        await client.wait_property(path, 'State', lambda s: s in ('finished', 'failed'))
        values = await client.get_all(path)
        await client.session(path, 'Close')
        return values['State'], values['ExitStatus'], values['Reason'], values

    async def test_exit_statuses(self):
        picture = f"echo '{SVG.strip() % 1}'; "
        async with Desktop() as (service, client):
            state, status, reason, values = await self.ended(client, picture + 'exit 0')
            self.assertEqual((state, status, reason), ('finished', 0, ('', '')))
            self.assertEqual((values['Kind'], values['Generator'], values['Step']),
                             ('program', 'sh', 1))
            for script, wanted in (('exit 3', 3), ('exit 255', 255), ('kill -9 $$', 137),
                                   ('kill -15 $$', 143)):
                state, status, (code, message), _ = await self.ended(client, picture + script)
                self.assertEqual((state, status, code), ('failed', wanted, 'program-failed'))
                self.assertTrue(message)
            state, status, (code, message), _ = await self.ended(client, 'echo why >&2; exit 4')
            self.assertEqual((state, status), ('failed', 4))
            self.assertIn('why', message)
            changes = [c for c in client.changes(path_of('sh_1')) if c.get('State') == 'failed']
            self.assertTrue(all('Reason' in c and 'ExitStatus' in c for c in changes), changes)
            self.assertEqual(len(changes), 5)

    async def test_what_can_not_be_run(self):
        async with Desktop() as (service, client):
            for program in ('/no/such/program', 'no-such-program', PROGRAMS / 'not-executable.txt',
                            '/'):
                path = await client.create_command(program, start=True)
                await client.wait_state(path, 'failed')
                code, message = await client.get(path, 'Reason')
                self.assertEqual(code, 'program-failed')
                self.assertIn(pathlib.Path(program).name, message)
                self.assertEqual(await client.get(path, 'ExitStatus'), -1)
                await client.session(path, 'Close')

    async def test_limits_of_documents(self):
        async with Desktop() as (service, client):
            frames = [PYTHON, PROGRAMS / 'frames.py', '--count', 2, '--bytes', 5000]
            path = await client.create_command(*frames, start=True, max_frame_bytes=1024)
            await client.wait_state(path, 'failed')
            self.assertIn('1024', re.sub(r'[,. ]', '', (await client.get(path, 'Reason'))[1]))
            path = await client.create_command(*frames, start=True, max_frame_elements=1)
            await client.wait_state(path, 'failed')

    async def test_bad_options(self):
        async with Desktop() as (service, client):
            create = client.create_command
            await self.refused(create(), 'InvalidValue', 'argv')
            await self.refused(create(''), 'InvalidValue', 'argv')
            await self.refused(create('true', parameters=GLib.Variant('a{sv}', {})), 'BadRequest',
                               'parameters', 'cwd', 'env', 'pty')
            for options in ({'cwd': 'relative'}, {'cwd': ''}, {'cwd': '/no/such'},
                            {'cwd': '/etc/passwd'}, {'cwd': 1}, {'env': 'A=b'},
                            {'env': GLib.Variant('a{sv}', {})}, {'env': GLib.Variant('a{ss}', {'': 'b'})},
                            {'env': GLib.Variant('a{ss}', {'A=': 'b'})}, {'pty': 1},
                            {'max_frame_bytes': 1023}, {'max_frame_bytes': 67108865},
                            {'max_frame_bytes': -1}, {'max_frame_elements': 0},
                            {'max_frame_elements': 1000001}, {'max_memory_bytes': 1048575},
                            {'max_memory_bytes': -1}, {'max_cpu_seconds': -1},
                            {'max_cpu_seconds': 1.5}, {'cwd': 1000000 * '/x'}):
                message = await self.refused(create('true', **options), 'InvalidValue')
                self.assertIn(list(options)[0].replace('_', '-'), message)
            self.assertEqual(await service.sessions(), [])

    async def test_huge_argv(self):
        async with Desktop() as (service, client):
            path = await client.create_command('true', 4_000_000 * 'x', start=True)
            await client.wait_state(path, 'failed')
            code, message = await client.get(path, 'Reason')
            self.assertEqual(code, 'program-failed')
            self.assertLess(len(message), 1000)
            # The name of a session is short, whatever it runs; but no path is longer than this.
            self.assertLess(len(await client.create_command(4000 * 'x')), 200)
            await self.refused(client.create_command(1_000_000 * 'x'), 'InvalidValue')

    async def test_log(self):
        async with Desktop() as (service, client):
            path = await client.create_command(
                '/bin/sh', '-c', r"printf 'one\ntw\303\266\nb\377d\n\nlast' >&2; "
                f"echo '{SVG.strip() % 1}'", start=True)
            await client.wait_state(path, 'finished')
            await wait_for(lambda: len(client.heard(path, 'Log')) >= 4, 'the log')
            said = [arguments.unpack() for arguments in client.heard(path, 'Log', SESSION)]
            self.assertEqual({stream for stream, _ in said}, {'stderr'})
            lines = [line for _, line in said if line]
            self.assertEqual(lines, ['one', 'twö', 'b\ufffdd', 'last'])

    async def test_stop_ends_it(self):
        async with Desktop() as (service, client):
            path = await client.create_command(PYTHON, PROGRAMS / 'frames.py', start=True)
            await client.wait_property(path, 'Step', lambda step: step > 0)
            answers = await asyncio.gather(*[client.stop(path) for _ in range(5)])
            self.assertEqual(len({step for step, _ in answers}), 1, answers)
            self.assertEqual(await client.get(path, 'State'), 'stopped')
            await client.session(path, 'Start')
            await client.wait_property(path, 'Step', lambda step: step > 0)
            self.assertEqual(await client.get(path, 'Run'), 2)


# ---- streams ----


class Streams(DBusTest):
    async def show(self, client, reader, write, close):
        path = await client.create_stream(reader, start=True)
        values = await client.get_all(path)
        self.assertEqual((values['Kind'], values['Generator'], values['Parameters']),
                         ('stream', 'stream', {}))
        for step in (1, 2, 3):
            write((SVG % step).encode())
            await client.wait_property(path, 'Step', step)
        fd = (await client.frame(path))[1]
        self.assertEqual(step_of(os.read(fd, 65536).decode()), 3)
        os.close(fd)
        close()
        await client.wait_state(path, 'finished')
        self.assertEqual(await client.get(path, 'ExitStatus'), -1)
        # It can be read only once.
        await client.session(path, 'Start')
        await client.wait_state(path, 'failed')
        self.assertEqual((await client.get(path, 'Reason'))[0], 'bad-state')
        await client.session(path, 'Close')

    async def test_pipe(self):
        async with Desktop() as (service, client):
            reader, writer = os.pipe()
            try:
                await self.show(client, reader, lambda data: os.write(writer, data),
                                lambda: os.close(writer))
            finally:
                os.close(reader)

    async def test_socket(self):
        async with Desktop() as (service, client):
            reader, writer = socket.socketpair()
            with reader, writer:
                await self.show(client, reader.fileno(), writer.sendall, writer.close)

    async def test_terminal(self):
        async with Desktop() as (service, client):
            master, slave = pty.openpty()
            try:
                path = await client.create_stream(slave, start=True)
                os.write(master, (SVG % 1).encode())
                await client.wait_property(path, 'Step', 1)
                await client.stop(path)
            finally:
                os.close(master)
                os.close(slave)

    async def test_the_service_has_its_own(self):
        """Ours may be closed at once; and when the session ends, so does its."""
        async with Desktop() as (service, client):
            await service.wait_idle()
            files = service.count_files()
            reader, writer = os.pipe()
            path = await client.create_stream(reader, start=True)
            os.close(reader)
            os.write(writer, (SVG % 1).encode())
            await client.wait_property(path, 'Step', 1)
            await client.session(path, 'Close')
            with self.assertRaises(BrokenPipeError):
                os.write(writer, b'x')
            os.close(writer)
            self.assertLessEqual(service.count_files(), files + 3)  # a helper's, at the most

    async def test_without_a_writer(self):
        async with Desktop() as (service, client):
            reader, writer = os.pipe()
            os.close(writer)
            path = await client.create_stream(reader, start=True)
            os.close(reader)
            await client.wait_property(path, 'State', lambda s: s in ('failed', 'finished'))

    async def test_what_is_no_stream(self):
        async with Desktop() as (service, client):
            await service.wait_idle()
            files = service.count_files()
            file = self.directory / 'file'
            file.write_text(SVG % 1)
            fifo_reader, fifo_writer = os.pipe()
            epoll = os.eventfd(0)
            for what, flags in ((file, os.O_RDONLY), (self.directory, os.O_RDONLY),
                                ('/dev/null', os.O_RDONLY), ('/dev/zero', os.O_RDONLY),
                                (file, os.O_PATH), (file, os.O_WRONLY)):
                fd = os.open(what, flags)
                await self.refused(client.create_stream(fd), 'InvalidValue')
                os.close(fd)
            with socket.socket() as listening:
                listening.bind(('127.0.0.1', 0))
                listening.listen()
                for fd in (fifo_writer, epoll, listening.fileno()):
                    await self.refused(client.create_stream(fd), 'InvalidValue')
            for fd in (fifo_reader, fifo_writer, epoll):
                os.close(fd)
            await wait_for(lambda: service.count_files() <= files, 'the end of all descriptors')
            self.assertEqual(await service.sessions(), [])

    async def test_bad_handles(self):
        async with Desktop() as (service, client):
            reader, writer = os.pipe()

            def create(handle, n_fds, **options):
                fds = Gio.UnixFDList() if n_fds else None
                for _ in range(n_fds):
                    fds.append(reader)
                return client.call_raw(ROOT, MANAGER, 'CreateStreamSession',
                                       GLib.Variant('(ha{sv})', (handle, variants(options))), fds)

            await service.wait_idle()
            files = service.count_files()
            await self.refused(create(0, 0), 'InvalidValue', 'descriptor')
            for handle in (1, 5, -1, 2 ** 31 - 1):
                await self.refused(create(handle, 1), 'InvalidValue', 'descriptor')
            await self.refused(create(0, 1, cwd='/'), 'BadRequest', 'cwd', 'max-frame-bytes')
            await self.refused(create(0, 10, name='A'), 'InvalidValue')
            await wait_for(lambda: service.count_files() <= files, 'the end of all descriptors')
            # The one that is meant, of several.
            reply, _ = await create(7, 10, start=True)
            os.write(writer, (SVG % 1).encode())
            await client.wait_property(reply.unpack()[0], 'Step', 1)
            os.close(reader)
            os.close(writer)


# ---- with the web ----


class Web(DBusTest):
    async def test_sessions_of_the_web_are_on_the_bus(self):
        async with Desktop() as (service, client):
            async with await service.connect(generator='pattern') as web:
                await wait_for(lambda: client.heard(ROOT, 'InterfacesAdded'), 'the object')
                path = client.heard(ROOT, 'InterfacesAdded')[0].unpack()[0]
                self.assertEqual(path, path_of('pattern_1'))
                await client.session(path, 'Step', '(u)', 2)
                frames, paused = await web.until_told('paused')
                self.assertEqual([step_of(frame) for frame in frames], [1, 2])
                await web.send('start')
                await client.wait_property(path, 'Step', lambda step: step > 2)
                step, _ = await client.stop(path)
                _, stopped = await web.until_told('stopped')
                self.assertEqual(stopped['step'], step)
                await client.set(path, 'Rate', GLib.Variant('d', 7))
            await wait_for(lambda: client.heard(ROOT, 'InterfacesRemoved'), 'its end')

    async def test_sessions_of_the_bus_are_on_the_web(self):
        async with Desktop() as (service, client):
            path = await client.create('gray-scott', name='ours')
            async with await service.connect_v1('/sessions/ours/ws') as web:
                await web.answered('start')
                await client.wait_state(path, 'running')
                parameter = next(p for p in (await client.manager(
                    'DescribeGenerator', '(s)', 'gray-scott'))['parameters']
                    if p['live'] and p['type'] == 'number')
                await web.answered('set', values={parameter['name']: parameter['minimum']})
                await client.wait_property(
                    path, 'Parameters',
                    lambda values: values[parameter['name']] == parameter['minimum'])
                await client.session(path, 'Pause')
                await web.next_state('paused')
                await web.answered('stop')
                self.assertEqual(await client.get(path, 'State'), 'stopped')
            # It stays when they leave.
            await client.wait_property(path, 'Viewers', 0)
            self.assertEqual((await service.session('ours'))['state'], 'stopped')


# ---- many at one session ----


class Many(DBusTest):
    @staticmethod
    def name_of(client):
        return client.connection.get_unique_name()

    def told(self, client, path):
        """Each change of the state that was told, with who made it."""
        return [(c['State'], c.get('StateBy')) for c in client.changes(path) if 'State' in c]

    async def test_who_did_what(self):
        async with Desktop() as (service, ann), Client(ann.bus) as bob:
            await bob.manager('Introduce', '(s)', 'cli')
            as_ann, as_bob = ('dbus', self.name_of(ann)), ('cli', self.name_of(bob))

            path = await ann.create(start=True)
            self.assertEqual(await bob.get(path, 'StateBy'), as_ann)
            await bob.session(path, 'Pause')
            await ann.wait_state(path, 'paused')
            self.assertEqual(await ann.get(path, 'StateBy'), as_bob)
            await ann.session(path, 'Resume')
            self.assertEqual(await bob.get(path, 'StateBy'), as_ann)
            await bob.stop(path)
            self.assertEqual(await ann.get(path, 'StateBy'), as_bob)
            await ann.session(path, 'Step', '(u)', 1)
            await ann.wait_state(path, 'paused')
            self.assertEqual(await ann.get(path, 'StateBy'), as_ann)
            await bob.session(path, 'Start')

            self.assertEqual(await ann.get(path, 'ParametersBy'), NOBODY)
            for client, who, number in ((bob, as_bob, 2000), (ann, as_ann, 2001)):
                await client.session(path, 'SetParameters', '(a{sv})', variants({'bytes': number}))
                self.assertEqual(await ann.get(path, 'ParametersBy'), who)
            await self.refused(bob.session(path, 'SetParameters', '(a{sv})',
                                           variants({'bytes': -1})), 'InvalidValue')
            self.assertEqual(await ann.get(path, 'ParametersBy'), as_ann)

            # Who made it comes with the state, and nothing tells of another state with that name.
            await ann.stop(path)
            await wait_for(lambda: self.told(ann, path)[-1:] == [('stopped', None)] or
                           self.told(ann, path)[-1:] == [('stopped', as_ann)], 'the stop')
            by, told = None, []
            for change in ann.changes(path):
                by = change.get('StateBy', by)
                if 'State' in change:
                    told.append((change['State'], by))
            self.assertEqual(told, [
                *([('running', as_ann)] if told[0][0] == 'running' else []),
                ('paused', as_bob), ('running', as_ann), ('stopping', as_bob),
                ('stopped', as_bob), ('running', as_ann), ('paused', as_ann),
                ('running', as_bob), ('stopping', as_ann), ('stopped', as_ann)])

    async def test_what_has_no_effect_is_nobodys(self):
        async with Desktop() as (service, ann), Client(ann.bus) as bob:
            path = await ann.create()
            await self.refused(bob.session(path, 'Pause'), 'BadState')
            await bob.stop(path)
            self.assertEqual(await ann.get(path, 'StateBy'), NOBODY)
            await ann.session(path, 'Start')
            await bob.session(path, 'Start')
            await bob.session(path, 'Resume')
            await self.refused(bob.session(path, 'Step', '(u)', 1), 'BadState')
            self.assertEqual(await ann.get(path, 'StateBy'), ('dbus', self.name_of(ann)))

    async def test_what_ends_by_itself_is_nobodys(self):
        async with Desktop() as (service, client):
            path = await client.create_command('sh', '-c', 'exit 3', start=True)
            await client.wait_state(path, 'failed')
            self.assertEqual(await client.get(path, 'StateBy'), NOBODY)

    async def test_introductions(self):
        async with Desktop() as (service, ann), Client(ann.bus) as bob:
            path = await ann.create(start=True)
            for kind in ('', 'CLI', 'browser', 'service', 65536 * 'x'):
                await self.refused(bob.manager('Introduce', '(s)', kind), 'InvalidValue', 'cli')
            for kinds in (('cli',), ('cli', 'cli'), ('cli', 'dbus'), ('dbus',), ('cli',)):
                for kind in kinds:
                    await bob.manager('Introduce', '(s)', kind)
                await bob.session(path, 'Pause')
                await bob.wait_state(path, 'paused')
                self.assertEqual(await ann.get(path, 'StateBy'), (kinds[-1], self.name_of(bob)))
                await ann.session(path, 'Resume')
                self.assertEqual(await ann.get(path, 'StateBy'), ('dbus', self.name_of(ann)))

            # The names of those who have gone stay with what they did.
            for _ in range(20):
                async with Client(ann.bus) as guest:
                    await guest.manager('Introduce', '(s)', 'cli')
                    await guest.session(path, 'Pause')
                    name = self.name_of(guest)
                await ann.wait_state(path, 'paused')
                self.assertEqual(await ann.get(path, 'StateBy'), ('cli', name))
                await ann.session(path, 'Resume')

    async def test_with_a_viewer(self):
        async with Desktop() as (service, client):
            path = await client.create(start=True)
            own = ('dbus', self.name_of(client))
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                hello = await viewer.next('hello')
                await viewer.answered('pause')
                await client.wait_state(path, 'paused')
                by = await client.get(path, 'StateBy')
                self.assertEqual(by, ('websocket', hello['viewer']))
                await client.session(path, 'Resume')
                self.assertEqual(await client.get(path, 'StateBy'), own)
                state = await viewer.next_state('running')
                self.assertEqual(state['by'], {'kind': own[0], 'id': own[1]})

    async def test_frames_are_counted(self):
        async with Desktop('--validate=off') as (service, client):
            drawn = await client.create(name='drawn')
            printed = await client.create_command(PYTHON, PROGRAMS / 'frames.py', name='printed')
            for path, validated in ((drawn, 0), (printed, 3)):
                async with await service.connect_v1(f'/sessions/{path.split("/")[-1]}/ws') as viewer:
                    await viewer.next('hello')
                    await viewer.answered('options', delivery='every')
                    await client.session(path, 'Step', '(u)', 3)
                    for _ in range(3):
                        await viewer.next('frame')
                    await client.wait_state(path, 'paused')
                self.assertEqual(await client.get(path, 'FramesDrawn'), 3)
                self.assertEqual(await client.get(path, 'FramesValidated'), validated)

    async def test_held(self):
        async with Desktop() as (service, client):
            path = await client.create('pattern', parameters=GLib.Variant(
                'a{sv}', variants({'bytes': 1_000_000})))
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                hello = await viewer.next('hello')
                await viewer.answered('options', delivery='every')
                await client.session(path, 'Start')
                await client.wait_property(path, 'HeldBy', ('websocket', hello['viewer']))
                await client.session(path, 'Pause')
                await client.wait_property(path, 'HeldBy', NOBODY)


class Unwatched(DBusTest):
    async def test_options(self):
        async with Desktop() as (service, client):
            path = await client.create(when_unwatched='pause', grace_seconds=0.25)
            self.assertEqual(await client.get(path, 'WhenUnwatched'), 'pause')
            self.assertEqual(await client.get(path, 'GraceSeconds'), 0.25)
            await wait_for(lambda: [c for c in client.changes(path)
                                    if c.get('WhenUnwatched') == 'pause'], 'it is told')
            path = await client.create(grace_seconds=86400)
            self.assertEqual(await client.get(path, 'WhenUnwatched'), 'run')
            self.assertEqual(await client.get(path, 'GraceSeconds'), 86400)
            path = await client.create_command('cat', when_unwatched='stop')
            self.assertEqual(await client.get(path, 'WhenUnwatched'), 'stop')
            self.assertEqual(await client.get(path, 'GraceSeconds'), 10)
            ours, theirs = os.pipe()
            path = await client.create_stream(ours, when_unwatched='pause', grace_seconds=0)
            self.assertEqual(await client.get(path, 'WhenUnwatched'), 'pause')
            os.close(ours)
            os.close(theirs)

    async def watched(self, service, client, action, grace_seconds=0.05):
        """A session that runs and is watched, and its viewer's connection."""
        path = await client.create(when_unwatched=action, grace_seconds=grace_seconds, start=True)
        viewer = await service.connect_v1('/sessions/pattern_1/ws')
        await viewer.next('hello')
        await client.wait_property(path, 'Viewers', 1)
        return path, viewer

    async def test_pause(self):
        async with Desktop() as (service, client):
            path, viewer = await self.watched(service, client, 'pause')
            for _ in range(2):
                await viewer.close()
                await client.wait_state(path, 'paused')
                self.assertEqual(await client.get(path, 'StateBy'), ('service', 'when-unwatched'))
                viewer = await service.connect_v1('/sessions/pattern_1/ws')
                await client.wait_state(path, 'running')
                self.assertEqual(await client.get(path, 'StateBy'), ('service', 'when-unwatched'))
            await viewer.close()
            await client.wait_state(path, 'paused')

    async def test_stop(self):
        async with Desktop() as (service, client):
            path, viewer = await self.watched(service, client, 'stop')
            await viewer.close()
            await client.wait_state(path, 'stopped')
            self.assertEqual(await client.get(path, 'StateBy'), ('service', 'when-unwatched'))
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                self.assertEqual((await viewer.next('hello'))['state'], 'stopped')

    async def test_two_viewers(self):
        """While one of them is there it is watched."""
        async with Desktop() as (service, client):
            path, viewer = await self.watched(service, client, 'stop', 0)
            async with await service.connect('/sessions/pattern_1/ws') as plain:
                await client.wait_property(path, 'Viewers', 2)
                await viewer.close()
                await client.wait_property(path, 'Viewers', 1)
                step = await client.get(path, 'Step')
                await client.wait_property(path, 'Step', lambda later: later > step)
                self.assertEqual(await client.get(path, 'State'), 'running')
                await plain.close()
            await client.wait_state(path, 'stopped')

    async def test_back_within_the_grace(self):
        async with Desktop() as (service, client):
            path, viewer = await self.watched(service, client, 'stop', 3600)
            await viewer.close()
            await client.wait_property(path, 'Viewers', 0)
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                self.assertEqual((await viewer.next('hello'))['state'], 'running')

    async def test_somebody_else_has_paused(self):
        async with Desktop() as (service, client):
            path, viewer = await self.watched(service, client, 'pause')
            await client.session(path, 'Pause')
            await client.wait_state(path, 'paused')
            await viewer.close()
            await client.wait_property(path, 'Viewers', 0)
            async with await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                self.assertEqual((await viewer.next('hello'))['state'], 'paused')
                self.assertEqual((await client.get(path, 'StateBy'))[0], 'dbus')

    async def test_never_watched(self):
        async with Desktop() as (service, client):
            path = await client.create(when_unwatched='stop', grace_seconds=0, start=True)
            await client.wait_property(path, 'Step', lambda step: step > 10)
            self.assertEqual(await client.get(path, 'State'), 'running')


# ---- what people type ----


class Tools(DBusTest):
    async def test_gdbus(self):
        async with Desktop() as (service, client):
            async def gdbus(method, *arguments, path=ROOT, check=True):
                return await client.bus.run('gdbus', 'call', '--session', '--dest', NAME,
                                            '--object-path', path, '--method', method, *arguments,
                                            check=check)

            out = await gdbus(f'{MANAGER}.CreateSession', 'pattern', "{'rate': <10>, 'start': <true>}")
            self.assertEqual(out, f"(objectpath '{path_of('pattern_1')}',)\n")
            path = path_of('pattern_1')
            self.assertIn("'running'", await gdbus(f'{PROPERTIES}.Get', SESSION, 'State', path=path))
            self.assertRegex(await gdbus(f'{SESSION}.Stop', '{}', path=path),
                             r'^\(uint64 \d+, [\d.e-]+\)\n$')
            out = await gdbus(f'{MANAGER}.GetLink', 'pattern_1', 'view')
            self.assertIn('session=pattern_1', out)
            out = await gdbus(f'{MANAGER}.CreateCommandSession', "['sh', '-c', 'echo \"a b\"']",
                              '{}')
            self.assertIn('sh_1', out)
            status, _, err = await gdbus(f'{SESSION}.Pause', path=path, check=False)
            self.assertNotEqual(status, 0)
            self.assertIn(f'{ERROR}BadState', err)
            await client.bus.run('gdbus', 'wait', '--session', '--timeout', '5', NAME)
            out = await client.bus.run('gdbus', 'introspect', '--session', '--dest', NAME,
                                       '--object-path', path)
            self.assertIn('readwrite d Rate = 10.0', out)

    @unittest.skipUnless(shutil.which('busctl'), 'there is no busctl')
    async def test_busctl(self):
        async with Desktop() as (service, client):
            async def busctl(*arguments):
                return await client.bus.run('busctl', '--user', *arguments)

            out = await busctl('call', NAME, ROOT, MANAGER, 'CreateSession', 'sa{sv}', 'pattern',
                               2, 'name', 's', 'mine', 'rate', 'u', 5)
            path = path_of('mine')
            self.assertEqual(out, f'o "{path}"\n')
            self.assertIn(path, await busctl('tree', '--list', NAME))
            await busctl('call', NAME, path, SESSION, 'Step', 'u', 2)
            await client.wait_state(path, 'paused')
            self.assertEqual(await busctl('get-property', NAME, path, SESSION, 'Step', 'State'),
                             't 2\ns "paused"\n')
            await busctl('set-property', NAME, path, SESSION, 'Rate', 'd', 3)
            self.assertEqual(await client.get(path, 'Rate'), 3)
            listed = json.loads(await busctl('--json=short', 'call', NAME, ROOT, MANAGER,
                                             'ListGenerators'))
            self.assertEqual(listed['type'], 'aa{sv}')
            self.assertIn('Version', await busctl('introspect', NAME, ROOT))


# ---- callers that leave ----


class Callers(DBusTest):
    async def test_leave_in_the_middle(self):
        async with Desktop() as (service, client):
            path = await client.create('gray-scott', start=True)
            await client.wait_property(path, 'Step', lambda step: step > 0)
            for _ in range(5):
                caller = await Client(client.bus).__aenter__()
                pending = [asyncio.ensure_future(call) for call in (
                    caller.frame(path), caller.frame(path, format='png'),
                    caller.session(path, 'SetParameters', '(a{sv})', {}), caller.stop(path),
                    caller.session(path, 'Start'), caller.create(lifetime='caller', start=True),
                    caller.manager('ListGenerators'))]
                await asyncio.sleep(0)
                await caller.leave()
                for answer in await asyncio.gather(*pending, return_exceptions=True):
                    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], int):
                        with contextlib.suppress(OSError):
                            os.close(answer[1])
            await service.wait_sessions(1)
            await client.session(path, 'Start')
            await client.wait_state(path, 'running')
            await client.session(path, 'Close')
            self.assertEqual(await client.call(ROOT, OBJECTS, 'GetManagedObjects'), {})


if __name__ == '__main__':
    main()
