#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The service as a process: its options, its end, and its limits."""

import asyncio
import os
import resource
import signal
import socket
import tempfile
import unittest

from stepcast import (FACTOR, PROGRAMS, PYTHON, STEPCASTD, Service, TestCase, main, wait_for,
                      within)


async def run(*arguments, env=None):
    """Runs stepcastd to its end: (status, stdout, stderr)."""
    with tempfile.TemporaryDirectory(prefix='stepcast-test-') as directory:
        process = await asyncio.create_subprocess_exec(
            STEPCASTD, *arguments, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, 'HOME': directory, 'XDG_RUNTIME_DIR': directory,
                 'DBUS_SESSION_BUS_ADDRESS': f'unix:path={directory}/no-bus',
                 'LC_ALL': 'C.UTF-8', **(env or {})})
        try:
            out, err = await within(process.communicate(), f'the end of stepcastd {arguments}')
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode, out.decode(), err.decode()


class End(TestCase):
    async def end_under_load(self, number):
        async with Service() as service:
            clients = [await service.connect(generator='attractor') for _ in range(10)]
            clients += [await service.connect(generator='pattern', bytes=100_000)
                        for _ in range(9)]
            for client in clients:
                await client.send('start')
            stalled = await service.connect_raw('/ws?generator=pattern&bytes=1000000',
                                                receive_bytes=16384)
            await stalled.send_text('start')
            for client in clients:
                await client.frame()
            service.expected_end = 0
            ends = [asyncio.ensure_future(client.wait_closed()) for client in clients]
            service.process.send_signal(number)
            self.assertEqual(await within(service.process.wait(), 'the exit', 5 * FACTOR), 0)
            for end in ends:
                self.assertEqual((await end)[0], 1001)
            stalled.socket.close()

    async def test_by_sigterm_under_load(self):
        await self.end_under_load(signal.SIGTERM)

    async def test_by_sigint_under_load(self):
        await self.end_under_load(signal.SIGINT)

    async def test_of_those_who_only_watch(self):
        async with Service() as service:
            owner = await service.connect(generator='pattern')
            viewer = await service.connect_v1('/sessions/pattern_1/ws')
            service.expected_end = 0
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual((await owner.wait_closed())[0], 1001)
            self.assertEqual((await viewer.wait_closed())[0], 1001)

    async def test_twice_is_no_harm(self):
        async with Service() as service:
            client = await service.connect(generator='attractor')
            await client.send('start')
            await client.frame()
            service.expected_end = 0
            service.process.send_signal(signal.SIGTERM)
            service.process.send_signal(signal.SIGTERM)
            await within(service.process.wait(), 'the exit', 5 * FACTOR)

    async def test_by_sighup_of_a_terminal_that_closes(self):
        async with Service() as service:
            service.process.send_signal(signal.SIGHUP)
            status = await within(service.process.wait(), 'the exit', 5 * FACTOR)
            self.assertIn(status, (0, -signal.SIGHUP))
            service.expected_end = status

    async def test_sigpipe_is_none_of_its_worries(self):
        async with Service() as service:
            os.kill(service.pid, signal.SIGPIPE)
            self.assertEqual((await service.get('/health')).status, 200)


class Options(TestCase):
    async def test_version(self):
        status, out, err = await run('--version')
        self.assertEqual((status, err), (0, ''))
        self.assertRegex(out, r'^(stepcastd?|Stepcast)\b.* \d+\.\d+')

    async def test_help(self):
        status, out, err = await run('--help')
        self.assertEqual((status, err), (0, ''))
        for option in ('--port', '--auth', '--address', '--workers', '--version'):
            self.assertIn(option, out)
        self.assertIn('PROGRAM', out)

    async def refused(self, *arguments, parts=()):
        with self.subTest(arguments=arguments):
            status, out, err = await run(*arguments)
            self.assertIn(status, (1, 2), err)
            self.assertEqual(out, '')
            self.assertTrue(err.strip())
            self.assertNotRegex(err, 'CRITICAL|WARNING|Sanitizer|runtime error')
            self.assertLess(len(err.splitlines()), 10)
            for part in parts:
                self.assertIn(part, err)

    async def test_bad_ones(self):
        await self.refused('--nonsense', parts=['--nonsense'])
        await self.refused('--port', parts=['port'])
        for port in ('x', '-1', '65536', '99999999999999', '80x', ''):
            await self.refused('--port', port, parts=['port'])
        await self.refused('--auth=some', '--port=0', parts=['some'])
        for workers in ('-1', 'x', '100000'):
            await self.refused('--workers', workers, '--port=0', parts=['workers'])
        await self.refused('--address', 'not-an-address', '--port=0', parts=['not-an-address'])

    async def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            port = taken.getsockname()[1]
            await self.refused('--port', str(port), '--auth=none', parts=[str(port)])

    async def test_a_chosen_port(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        async with Service('--port', str(port)) as service:
            self.assertEqual(service.port, port)

    async def test_a_port_can_be_taken_again_at_once(self):
        async with Service() as service:
            async with await service.connect(generator='pattern') as client:
                await client.send('step')
                await client.until_told('paused')
            port = service.port
        async with Service('--port', str(port)) as service:
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_without_a_runtime_directory(self):
        async with Service(env={'XDG_RUNTIME_DIR': ''}, auth='none') as service:
            self.assertEqual((await service.get('/health')).status, 200)


class Limits(TestCase):
    async def test_it_survives_that_files_run_out(self):
        """One EMFILE ends libsoup's own listener for good."""
        async with Service(files=64, complaints=[r'(?i)too many|descriptor|files']) as service:
            connections = []
            for _ in range(200):
                try:
                    connection = socket.socket()
                    connection.setblocking(False)
                    connection.connect_ex(('127.0.0.1', service.port))
                    connections.append(connection)
                except OSError:
                    break
            self.assertEqual(len(connections), 200)
            # It has taken as many as it wants.
            await service.wait_idle()
            self.assertLessEqual(service.count_files(), 64)
            for connection in connections:
                connection.close()

            async def is_served():
                try:
                    return (await service.get('/health')).status == 200
                except (OSError, asyncio.IncompleteReadError):
                    return False

            await wait_for(is_served, 'an answer after the flood')
            async with await service.connect(generator='pattern', steps=5) as client:
                await client.send('start')
                frames, _ = await client.until_told('finished')
                self.assertEqual(len(frames), 5)

    @unittest.skipIf(resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 4096, 'few files')
    async def test_more_sessions_than_there_may_be(self):
        async with Service('--max-viewers=1100') as service:
            path = '/ws?generator=pattern&bytes=300'
            clients = [await service.connect_raw(path) for _ in range(1024)]
            await service.wait_sessions(1024)
            async with await service.connect_raw(path) as surplus:
                self.assertIn('limit-exceeded', await surplus.text())
                self.assertEqual(await surplus.close_code(), 1008)
            clients.pop().reset()
            await service.wait_sessions(1023)
            clients.append(await service.connect_raw(path))
            await clients[-1].send_text('step')
            self.assertEqual(await clients[-1].step(), 1)
            for client in clients:
                client.reset()
            await service.wait_sessions(0)

    async def test_waiting_for_a_free_file_uses_no_processor(self):
        async with Service(files=64, complaints=[r'(?i)too many|descriptor|files']) as service:
            connections = []
            for _ in range(200):
                connection = socket.socket()
                connection.setblocking(False)
                connection.connect_ex(('127.0.0.1', service.port))
                connections.append(connection)
            await service.wait_idle()
            self.assertLess(len(service.log), 1000)
            for connection in connections:
                connection.close()

    async def test_a_program_can_not_be_started_when_files_run_out(self):
        async with Service(files=64, program=[PYTHON, PROGRAMS / 'frames.py'],
                           complaints=[r'(?i)too many|descriptor|files']) as service:
            clients = []
            try:
                for _ in range(40):
                    client = await service.connect()
                    clients.append(client)
                    await client.send('start')
                    message = await client.receive()
                    if message.startswith('{'):
                        self.assertIn('"failed"', message)
                        break
            except (OSError, AssertionError, EOFError) as error:
                self.assertIn('handshake', str(error))
            for client in clients:
                await client.close()
            await service.wait_sessions(0)
            async with await service.connect() as client:
                await client.send('start')
                self.assertEqual(await client.step(), 1)


if __name__ == '__main__':
    main()
