#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Many clients, slow ones, ones that vanish, and who watches somebody else's session."""

import asyncio
import contextlib
import json
import socket

from stepcast import SANITIZED, RawClient, Service, TestCase, is_frame, main, step_of, wait_for

MIB = 1024 * 1024


class Many(TestCase):
    async def test_64_clients_all_get_frames_and_all_stop(self):
        """FastAPI: clients after the pool's last get nothing, and no error."""
        async with Service() as service:
            clients = await asyncio.gather(*[service.connect(generator='attractor', points=100)
                                             for _ in range(64)])
            await service.wait_sessions(64)

            async def watch(client):
                await client.send('start')
                return [await client.frame() for _ in range(5)]

            got = await asyncio.gather(*map(watch, clients))
            self.assertTrue(all(len(set(frames)) == 5 for frames in got))
            # Others are served meanwhile.
            self.assertEqual((await service.get('/health')).status, 200)

            stops = await asyncio.gather(*[client.stop() for client in clients])
            self.assertTrue(all(stopped['step'] >= 5 for _, stopped in stops))
            await asyncio.gather(*[client.assert_silent() for client in clients])
            await service.wait_idle()
            await asyncio.gather(*[client.close() for client in clients])
            await service.wait_sessions(0)

    async def test_64_clients_of_patterns_miss_nothing(self):
        async with Service() as service:
            clients = await asyncio.gather(
                *[service.connect(generator='pattern', bytes=1000, steps=100) for _ in range(64)])

            async def watch(client):
                await client.send('start')
                frames, finished = await client.until_told('finished')
                self.assertEqual([step_of(frame) for frame in frames], list(range(1, 101)))
                self.assertEqual(finished, {'step': 100})

            await asyncio.gather(*map(watch, clients))
            await asyncio.gather(*[client.close() for client in clients])

    async def test_a_burst_of_connects(self):
        async with Service() as service:
            clients = await asyncio.gather(*[service.connect(generator='pattern')
                                             for _ in range(200)])
            await service.wait_sessions(200)
            await asyncio.gather(*[client.close() for client in clients])
            await service.wait_sessions(0)


class Vanish(TestCase):
    """FastAPI: every disconnect raises. Here the session ends, and the log stays clean."""

    async def vanish(self, how, **query):
        async with Service() as service:
            path = service.path_of('/ws', **query)
            files = service.count_files()
            clients = [await service.connect_raw(path, receive_bytes=65536) for _ in range(8)]
            for client in clients:
                await client.send_text('start')
            for client in clients:
                await client.text()
            await service.wait_sessions(8)
            for client in clients:
                how(client)
            await service.wait_sessions(0)
            await service.wait_idle()
            for client in clients:
                client.socket.close()
            await wait_for(lambda: service.count_files() <= files + 1, 'closed sockets')

    async def test_by_reset_under_load(self):
        await self.vanish(RawClient.reset, generator='pattern', bytes=100_000)
        await self.vanish(RawClient.reset, generator='attractor')

    async def test_by_fin_under_load(self):
        await self.vanish(RawClient.half_close, generator='pattern', bytes=300)
        await self.vanish(RawClient.half_close, generator='attractor')

    async def test_by_fin_while_it_waits_to_be_read(self):
        """Its output is blocked: that it has gone must be seen nevertheless."""
        async with Service() as service:
            client = await service.connect_raw('/ws?generator=pattern&bytes=100000',
                                               receive_bytes=65536)
            await client.send_text('start')
            await client.text()
            await service.wait_held()
            client.half_close()
            await service.wait_sessions(0)
            client.socket.close()

    async def test_while_idle_and_while_paused(self):
        async with Service() as service:
            idle = await service.connect_raw('/ws?generator=pattern')
            paused = await service.connect_raw('/ws?generator=pattern')
            await paused.send_text('step')
            await paused.text()
            await paused.text()
            await service.wait_sessions(2)
            idle.reset()
            paused.reset()
            await service.wait_sessions(0)

    async def test_again_and_again_leaks_nothing(self):
        async with Service() as service:
            async def once(how):
                client = await service.connect_raw('/ws?generator=pattern&bytes=20000')
                await client.send_text('start')
                await client.text()
                how(client)
                client.socket.close()

            for _ in range(20):
                await once(RawClient.reset)
            await service.wait_sessions(0)
            files, threads, memory = service.count_files(), service.count_threads(), service.rss()
            for _ in range(50):
                await asyncio.gather(once(RawClient.reset), once(RawClient.half_close))
            await service.wait_sessions(0)
            await wait_for(lambda: service.count_files() <= files, 'closed sockets')
            self.assertLessEqual(service.count_threads(), threads + 2)
            if not SANITIZED:
                self.assertLess(service.rss() - memory, 4 * MIB)

    async def test_before_the_handshake_is_answered(self):
        async with Service() as service:
            for _ in range(50):
                client = RawClient(service)
                request = b'GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n' \
                          b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' \
                          b'Sec-WebSocket-Extensions: permessage-deflate\r\n' \
                          b'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n' % service.port
                loop = asyncio.get_running_loop()
                client.socket = socket.socket()
                client.socket.setblocking(False)
                await loop.sock_connect(client.socket, ('127.0.0.1', service.port))
                await client.send(request)
                client.reset()
            await service.wait_sessions(0)
            async with await service.connect(generator='pattern', steps=3) as client:
                await client.send('start')
                await client.until_told('finished')


class Stalled(TestCase):
    async def test_gets_every_step_from_where_it_was(self):
        """FastAPI: a stream dies silently when its reader pauses once."""
        async with Service() as service:
            for size in (300, 100_000):
                path = f'/ws?generator=pattern&bytes={size}'
                async with await service.connect_raw(path, receive_bytes=65536) as stalled:
                    await stalled.send_text('start')
                    steps = [await stalled.step()]
                    name = (await service.session())['name']
                    held = await service.wait_held(name)
                    self.assertEqual(held['state'], 'running')
                    # Others go on: they are not held by it.
                    async with await service.connect(generator='pattern', bytes=10000) as other:
                        await other.send('start')
                        self.assert_consecutive(await other.steps(500), 1)
                        await other.stop()
                    self.assertEqual((await service.session(name))['step'], held['step'])
                    while steps[-1] < held['step'] + 50:
                        steps.append(await stalled.step())
                    self.assert_consecutive(steps, 1)

    async def test_costs_a_bounded_memory(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=100_000) as other:
                await other.send('start')
                await other.steps(200)
                before = service.rss()
                path = '/ws?generator=pattern&bytes=100000'
                stalled = [await service.connect_raw(path, receive_bytes=65536) for _ in range(8)]
                for client in stalled:
                    await client.send_text('start')
                for _ in range(5):
                    await other.steps(100)
                if not SANITIZED:
                    self.assertLess(service.rss() - before, 8 * 8 * 100_000)
                sessions = [await service.session(f'pattern_{i}') for i in range(2, 10)]
                # What the kernel and the window hold, and no more.
                for session in sessions:
                    self.assertLess(session['step'], 100)
                for client in stalled:
                    client.reset()
                await other.stop()

    async def test_in_bursts(self):
        async with Service() as service:
            path = '/ws?generator=pattern&bytes=20000'
            async with await service.connect_raw(path, receive_bytes=65536) as client:
                await client.send_text('start')
                steps = []
                for burst in (1, 10, 100, 3, 300):
                    steps += [await client.step() for _ in range(burst)]
                    await service.wait_held()
                await client.send_text('stop')
                while is_frame(text := await client.text()):
                    steps.append(step_of(text))
                self.assert_consecutive(steps, 1)
                self.assertIn('stopped', json.loads(text))

    async def test_can_be_stopped(self):
        """Its answer comes though frames wait to be written; they are dropped."""
        async with Service() as service:
            path = '/ws?generator=pattern&bytes=100000'
            async with await service.connect_raw(path, receive_bytes=65536) as client:
                await client.send_text('start')
                steps = [await client.step()]
                held = await service.wait_held()
                await client.send_text('stop')
                await service.wait_state('stopped')
                while is_frame(text := await client.text()):
                    steps.append(step_of(text))
                self.assert_consecutive(steps, 1)
                self.assertLessEqual(steps[-1], held['step'])
                self.assertGreaterEqual(json.loads(text)['stopped']['step'], steps[-1])
                await client.send_text('start')
                self.assertEqual(await client.step(), 1)

    async def test_is_told_of_the_end_after_its_frames(self):
        async with Service() as service:
            path = '/ws?generator=pattern&bytes=100000&steps=60'
            async with await service.connect_raw(path, receive_bytes=65536) as client:
                await client.send_text('start')
                await service.wait_held()
                steps = []
                while is_frame(text := await client.text()):
                    steps.append(step_of(text))
                self.assertEqual(steps, list(range(1, 61)))
                self.assertEqual(json.loads(text), {'finished': {'step': 60}})


class Large(TestCase):
    async def test_frames_of_5_mb(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=5_000_000,
                                             steps=12) as client:
                await client.send('start')
                frames, finished = await client.until_told('finished')
                self.assertEqual([(step_of(frame), len(frame)) for frame in frames],
                                 [(step, 5_000_000) for step in range(1, 13)])
                self.assertEqual(finished, {'step': 12})

    async def test_frames_of_5_mb_that_are_not_read(self):
        # Checking a frame takes memory of its own, which the heap keeps.
        async with Service('--validate=off') as service:
            before = service.rss()
            client = await service.connect_raw('/ws?generator=pattern&bytes=5000000')
            await client.send_text('start')
            await service.wait_held()
            if not SANITIZED:
                self.assertLess(service.rss() - before, 5 * 5 * MIB)
            self.assertLess((await service.session())['step'], 6)
            # It can be asked for, and stopped, meanwhile.
            self.assertEqual((await service.get('/health')).status, 200)
            client.reset()
            await service.wait_sessions(0)


class Joined(TestCase):
    async def test_two_viewers_see_the_latest(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner:
                await owner.send('start')
                await owner.steps(10)
                name = (await service.session())['name']

                async def follow(viewer):
                    steps = [await viewer.step() for _ in range(20)]
                    self.assertEqual(steps, sorted(set(steps)))
                    return steps

                async with await service.connect(f'/sessions/{name}/ws') as first, \
                           await service.connect(f'/sessions/{name}/ws') as second:
                    await wait_for(lambda: self.has_viewers(service, 3), 'three viewers')
                    async with self.reading(owner):
                        await asyncio.gather(follow(first), follow(second))
                await wait_for(lambda: self.has_viewers(service, 1), 'one viewer')

    @staticmethod
    async def has_viewers(service, count):
        return (await service.session())['viewers'] == count

    @staticmethod
    @contextlib.asynccontextmanager
    async def reading(client):
        """Meanwhile the client reads, so that it does not hold its session."""
        task = asyncio.create_task(client.drain())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def test_a_joiner_gets_the_present_frame_at_once(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner:
                await owner.send('step 7')
                await owner.until_told('paused')
                async with await service.connect('/sessions/pattern_1/ws') as viewer:
                    self.assertEqual(await viewer.step(), 7)

    async def test_a_joiner_who_may_control_does(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner, \
                       await service.connect('/sessions/pattern_1/ws') as viewer:
                await viewer.send('step 3')
                frames, paused = await owner.until_told('paused')
                self.assertEqual([step_of(frame) for frame in frames], [1, 2, 3])
                frames, paused = await viewer.until_told('paused')
                self.assertEqual(paused, {'step': 3})
                # Whoever sees the latest sees where it came to rest.
                await viewer.send('stop')
                await viewer.until_told('stopped')
                self.assertEqual((await service.session())['state'], 'stopped')

    async def test_ends_with_the_session(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner:
                viewer = await service.connect('/sessions/pattern_1/ws')
                await owner.send('start')
                await owner.frame()
                await owner.close()
                self.assertEqual((await viewer.wait_closed())[0], 1000)
            await service.wait_sessions(0)

    async def test_that_never_reads_holds_nobody(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=100_000) as owner:
                await owner.send('start')
                await owner.steps(50)
                before = service.rss()
                stalled = [await service.connect_raw('/sessions/pattern_1/ws', receive_bytes=65536)
                           for _ in range(8)]
                steps = await owner.steps(500)
                self.assert_consecutive(steps)
                if not SANITIZED:
                    self.assertLess(service.rss() - before, 4 * MIB)
                # Reading on it gets what was under way, and then the present.
                seen = [await stalled[0].step() for _ in range(3)]
                await owner.stop()
                self.assertEqual(seen, sorted(set(seen)))
                for client in stalled:
                    client.reset()

    async def test_a_vanished_viewer_leaves_the_session(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner:
                await owner.send('start')
                await owner.step()
                viewer = await service.connect_raw('/sessions/pattern_1/ws')
                await viewer.text()
                viewer.reset()
                await wait_for(lambda: self.has_viewers(service, 1), 'one viewer')
                await owner.steps(50)
                await owner.stop()

    async def test_of_no_session(self):
        async with Service() as service:
            async with await service.connect('/sessions/nope/ws') as client:
                error = await client.told('error')
                self.assertEqual(error['code'], 'unknown-session')
                self.assertIn('nope', error['message'])
                self.assertEqual((await client.wait_closed())[0], 1008)


class Roles(TestCase):
    async def test_who_only_looks_can_not_steer(self):
        async with Service(auth=None) as service:
            view = service.view_token()
            async with await service.connect(generator='pattern', bytes=300) as owner, \
                       await service.connect('/sessions/pattern_1/ws', token=view) as viewer:
                for command in ('start', 'status', 'stop', 'pause', 'resume', 'step', 'step 5',
                                'set bytes=400'):
                    await viewer.refused(command, 'permission-denied')
                self.assertEqual((await service.session())['state'], 'idle')
                await owner.send('step 5')
                await owner.until_told('paused')
                await viewer.until_told('paused')
                for command in ('start', 'stop', 'resume', 'set bytes=400'):
                    await viewer.refused(command, 'permission-denied')
                self.assertEqual((await service.session())['state'], 'paused')

    async def test_who_only_looks_can_not_have_every_frame(self):
        async with Service(auth=None) as service:
            view = service.view_token()
            async with await service.connect(generator='pattern', bytes=300):
                async with await service.connect_v1('/sessions/pattern_1/ws', token=view) as viewer:
                    hello = await viewer.next('hello')
                    self.assertEqual((hello['role'], hello['delivery']), ('view', 'latest'))
                    await viewer.refused('options', 'permission-denied', delivery='every')
                    await viewer.answered('options', delivery='latest')
                    for kind, members in (('start', {}), ('stop', {}), ('pause', {}),
                                          ('resume', {}), ('step', {'steps': 1}),
                                          ('set', {'values': {'bytes': 400}})):
                        await viewer.refused(kind, 'permission-denied', **members)

    async def test_who_only_looks_can_start_nothing_of_his_own(self):
        async with Service(auth=None) as service:
            async with await service.connect(token=service.view_token(),
                                             generator='pattern') as client:
                error = await client.told('error')
                self.assertEqual(error['code'], 'permission-denied')
                self.assertEqual((await client.wait_closed())[0], 1008)
            await service.wait_sessions(0)


if __name__ == '__main__':
    main()
