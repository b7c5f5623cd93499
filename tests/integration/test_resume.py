#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Who loses the connection and comes back, and what becomes of a session that nobody watches."""

import asyncio
import signal
import struct

from stepcast import CLOSE, FACTOR, RawV1Client, Service, TestCase, main, wait_for

# Long enough for a loaded machine: tests that pass never wait so long.
LONG = 1000

# What tests wait for the end of.
SHORT = 0.2

# A window of frames of this size is about nine of them.
BYTES = 20000


class ResumeCase(TestCase):
    async def open(self, service, *, size=BYTES, grace=LONG, **query):
        """A session of one's own: the client and its hello."""
        client = await service.connect_raw_v1(generator='pattern', bytes=size, grace=grace, **query)
        return client, await client.next('hello')

    async def come_back(self, service, hello, path='/ws', **query):
        """The client, its hello, which has to be of the same viewer, and how many are missed."""
        client = await service.connect_raw_v1(path, resume=hello['resume'], **query)
        again = await client.message()
        self.assertEqual(again['type'], 'hello')
        self.assertIsNotNone(again['resumed'], again)
        self.assertEqual((again['viewer'], again['session'], again['delivery'], again['role']),
                         (hello['viewer'], hello['session'], hello['delivery'], hello['role']))
        return client, again, again['resumed']['missed']

    async def assert_new(self, service, path='/ws', **query):
        client = await service.connect_raw_v1(path, **query)
        hello = await client.next('hello')
        self.assertIsNone(hello['resumed'])
        self.assertTrue(hello['resume'])
        return client, hello


class Every(ResumeCase):
    async def test_at_each_point_of_the_window(self):
        """It has got @delivered frames since the last time, and acknowledged @shown of them."""
        async with Service() as service:
            client, hello = await self.open(service)
            await client.ack(0)
            await client.answered('start')
            # What came before an answer is kept by nobody: this one asks for nothing more.
            client.reset()
            client, _, missed = await self.come_back(service, hello)
            self.assertEqual(missed, 0)
            base = 0
            for delivered in range(1, 8):
                for shown in range(delivered + 1):
                    serials = await client.serials(delivered)
                    self.assert_consecutive(serials, base + 1)
                    base += shown
                    await client.ack(base)
                    # That the ack has come is seen by an answer; a reset may outrun it.
                    await client.answered('options', **{'max-fps': 60})
                    await client.leave((None, 1001, 1002, 3000)[(delivered + shown) % 4])
                    client, again, missed = await self.come_back(service, hello)
                    self.assertEqual(missed, 0)
                    self.assertEqual(again['state'], 'running')
            self.assert_consecutive(await client.serials(5), base + 1)
            await client.leave(1000)
            await service.wait_sessions(0)

    async def test_with_acks_and_after(self):
        """What it says it has got goes beyond what it has acknowledged."""
        async with Service() as service:
            client, hello = await self.open(service)
            await client.ack(0)
            await client.answered('step', steps=6)
            await client.serials(6)
            await client.ack(2)
            await client.answered('options', **{'max-fps': 60})
            for after in (2, 3, 4, 5):
                client.reset()
                client, _, missed = await self.come_back(service, hello, after=f'1-{after}')
                self.assertEqual(missed, 0)
                self.assert_consecutive(await client.serials(6 - after), after + 1)
            # All of them: the next is one that is made only now.
            client.reset()
            client, again, missed = await self.come_back(service, hello, after='1-6')
            self.assertEqual((missed, again['state'], again['step']), (0, 'paused', 6))
            await client.answered('step')
            self.assertEqual(await client.serials(1), [7])
            client.reset()

    async def test_without_acks(self):
        """As far back as is kept: small frames are many."""
        async with Service() as service:
            client, hello = await self.open(service, size=300)
            await client.answered('step', steps=20)
            await client.next('frame', condition=lambda m: m['serial'] == 20)
            for after in (0, 7, 19):
                client.reset()
                client, _, missed = await self.come_back(service, hello, after=f'1-{after}')
                self.assertEqual(missed, 0)
                self.assert_consecutive(await client.serials(20 - after), after + 1)
            client.reset()

    async def test_when_they_are_kept_no_more(self):
        """Of long ones the last two are kept, of who acknowledges nothing."""
        async with Service() as service:
            client, hello = await self.open(service, size=200_000)
            await client.answered('step', steps=6)
            await client.next('frame', condition=lambda m: m['serial'] == 6)
            # Until it is known to be written: an answer goes before waiting frames.
            await client.next_state('paused')
            client.reset()
            client, _, missed = await self.come_back(service, hello, after='1-2')
            self.assertEqual(missed, 2)
            self.assertEqual(await client.serials(2), [5, 6])
            client.reset()
            client, _, missed = await self.come_back(service, hello, after='1-5')
            self.assertEqual(missed, 0)
            self.assertEqual(await client.serials(1), [6])
            client.reset()

    async def test_while_frames_stream(self):
        """Whatever was on its way: what comes, and what is said to be missed, has no gap."""
        async with Service() as service:
            for size in (300, 100_000):
                client, hello = await self.open(service, size=size)
                await client.answered('start')
                last = missed = 0
                for again in range(10):
                    frames = await client.frames(20)
                    # The answer to the start came before the first; nothing is read past it.
                    self.assert_consecutive([f['serial'] for f in frames],
                                            frames[0]['serial'])
                    if last:
                        self.assertEqual(frames[0]['serial'], last + 1 + missed)
                    last = frames[-1]['serial']
                    await client.leave((None, 1001)[again % 2])
                    client, _, missed = await self.come_back(service, hello, after=f'1-{last}')
                await client.leave(1000)

    async def test_the_session_is_held_meanwhile(self):
        async with Service() as service:
            client, hello = await self.open(service)
            await client.ack(0)
            await client.answered('start')
            await client.ack(1)
            client.reset()
            held = await service.wait_held()
            self.assertEqual(held['state'], 'running')
            self.assertLess(held['step'], 40)
            self.assertEqual((await service.session())['step'], held['step'])
            client, _, missed = await self.come_back(service, hello)
            self.assertEqual(missed, 0)
            serials = await client.serials(5)
            self.assert_consecutive(serials)
            self.assertLessEqual(serials[0], 2)
            client.reset()

    async def test_a_shared_session_is_not_held_meanwhile(self):
        """Others go on; what it was given is kept, and what it was not is counted."""
        async with Service() as service:
            owner, hello = await self.open(service)
            await owner.answered('options', delivery='latest')
            path = f'/sessions/{hello["session"]}/ws'
            client = await service.connect_raw_v1(path)
            hello = await client.next('hello')
            await client.answered('options', delivery='every')
            await client.ack(0)
            await owner.answered('step', steps=3)
            self.assertEqual(await client.serials(3), [1, 2, 3])
            await client.ack(2)
            await client.answered('options', **{'max-fps': 60})
            client.reset()

            async def has_left():
                return (await service.session(hello['session']))['viewers'] == 1

            await wait_for(has_left, 'one viewer')
            for _ in range(5):
                await owner.answered('step', steps=1)
                await owner.next_state('paused')
            before = (await service.session(hello['session']))['drawn']
            hello['delivery'] = 'every'
            client, _, missed = await self.come_back(service, hello, path)
            after = (await service.session(hello['session']))['drawn']
            # The owner may be shown the last state when it stands still.
            self.assertIn(missed, range(before - 3, after - 3 + 1))
            self.assertEqual(await client.serials(1), [3])
            await owner.answered('step', steps=1)
            serial, = await client.serials(1)
            self.assertGreater(serial, before)
            await client.leave(1000)
            await owner.leave(1000)

    async def test_over_the_end_of_a_run(self):
        """What was not shown of one run comes before the next."""
        async with Service() as service:
            client, hello = await self.open(service, steps=5)
            await client.ack(0)
            await client.answered('start')
            await client.next_state('finished')
            await client.ack(3, run=1)
            await client.answered('options', **{'max-fps': 60})
            client.reset()
            async with await service.connect_v1(f'/sessions/{hello["session"]}/ws') as other:
                await other.answered('start')
                await other.next_state('finished')
            client, again, missed = await self.come_back(service, hello)
            self.assertEqual((missed, again['state'], again['run']), (0, 'finished', 2))
            got = [(f['run'], f['serial']) for f in await client.frames(7)]
            self.assertEqual(got, [(1, 4), (1, 5)] + [(2, i) for i in range(1, 6)])
            client.reset()

    async def test_what_waits_while_the_next_run_begins(self):
        """It is still owed, though nobody waits for it."""
        async with Service() as service:
            client, hello = await self.open(service, size=500_000, steps=2, receive_bytes=65536)
            async with await service.connect_v1(f'/sessions/{hello["session"]}/ws') as other:
                await client.send_json(type='start', id=1)
                await other.next_state('finished')
                await other.answered('start')
                await other.next_state('running')
                client.reset()
                client, again, missed = await self.come_back(service, hello)
                self.assertEqual((missed, again['run']), (0, 2))
                # By their steps: others may be shown the beginning of a run that is held.
                got = [(f['run'], f['step']) for f in await client.frames(4)]
                self.assertEqual(got, [(1, 1), (1, 2), (2, 1), (2, 2)])
            client.reset()

    async def test_a_stop_meanwhile_drops_what_waits(self):
        async with Service() as service:
            client, hello = await self.open(service)
            await client.ack(0)
            await client.answered('start')
            await client.frames(3)
            client.reset()
            await service.wait_held()
            async with await service.connect_v1(f'/sessions/{hello["session"]}/ws') as other:
                await other.answered('stop')
            client, again, _ = await self.come_back(service, hello)
            self.assertEqual(again['state'], 'stopped')
            for _ in range(3):
                before, _ = await client.ask('pause')
                self.assertEqual([m['type'] for m in before if m['type'] == 'frame'], [])
            await client.answered('start')
            self.assertEqual(await client.serials(3), [1, 2, 3])
            client.reset()


class Latest(ResumeCase):
    async def test_goes_on_with_the_latest(self):
        async with Service() as service:
            client, hello = await self.open(service, size=300)
            await client.answered('options', delivery='latest', **{'max-fps': 120})
            await client.answered('start')
            frame = await client.next('frame')
            client.reset()
            # It runs on meanwhile.
            before = (await service.session())['step']

            async def has_gone_on():
                return (await service.session())['step'] > before + 1000

            await wait_for(has_gone_on, 'a thousand steps more')
            step = (await service.session())['step']
            # What it has asked for still holds.
            client = await service.connect_raw_v1(resume=hello['resume'])
            again = await client.next('hello')
            self.assertEqual(again['resumed'], {'missed': 0})
            self.assertEqual((again['viewer'], again['delivery'], again['max-fps']),
                             (hello['viewer'], 'latest', 120))
            # The latest that was drawn is at hand: it may be the one of before.
            frames = await client.frames(3)
            serials = [f['serial'] for f in frames]
            self.assertEqual(serials, sorted(set(serials)))
            self.assertGreaterEqual(serials[0], frame['serial'])
            self.assertGreater(frames[-1]['step'], step)
            await client.leave(1000)
            await service.wait_sessions(0)

    async def test_of_a_session_that_stands_still(self):
        async with Service() as service:
            client, hello = await self.open(service, size=300)
            await client.answered('options', delivery='latest')
            await client.answered('step', steps=9)
            await client.next('frame', condition=lambda m: m['step'] == 9)
            client.reset()
            client = await service.connect_raw_v1(resume=hello['resume'])
            again = await client.next('hello')
            self.assertEqual((again['state'], again['step']), ('paused', 9))
            self.assertEqual((await client.next('frame'))['step'], 9)
            client.reset()

    async def test_of_a_joined_session(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as owner:
                await owner.answered('step', steps=3)
                await owner.next_state('paused')
                path = '/sessions/pattern_1/ws'
                viewer = await service.connect_raw_v1(path)
                hello = await viewer.next('hello')
                self.assertEqual((await viewer.next('frame'))['step'], 3)
                viewer.reset()
                await owner.answered('step', steps=4)
                await owner.next('state', condition=lambda m: m['step'] == 7)
                viewer, again, missed = await self.come_back(service, hello, path)
                self.assertEqual((missed, again['step']), (0, 7))
                self.assertEqual((await viewer.next('frame'))['step'], 7)
                # Each change is told again, and once.
                await owner.answered('stop')
                await viewer.next_state('stopped')
                viewer.reset()


class Tokens(ResumeCase):
    async def test_that_nobody_knows(self):
        async with Service() as service:
            first, hello = await self.open(service)
            other, new = await self.assert_new(service, generator='pattern', resume='0' * 32)
            self.assertNotEqual((hello['session'], hello['viewer'], hello['resume']),
                                (new['session'], new['viewer'], new['resume']))
            for token in ('', 'x', hello['resume'][:-1], hello['resume'] + '0',
                          hello['resume'].upper() + ' ', '%00', 'ä' * 40):
                client, _ = await self.assert_new(service, generator='pattern', resume=token)
                await client.leave(1000)
            first.reset()
            other.reset()

    async def test_of_another_address(self):
        """A token is one's way back to where one was, and nowhere else."""
        async with Service() as service:
            owner, hello = await self.open(service)
            joined = await service.connect_raw_v1('/sessions/pattern_1/ws')
            joined_hello = await joined.next('hello')
            joined.reset()
            client, new = await self.assert_new(service, generator='pattern',
                                                resume=joined_hello['resume'])
            self.assertNotEqual(new['session'], hello['session'])
            client.reset()
            client, new = await self.assert_new(service, '/sessions/pattern_1/ws',
                                                resume=hello['resume'])
            self.assertNotEqual(new['viewer'], hello['viewer'])
            client.reset()
            owner.reset()

    async def test_of_another_role(self):
        """Who has seen the token of a controller, and has a link for viewing, stays a viewer."""
        async with Service(auth=None) as service:
            owner, hello = await self.open(service)
            path = '/sessions/pattern_1/ws'
            controller = await service.connect_raw_v1(path)
            token = (await controller.next('hello'))['resume']
            controller.reset()
            client, new = await self.assert_new(service, path, resume=token,
                                                token=service.view_token())
            self.assertEqual(new['role'], 'view')
            await client.refused('start', 'permission-denied')
            client.reset()
            client = await service.connect_raw_v1(resume=hello['resume'], generator='pattern',
                                                  token=service.view_token())
            error = await client.message()
            self.assertEqual((error['type'], error['code']), ('error', 'permission-denied'))
            owner.reset()

    async def test_with_nonsense_after_it(self):
        async with Service() as service:
            client, hello = await self.open(service, size=300)
            await client.ack(0)
            await client.answered('step', steps=3)
            await client.frames(3)
            for after in ('', 'x', '1', '1-', '-1', '1-x', '0-1', '1-1-1', '-1--1', '1-' + '9' * 30,
                          '4294967296-1', ' 1-1'):
                client.reset()
                client, _, missed = await self.come_back(service, hello, after=after)
                self.assertEqual(missed, 0)
                self.assertEqual(await client.serials(3), [1, 2, 3], after)
            client.reset()

    async def test_while_the_old_connection_lives(self):
        async with Service() as service:
            first, hello = await self.open(service)
            await first.ack(0)
            await first.answered('start')
            await first.frames(2)
            await first.ack(2)
            await first.answered('options', **{'max-fps': 60})
            second, _, missed = await self.come_back(service, hello)
            self.assertEqual(missed, 0)
            self.assert_consecutive(await second.serials(3), 3)
            self.assertEqual(struct.unpack('>H', (await self.close_of(first))[:2]), (1008,))
            # Nothing that the old one says is heard any more, and its end ends nothing.
            first.reset()
            self.assertEqual((await service.session())['viewers'], 1)
            await second.answered('stop')
            third, again, _ = await self.come_back(service, hello)
            self.assertEqual(again['state'], 'stopped')
            third.reset()

    @staticmethod
    async def close_of(client):
        while True:
            opcode, payload = await client.frame()
            if opcode == CLOSE:
                return payload

    async def test_while_the_old_connection_reads_nothing(self):
        """It can't be told: that is no reason to wait for it."""
        async with Service() as service:
            client = await service.connect_raw_v1(generator='pattern', bytes=500_000, grace=LONG,
                                                  receive_bytes=65536)
            hello = await client.next('hello')
            await client.send_json(type='ack', serial=0)
            await client.send_json(type='start', id=1)
            await service.wait_held()
            again, _, missed = await self.come_back(service, hello)
            self.assertEqual(missed, 0)
            self.assertEqual(await again.serials(1), [1])
            await again.ack(1)
            self.assertEqual(await again.serials(1), [2])
            client.reset()
            again.reset()

    async def test_twice_at_once(self):
        """The last one has it, and nothing is lost or left behind."""
        async with Service() as service:
            client, hello = await self.open(service, size=300)
            await client.answered('step', steps=3)
            await client.frames(3)
            client.reset()
            several = await asyncio.gather(*[service.connect_raw_v1(resume=hello['resume'])
                                             for _ in range(5)])

            async def outcome(one):
                while True:
                    opcode, payload = await one.frame()
                    if opcode == CLOSE:
                        return struct.unpack('>H', payload[:2])[0]

            ends = [asyncio.create_task(outcome(one)) for one in several]
            await wait_for(lambda: sum(end.done() for end in ends) == 4, 'four that are closed')
            self.assertEqual({end.result() for end in ends if end.done()}, {1008})
            session = await service.session()
            self.assertEqual(session['viewers'], 1)
            for end, one in zip(ends, several):
                end.cancel()
                one.reset()
            await asyncio.gather(*ends, return_exceptions=True)


class Over(ResumeCase):
    async def test_the_grace_time_is_over(self):
        async with Service() as service:
            for how in (None, 1001):
                client, hello = await self.open(service, grace=SHORT)
                self.assertEqual(hello['grace-seconds'], SHORT)
                await client.answered('start')
                await client.leave(how)
                await service.wait_sessions(0)
                client, new = await self.assert_new(service, generator='pattern',
                                                    resume=hello['resume'])
                self.assertNotEqual(new['resume'], hello['resume'])
                self.assertNotEqual(new['viewer'], hello['viewer'])
                await client.leave(1000)
                await service.wait_sessions(0)

    async def test_at_once(self):
        """By the close 1000, by none at all of grace, and on the plain protocol."""
        async with Service() as service:
            client, _ = await self.open(service)
            await client.leave(1000)
            await service.wait_sessions(0)
            client, _ = await self.open(service, grace=0)
            client.reset()
            await service.wait_sessions(0)
            path = service.path_of('/ws', generator='pattern', bytes=300, grace=LONG)
            for how in ('reset', 'half_close'):
                client = await service.connect_raw(path)
                await client.send_text('start')
                await client.text()
                getattr(client, how)()
                await service.wait_sessions(0)
                client.socket.close()

    async def test_the_session_ends_meanwhile(self):
        async with Service() as service:
            owner = await service.connect_v1(generator='pattern', bytes=300)
            viewer = await service.connect_raw_v1('/sessions/pattern_1/ws')
            hello = await viewer.next('hello')
            viewer.reset()
            await owner.close()
            await service.wait_sessions(0)
            client = await service.connect_raw_v1('/sessions/pattern_1/ws',
                                                  resume=hello['resume'])
            error = await client.message()
            self.assertEqual((error['type'], error['code']), ('error', 'unknown-session'))
            self.assertEqual(await client.close_code(), 1008)

    async def test_the_service_ends_meanwhile(self):
        async with Service() as service:
            for delivery in ('every', 'latest'):
                client, _ = await self.open(service)
                await client.answered('options', delivery=delivery)
                await client.answered('start')
                viewer = await service.connect_raw_v1('/sessions/pattern_1/ws')
                await viewer.next('hello')
                client.reset()
                viewer.reset()
            stays, _ = await self.open(service)
            await service.wait_sessions(3)
            service.expected_end = 0
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(await stays.close_code(), 1001)
            stays.socket.close()

    async def test_those_who_never_come_back_leave_nothing(self):
        async with Service() as service:
            async def once():
                client, _ = await self.open(service, grace=SHORT)
                await client.ack(0)
                await client.answered('start')
                client.reset()

            await asyncio.gather(*[once() for _ in range(10)])
            await service.wait_sessions(0)
            files, threads = service.count_files(), service.count_threads()
            for _ in range(5):
                await asyncio.gather(*[once() for _ in range(20)])
            await service.wait_sessions(0)
            await wait_for(lambda: service.count_files() <= files, 'closed sockets')
            self.assertLessEqual(service.count_threads(), threads + 2)

    async def test_away_with_full_hands_costs_a_window(self):
        async with Service() as service:
            clients = [(await self.open(service, size=100_000))[0] for _ in range(10)]
            for client in clients:
                await client.send_json(type='start', id=1)
                await client.next('frame')
                client.reset()
            held = [await service.wait_held(f'pattern_{i}') for i in range(1, 11)]
            self.assertTrue(all(session['step'] < 200 for session in held), held)


class Unwatched(ResumeCase):
    async def open_with(self, service, action, **query):
        client, hello = await self.open(service, size=300, grace=SHORT,
                                        **{'when-unwatched': action, **query})
        self.assertEqual((hello['when-unwatched'], hello['grace-seconds']), (action, SHORT))
        await client.answered('options', delivery='latest')
        await client.answered('start')
        return client, hello

    RULE = {'kind': 'service', 'id': 'when-unwatched'}

    async def test_runs(self):
        async with Service() as service:
            client, hello = await self.open_with(service, 'run')
            client.reset()

            async def is_unwatched():
                return (await service.session())['viewers'] == 0

            await wait_for(is_unwatched, 'no viewers')
            # The one who opened it is not known any more, and it goes on without.
            client, new = await self.wait_forgotten(service, hello)
            await client.leave(1000)
            before = await service.session(hello['session'])
            self.assertEqual(before['state'], 'running')

            async def goes_on():
                return (await service.session(hello['session']))['step'] > before['step']

            await wait_for(goes_on, 'more steps')

    async def wait_forgotten(self, service, hello):
        async def is_forgotten():
            client = await service.connect_raw_v1(resume=hello['resume'], generator='pattern')
            new = await client.next('hello')
            if new['resumed'] is None:
                return client, new
            client.reset()
            await asyncio.sleep(2 * SHORT * FACTOR)
            return None

        return await wait_for(is_forgotten, 'a viewer that is known no more')

    async def test_pauses_and_goes_on(self):
        async with Service() as service:
            client, hello = await self.open_with(service, 'pause')
            path = f'/sessions/{hello["session"]}/ws'
            for how in (None, 1001, 1000):
                await client.leave(how)
                paused = await service.wait_state('paused')
                client = await service.connect_raw_v1(path)
                await client.next('hello')
                await self.wait_running_by(service, client, paused)

    async def wait_running_by(self, service, client, paused):
        async def goes_on():
            return (await service.session())['step'] > paused['step']

        await wait_for(goes_on, 'steps')
        await client.answered('pause')
        # The one state that was told before it is the rule's, or the hello has it already.
        await client.next_state('paused')
        await client.answered('resume')

    async def test_says_who_did_it(self):
        async with Service() as service:
            client, hello = await self.open_with(service, 'pause')
            path = f'/sessions/{hello["session"]}/ws'
            await client.leave(1000)
            await service.wait_state('paused')
            client = await service.connect_raw_v1(path)
            seen = [await client.next('hello')]
            if seen[0]['state'] == 'paused':
                self.assertEqual(seen[0]['by'], self.RULE)
                seen.append(await client.next_state('running'))
            self.assertEqual((seen[-1]['state'], seen[-1]['by']), ('running', self.RULE))
            client.reset()

    async def test_what_somebody_has_paused_stays_so(self):
        async with Service() as service:
            client, hello = await self.open_with(service, 'pause')
            await client.answered('pause')
            await client.next_state('paused')
            by = {'kind': 'websocket', 'id': hello['viewer']}
            client.reset()
            client, _ = await self.wait_forgotten(service, hello)
            await client.leave(1000)
            client = await service.connect_raw_v1(f'/sessions/{hello["session"]}/ws')
            again = await client.next('hello')
            self.assertEqual((again['state'], again['by']), ('paused', by))
            for _ in range(3):
                before, _ = await client.ask('options', **{'max-fps': 60})
                self.assertEqual([m for m in before if m['type'] == 'state'], [])
            client.reset()

    async def test_stops(self):
        """And is there still: it was given for it."""
        async with Service() as service:
            client, hello = await self.open_with(service, 'stop')
            client.reset()
            await service.wait_state('stopped')
            await self.wait_forgotten(service, hello)
            self.assertEqual((await service.session(hello['session']))['state'], 'stopped')

    async def test_comes_back_in_time(self):
        async with Service() as service:
            for action in ('pause', 'stop'):
                client, hello = await self.open(service, size=300, grace=LONG,
                                                **{'when-unwatched': action})
                await client.answered('options', delivery='latest')
                await client.answered('start')
                for how in (None, 1001, 3000):
                    await client.leave(how)
                    client = await service.connect_raw_v1(resume=hello['resume'])
                    again = await client.next('hello')
                    self.assertEqual((again['resumed'], again['state']),
                                     ({'missed': 0}, 'running'))
                await client.leave(1000)

    async def test_another_one_watches(self):
        async with Service() as service:
            client, hello = await self.open_with(service, 'pause')
            async with await service.connect_v1(f'/sessions/{hello["session"]}/ws') as viewer:
                await client.leave(1000)

                async def is_alone():
                    return (await service.session())['viewers'] == 1

                await wait_for(is_alone, 'one viewer')
                # A second of numbers, which is longer than the grace time, and it runs.
                await viewer.next('metrics')
                await viewer.next('metrics')
                self.assertEqual((await service.session())['state'], 'running')

    async def test_what_is_refused(self):
        async with Service() as service:
            for query in ({'when-unwatched': 'x'}, {'when-unwatched': ''}, {'grace': '-1'},
                          {'grace': '86401'}, {'grace': 'x'}, {'grace': ''}, {'grace': 'nan'},
                          {'grace': '1e400'}, {'grace': '10 '}, {'when-unwatched': 'Pause'}):
                with self.subTest(**query):
                    client = RawV1Client(service)
                    await client.open(service.path_of('/ws', generator='pattern', **query),
                                      protocol='stepcast.v1')
                    error = await client.message()
                    self.assertEqual((error['type'], error['code']), ('error', 'invalid-value'))
                    self.assertEqual(await client.close_code(), 1008)
            await service.wait_sessions(0)


if __name__ == '__main__':
    main()
