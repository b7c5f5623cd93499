#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The service on a desktop: its name on the bus, activation, the service manager, settings."""

import asyncio
import os
import pathlib
import random
import re
import shutil
import socket
import unittest

from gi.repository import GLib

from private_bus import PrivateBus
from stepcast import (FACTOR, PYTHON, SANITIZED, STEPCASTD, Service, TestCase, main, wait_for, within)

SCHEMAS = os.environ.get('STEPCAST_SCHEMAS', '')
NAME_TAKEN = 3


async def run(bus, directory, *options):
    """Runs stepcastd to its end: (status, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        STEPCASTD, *options, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, 'HOME': str(directory), 'XDG_RUNTIME_DIR': str(directory),
             'DBUS_SESSION_BUS_ADDRESS': bus.address, 'GSETTINGS_BACKEND': 'memory',
             'LC_ALL': 'C.UTF-8'})
    try:
        out, err = await within(process.communicate(), f'the end of stepcastd {options}')
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


class Name(TestCase):
    async def test_is_owned_when_it_listens(self):
        async with PrivateBus() as bus, Service(bus=bus) as service:
            self.assertTrue(await bus.has_owner())
            self.assertEqual(await bus.get('Address'), service.url)

    async def test_is_given_back(self):
        async with PrivateBus() as bus:
            async with Service(bus=bus):
                pass
            self.assertFalse(await bus.has_owner())

    async def test_taken(self):
        """The second one leaves everything as it is: port, tokens, name."""
        async with PrivateBus() as bus, Service(bus=bus) as service:
            before = sorted(bus.directory.rglob('*'))
            status, out, err = await run(bus, bus.directory / 'run', f'--port={service.port}')
            self.assertEqual((status, out), (NAME_TAKEN, ''))
            self.assertEqual(len(err.splitlines()), 1)
            self.assertIn('--bus=none', err)
            self.assertEqual(sorted(bus.directory.rglob('*')), before)
            self.assertEqual(await bus.get('Address'), service.url)
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_two_at_once(self):
        async with PrivateBus() as bus:
            for _ in range(5):
                both = [asyncio.create_task(run(bus, bus.directory / 'run', '--port=0',
                                                '--idle-timeout=0.5')) for _ in range(2)]
                results = [await task for task in both]
                self.assertEqual(sorted(status for status, _, _ in results), [0, NAME_TAKEN],
                                 results)

    async def test_not_wanted(self):
        async with PrivateBus() as bus, Service('--bus=none', bus=bus) as service:
            self.assertFalse(await bus.has_owner())
            self.assertEqual(service.log, [])


class NoBus(TestCase):
    async def test_at_all(self):
        async with Service() as service:
            await service.wait_log('No session bus')
            self.assertEqual((await service.get('/health')).status, 200)
            self.assertEqual(len(service.log), 1)

    async def test_that_can_be_reached(self):
        async with Service(env={'DBUS_SESSION_BUS_ADDRESS': 'unix:path=/nonexistent'}) as service:
            await service.wait_log('No session bus')
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_that_answers(self):
        """One that takes connections and then says nothing is as good as none."""
        async with PrivateBus() as bus:
            path = bus.directory / 'silent'
            with socket.socket(socket.AF_UNIX) as silent:
                silent.bind(str(path))
                silent.listen()
                env = {'DBUS_SESSION_BUS_ADDRESS': f'unix:path={path}'}
                async with Service(env=env) as service:
                    await service.wait_log('did not answer')
                    self.assertEqual((await service.get('/health')).status, 200)

    async def test_that_says_hello(self):
        """GIO waits for ever for one that lets us in and does not answer then."""
        async with PrivateBus(allows_answers=False) as bus, Service(bus=bus) as service:
            await service.wait_log('did not answer')
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_to_be_activated_by(self):
        async with PrivateBus() as bus:
            await bus.end()
            status, out, err = await run(bus, bus.directory, '--dbus-activated', '--port=0')
            self.assertEqual((status, out), (1, ''))
            self.assertIn('session bus', err)

    async def test_any_more(self):
        async with PrivateBus() as bus, Service(bus=bus) as service:
            client = await service.connect(generator='pattern')
            await client.send('start')
            await client.frame()
            await bus.end()
            await service.wait_log('has gone')
            await client.steps(20)
            await client.close()

    async def test_any_more_for_who_was_activated(self):
        async with PrivateBus() as bus, Service('--dbus-activated', bus=bus) as service:
            client = await service.connect(generator='pattern')
            service.expected_end = 0
            await bus.end()
            self.assertEqual((await client.wait_closed())[0], 1001)
            await within(service.process.wait(), 'the exit', 5 * FACTOR)


class IdleExit(TestCase):
    async def test_is_for_the_activated(self):
        """Started by hand it stays, whatever the setting says."""
        async with PrivateBus() as bus, Service(bus=bus) as service:
            await service.wait_idle()
            self.assertTrue(await bus.has_owner())

    async def test_without_a_bus(self):
        async with Service('--bus=none', '--idle-timeout=0.1') as service:
            service.expected_end = 0
            await within(service.process.wait(), 'the exit')

    async def test_waits_for_connections(self):
        async with PrivateBus() as bus, \
                Service('--idle-timeout=0.2', bus=bus) as service:
            client = await service.connect(generator='pattern')
            await asyncio.sleep(0.6)
            self.assertTrue(await bus.has_owner())
            service.expected_end = 0
            await client.close()
            await within(service.process.wait(), 'the exit')

    async def test_waits_for_calls(self):
        async with PrivateBus() as bus, \
                Service(f'--idle-timeout={0.5 * FACTOR}', bus=bus) as service:
            loop = asyncio.get_running_loop()
            end = loop.time() + 1.5 * FACTOR
            while loop.time() < end:
                await bus.get('Version')
                await asyncio.sleep(0.05)
            self.assertIsNone(service.process.returncode)
            service.expected_end = 0
            await within(service.process.wait(), 'the exit')

    async def test_after_activation(self):
        async with PrivateBus(activates=['--idle-timeout=0.2']) as bus:
            self.assertFalse(await bus.has_owner())
            self.assertTrue((await bus.get('Address')).startswith('http://127.0.0.1:'))

            async def is_gone():
                return not await bus.has_owner()

            await wait_for(is_gone, 'the end of an activated service')

    async def test_no_caller_sees_it(self):
        """Calls at the moment of the exit are answered, by this instance or by the next."""
        generator = random.Random(1)
        async with PrivateBus(activates=['--idle-timeout=0.02']) as bus:
            for _ in range(30 if SANITIZED else 150):
                await asyncio.sleep(generator.uniform(0.016, 0.03))
                try:
                    self.assertEqual(await bus.get('Version'), '0.1.0')
                except GLib.Error as error:
                    self.fail(f'{error.message}; the log: {bus.read_log()[-2000:]}')


class Idleness(TestCase):
    async def test_nothing_wakes_up(self):
        """No thread of a service that nobody needs runs, unless something comes."""
        async with PrivateBus() as bus, Service(bus=bus) as service:
            tasks = pathlib.Path(f'/proc/{service.pid}/task')

            # GLib lets a thread of its pool go after 15 s; by then it has woken twice.
            def count_switches():
                names = {task: (task / 'comm').read_text().strip() for task in tasks.iterdir()}
                return {f'{task.name} {name}': re.findall(r'ctxt_switches:\s+(\d+)',
                                                          (task / 'status').read_text())
                        for task, name in names.items() if not name.startswith('pool-')}

            await service.wait_idle()
            before = count_switches()
            await asyncio.sleep(3)
            self.assertEqual(count_switches(), before)


class NotifySocket:
    """What a service manager listens to."""

    def __init__(self, directory):
        self.path = directory / 'notify'
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.messages = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read(self):
        while True:
            try:
                self.messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.messages

    async def wait(self, message):
        await wait_for(lambda: message in self.read(), f'{message} in {self.messages}')


@unittest.skipUnless(os.environ.get('STEPCAST_SYSTEMD', '1') == '1', 'built without libsystemd')
class ServiceManager(TestCase):
    async def test_is_told(self):
        async with PrivateBus() as bus:
            with NotifySocket(bus.directory) as manager:
                env = {'NOTIFY_SOCKET': str(manager.path), 'WATCHDOG_USEC': '100000'}
                async with Service(bus=bus, env=env) as service:
                    await manager.wait('READY=1')
                    await manager.wait('STATUS=No session')
                    await wait_for(lambda: manager.read().count('WATCHDOG=1') > 3, 'the watchdog')
                    client = await service.connect(generator='pattern')
                    await client.send('start')
                    await client.frame()
                    await manager.wait('STATUS=1 session, 1 running')
                    await client.close()
                    self.assertNotIn('STOPPING=1', manager.read())
                await manager.wait('STOPPING=1')
                states = [m for m in manager.messages if m.startswith('STATUS=')]
                self.assertLess(len(states), 8)

    async def test_programs_hear_nothing_of_it(self):
        async with PrivateBus() as bus:
            with NotifySocket(bus.directory) as manager:
                env = {'NOTIFY_SOCKET': str(manager.path), 'WATCHDOG_USEC': '60000000',
                       'DBUS_STARTER_BUS_TYPE': 'session'}
                script = ('import os; print("<svg xmlns=\'http://www.w3.org/2000/svg\'><text>" + '
                          '" ".join(sorted(os.environ)) + "</text></svg>", flush=True)')
                async with Service(env=env, program=[PYTHON, '-c', script]) as service:
                    async with await service.connect() as client:
                        await client.send('start')
                        frame = await client.frame()
                    for name in ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'DBUS_STARTER_BUS_TYPE'):
                        self.assertNotIn(name, frame)
                    self.assertIn('HOME', frame)

    @unittest.skipUnless(shutil.which('systemd-socket-activate'), 'no systemd-socket-activate')
    async def test_listens_for_it(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        activate = [shutil.which('systemd-socket-activate'), '-l', f'127.0.0.1:{port}']
        service = Service('--port=1', wrapper=activate, chooses_port=False,
                          complaints=['Listening', 'Communication', 'Execing'])

        async def knock():
            async def is_answered():
                try:
                    _, writer = await asyncio.open_connection('127.0.0.1', port)
                    writer.close()
                    return True
                except OSError:
                    return False

            await wait_for(is_answered, 'the socket of the service manager')

        knocking = asyncio.create_task(knock())
        async with service:
            await knocking
            self.assertEqual(service.port, port)
            await service.wait_log('--port are not used')
            self.assertEqual((await service.get('/health')).status, 200)

    @unittest.skipUnless(shutil.which('systemd-socket-activate'), 'no systemd-socket-activate')
    async def test_hands_over_what_is_of_no_use(self):
        async with PrivateBus() as bus:
            path = bus.directory / 'web'
            process = await asyncio.create_subprocess_exec(
                'systemd-socket-activate', '-l', str(path), STEPCASTD, '--bus=none',
                stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)

            def is_knocked():
                try:
                    with socket.socket(socket.AF_UNIX) as client:
                        client.connect(str(path))
                    return True
                except OSError:
                    return False

            await wait_for(is_knocked, 'the socket of the service manager')
            _, err = await within(process.communicate(), 'the exit')
            self.assertEqual(process.returncode, 1)
            self.assertIn('ListenStream=', err.decode())


@unittest.skipUnless(pathlib.Path(SCHEMAS, 'gschemas.compiled').exists(), 'no compiled schema')
class Settings(TestCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bus = await self.enterAsyncContextCompat(PrivateBus())
        self.config = self.bus.directory / 'config'
        self.path = self.config / 'glib-2.0' / 'settings' / 'keyfile'
        self.path.parent.mkdir(parents=True)
        self.env = {'GSETTINGS_BACKEND': 'keyfile', 'GSETTINGS_SCHEMA_DIR': SCHEMAS,
                    'XDG_CONFIG_HOME': str(self.config)}

    async def enterAsyncContextCompat(self, context):
        value = await context.__aenter__()
        self.addAsyncCleanup(context.__aexit__, None, None, None)
        return value

    def store(self, **values):
        """As an editor would: whole, and in the place of the old one."""
        lines = ['[org/stepcast/Stepcast1]']
        lines += [f'{key.replace("_", "-")}={value}' for key, value in values.items()]
        temporary = self.path.with_suffix('.new')
        temporary.write_text('\n'.join(lines) + '\n')
        temporary.rename(self.path)

    async def test_port(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        self.store(port=port)
        async with Service(env=self.env, chooses_port=False) as service:
            self.assertEqual(service.port, port)
        async with Service(env=self.env) as service:  # --port 0
            self.assertNotEqual(service.port, port)

    async def test_default_generator(self):
        self.store(default_generator="'pattern'")
        async with Service(env=self.env) as service:
            async with await service.connect():
                self.assertEqual((await service.session())['generator'], 'pattern')
        async with Service('--default-generator=attractor', env=self.env) as service:
            async with await service.connect():
                self.assertEqual((await service.session())['generator'], 'attractor')

    async def test_compress(self):
        offer = [('Sec-WebSocket-Extensions', 'permessage-deflate')]

        async def is_compressed(service):
            async with await service.connect_raw('/ws?generator=pattern',
                                                 headers=offer) as client:
                return bool(client.response.get('Sec-WebSocket-Extensions'))

        self.store(compress="'always'")
        async with Service(env=self.env) as service:
            self.assertTrue(await is_compressed(service))
            self.store(compress="'never'")

            async def is_not():
                return not await is_compressed(service)

            await wait_for(is_not, 'no compression')
        self.store(compress="'always'")
        async with Service('--compress=never', env=self.env) as service:
            self.assertFalse(await is_compressed(service))
            self.store(compress="'auto'")
            await service.wait_log('“compress” has changed, but the command line')

    async def test_nonsense_is_told(self):
        self.store(default_generator="'nonsense'", address="'nonsense'")
        async with Service(env=self.env) as service:
            await service.wait_log('default-generator.*nonsense')
            await service.wait_log('address.*nonsense')

    async def test_live_changes(self):
        self.store(max_sessions=1)
        async with Service(env=self.env) as service:
            first = await service.connect(generator='pattern')
            refused = await service.connect(generator='pattern')
            self.assertEqual((await refused.told('error'))['code'], 'limit-exceeded')
            self.store(max_sessions=2, default_generator="'pattern'", stop_deadline=7)

            async def is_applied():
                async with await service.connect_v1('/ws') as client:
                    hello = await client.message()
                    return (hello['type'] == 'hello' and
                            hello['limits']['stop-seconds'] == 7 and
                            hello['generator'] == 'pattern')

            await wait_for(is_applied, 'what was changed')
            await first.close()

    async def test_changes_for_the_next_start(self):
        async with Service(env=self.env) as service:
            self.store(workers=3, port=1234)
            await service.wait_log('“workers” has changed: it takes effect')
            await service.wait_log('“port” has changed, but the command line')

    async def test_without_a_schema(self):
        async with Service(env={**self.env, 'GSETTINGS_SCHEMA_DIR': str(self.config),
                                'XDG_DATA_DIRS': str(self.config)}) as service:
            self.assertEqual((await service.get('/health')).status, 200)


if __name__ == '__main__':
    main()
