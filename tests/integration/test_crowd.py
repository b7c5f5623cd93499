#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Many at one session: who looks slowly, never, or in bursts, who vanishes, who talks without end;
who holds a session, who has changed it, and how it is paced by what is shown."""

import asyncio
import collections
import contextlib
import json
import random
import struct

from stepcast import (CLOSE, PING, PONG, SANITIZED, TEXT, RawClient, Service, TestCase,
                      is_frame, main, make_frame, step_of, wait_for)

MIB = 1024 * 1024

# What a slow reader's kernel takes: as little as it can be told to.
SMALL = 4096

SHORT = 0.2
LONG = 1000

EDGES = {
    'idle': {'running'},
    'running': {'paused', 'stopping', 'finished', 'failed'},
    'paused': {'running', 'stopping', 'finished', 'failed'},
    'stopping': {'stopped', 'failed'},
    'stopped': {'running'},
    'finished': {'running'},
    'failed': {'running'},
}


# ---- a crowd ----


class Watcher(RawClient):
    """Reads what comes, and finds whatever is out of order; one subclass a way to read."""

    protocol = None
    options = {}
    receive_bytes = None
    role = 'control'
    is_fast = True
    patience = 40  # frames until it has seen enough of a run

    def __init__(self, service):
        super().__init__(service)
        self.is_open = False
        self.n_frames = 0
        self.last = (0, 0)  # run and serial, or 0 and step
        self.states = []
        self.told = []

    async def start(self, path, token):
        await self.open(f'{path}?token={token}', protocol=self.protocol,
                        receive_bytes=self.receive_bytes)
        self.is_open = True
        if self.options:
            await self.send_text(json.dumps({'type': 'options', 'id': 1, **self.options}))
        self.task = asyncio.create_task(self.watch())

    async def fill(self):
        return await (self.read_some() if self.is_open else super().fill())

    async def read_some(self):
        data = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 18)
        self.buffer += data
        return bool(data)

    async def watch(self):
        while True:
            opcode, payload = await self.frame()
            if opcode == TEXT:
                await self.take_text(payload.decode())
            else:
                await self.take_other(opcode, payload)

    async def take_other(self, opcode, payload):
        if opcode != PING:  # whether it lives: on a slow machine it is asked
            raise AssertionError(f'opcode {opcode}: {payload[:100]!r}')
        await self.send_frame(PONG, payload)

    async def take_text(self, text):
        if is_frame(text):
            self.take_frame(0, step_of(text))
        elif 'stopped' in (told := json.loads(text)):
            self.last = (0, 0)
            self.told.append(told)
        elif 'error' not in told:
            raise AssertionError(text)

    def take_frame(self, run, number):
        if (run, number) <= self.last:
            raise AssertionError(f'{run}-{number} after {self.last}')
        self.last = (run, number)
        self.n_frames += 1

    def has_stopped(self, count):
        return len(self.told) >= count

    async def end(self, how):
        self.task.cancel()
        (outcome,) = await asyncio.gather(self.task, return_exceptions=True)
        if not isinstance(outcome, asyncio.CancelledError):
            raise outcome
        how(self)
        self.socket.close()


class V1Watcher(Watcher):
    protocol = 'stepcast.v1'
    options = {'max-fps': 20}
    is_every = False

    async def take_text(self, text):
        head, _, svg = text.partition('\n')
        message = json.loads(head)
        kind = message['type']
        if kind == 'frame':
            self.take_v1_frame(message, svg)
            await self.show(message)
        elif kind in ('hello', 'state'):
            self.take_state(message['state'], message['run'])
        elif kind == 'error':
            await self.take_error(message)

    async def take_error(self, message):
        raise AssertionError(message)

    def take_v1_frame(self, message, svg):
        run, serial = message['run'], message['serial']
        if step_of(svg) != message['step']:
            raise AssertionError(f'the step of {message}')
        if ('stopped', run) in self.states:
            raise AssertionError(f'{message} after {self.states}')
        expected = (run, self.last[1] + 1 if run == self.last[0] else 1)
        if self.is_every and (run, serial) != expected:
            raise AssertionError(f'{message} after {self.last}')
        self.take_frame(run, serial)

    def take_state(self, state, run):
        last = self.states[-1] if self.states else (state, run)
        if last[0] != state and state not in EDGES[last[0]]:
            raise AssertionError(f'{state} after {self.states}')
        if run != last[1] + (last[0] != state == 'running' and last[0] != 'paused'):
            raise AssertionError(f'run {run} is {state} after {self.states}')
        if last[0] != state or not self.states:
            self.states.append((state, run))

    async def show(self, message):
        pass

    def has_stopped(self, count):
        return ('stopped', count) in self.states


class ViewWatcher(V1Watcher):
    role = 'view'


class RareWatcher(V1Watcher):
    options = {'max-fps': 5}
    patience = 10


    def take_v1_frame(self, message, svg):
        """Four of five intervals in a row make 0.8 s: one may be short, as the first is."""
        super().take_v1_frame(message, svg)
        self.times = [*self.times[-5:], (message['run'], message['time'])]
        if len({run for run, _ in self.times}) == 1 and len(self.times) == 6:
            took = self.times[-1][1] - self.times[0][1]
            if took < 0.75:
                raise AssertionError(f'6 frames in {took} s, at 5 a second')

    def __init__(self, service):
        super().__init__(service)
        self.times = []


class EveryWatcher(V1Watcher):
    options = {'delivery': 'every'}
    is_every = True


class AckWatcher(V1Watcher):
    async def show(self, message):
        await self.send_text(json.dumps({'type': 'ack', 'serial': message['serial'],
                                         'run': message['run']}))


class EveryAckWatcher(AckWatcher, EveryWatcher):
    options = EveryWatcher.options


class SlowWatcher(V1Watcher):
    """A kilobyte each hundredth of a second."""
    receive_bytes = SMALL
    is_fast = False
    is_hurried = False

    async def read_some(self):
        size = 1 << 18 if self.is_hurried else 1024
        data = await asyncio.get_running_loop().sock_recv(self.socket, size)
        self.buffer += data
        if not self.is_hurried:
            await asyncio.sleep(0.01)
        return bool(data)


class BurstWatcher(V1Watcher):
    is_fast = False

    async def read_some(self):
        if random.random() < 0.2:
            await asyncio.sleep(0.2)
        return await super().read_some()


class NeverWatcher(V1Watcher):
    """Begins to read when it is let."""
    receive_bytes = SMALL
    is_fast = False

    def __init__(self, service):
        super().__init__(service)
        self.may_read = asyncio.Event()

    async def read_some(self):
        await self.may_read.wait()
        return await super().read_some()


class VanishingWatcher(Watcher):
    """Gone, by RST, within a frame."""
    is_fast = False

    async def watch(self):
        await self.frame()
        await self.take(random.randint(1, 15000))
        self.reset()


class PingingWatcher(Watcher):
    async def watch(self):
        self.n_pings = self.n_pongs = 0
        talking = asyncio.create_task(self.talk())
        try:
            await super().watch()
        finally:
            talking.cancel()

    async def talk(self):
        while True:
            self.n_pings += 1
            await self.send_frame(PING, str(self.n_pings).encode())
            await asyncio.sleep(0.02)

    async def take_other(self, opcode, payload):
        if opcode == PING:
            await super().take_other(opcode, payload)
            return
        self.n_pongs += 1
        if (opcode, payload) != (PONG, str(self.n_pongs).encode()):
            raise AssertionError(f'{opcode} {payload!r} for ping {self.n_pongs}')


class TalkingWatcher(V1Watcher):
    async def watch(self):
        self.n_errors = 0
        talking = asyncio.create_task(self.talk())
        try:
            await super().watch()
        finally:
            talking.cancel()

    async def talk(self):
        number = 0
        while True:
            number += 1
            await self.send_text(json.dumps({'type': 'nonsense', 'id': number}))
            await asyncio.sleep(0.02)

    async def take_error(self, message):
        self.n_errors += 1
        if message['id'] != self.n_errors:
            raise AssertionError(f'{message} for {self.n_errors}')


KINDS = {Watcher: 20, V1Watcher: 20, ViewWatcher: 20, RareWatcher: 20, EveryWatcher: 10,
         EveryAckWatcher: 10, AckWatcher: 20, SlowWatcher: 20, BurstWatcher: 10, NeverWatcher: 20,
         VanishingWatcher: 20, PingingWatcher: 5, TalkingWatcher: 5}


class Crowd(TestCase):
    async def test_200_of_every_kind(self):
        self.assertEqual(sum(KINDS.values()), 200)
        async with Service(auth=None) as service:
            tokens = {'control': service.token, 'view': service.view_token()}
            async with await service.connect(generator='pattern', bytes=20000) as warm:
                await warm.send('start')
                await warm.steps(50)
                await warm.stop()
            await service.wait_sessions(0)
            before = service.count_files(), service.count_threads(), service.rss()

            owner = await service.connect_raw_v1(generator='pattern', bytes=20000, grace=SHORT,
                                                 receive_bytes=MIB)
            path = f'/sessions/{(await owner.next("hello"))["session"]}/ws'
            await owner.answered('options', delivery='latest', **{'max-fps': 1})
            crowd = [kind(service) for kind, count in KINDS.items() for _ in range(count)]
            random.shuffle(crowd)
            for one in crowd:
                await one.start(path, tokens[one.role])
            fast = [one for one in crowd if one.is_fast]

            for run in (1, 2):
                await self.run_once(service, owner, fast, run)
            await self.catch_up([one for one in crowd if not isinstance(one, VanishingWatcher)])

            for one in crowd:
                if isinstance(one, VanishingWatcher):
                    await one.task
                else:
                    await one.end(random.choice((RawClient.reset, RawClient.half_close,
                                                 lambda _: None)))
            await owner.leave(1000)
            await service.wait_sessions(0)
            files, threads, memory = before
            await wait_for(lambda: service.count_files() <= files + 1, 'closed sockets')
            self.assertLessEqual(service.count_threads(), threads + 2)
            if not SANITIZED:
                self.assertLess(service.rss() - memory, 24 * MIB)

    async def run_once(self, service, owner, fast, run):
        """They all get frames, though others read nothing; and no more when it has stopped."""
        await owner.answered('start')
        counts = collections.Counter({one: one.n_frames for one in fast})

        def failed():
            for one in fast:
                if one.task.done():
                    one.task.result()
            return False

        await wait_for(lambda: failed() or
                       all(one.n_frames >= counts[one] + one.patience for one in fast),
                       'frames for each that reads')
        await owner.answered('stop')
        await wait_for(lambda: failed() or all(one.has_stopped(run) for one in fast),
                       'the news that it has stopped')
        counts = [one.n_frames for one in fast]
        for _ in range(3):
            await owner.refused('pause', 'bad-state')
            await service.get('/health')
        failed()
        self.assertEqual([one.n_frames for one in fast], counts)

    @staticmethod
    async def catch_up(crowd):
        """The others read to the end now: what they get is in order, too."""
        for one in crowd:
            if isinstance(one, SlowWatcher):
                one.is_hurried = True
            elif isinstance(one, NeverWatcher):
                one.may_read.set()

        def have_stopped():
            for one in crowd:
                if one.task.done():
                    one.task.result()
            return all(one.has_stopped(2) for one in crowd)

        await wait_for(have_stopped, 'the news of the second stop')


# ---- every and latest together ----


class Held(TestCase):
    async def open(self, service, *, size, **query):
        owner = await service.connect_raw_v1(generator='pattern', bytes=size, **query)
        await owner.next('hello')
        await owner.answered('options', delivery='latest')
        return owner

    async def hold(self, service):
        """Somebody who wants every frame and reads none."""
        client = await service.connect_raw_v1('/sessions/pattern_1/ws', receive_bytes=65536)
        hello = await client.next('hello')
        await client.answered('options', delivery='every')
        return client, {'kind': 'websocket', 'id': hello['viewer']}

    async def test_by_a_slow_viewer(self):
        async with Service() as service:
            owner = await self.open(service, size=100_000)
            viewer = await service.connect_raw_v1('/sessions/pattern_1/ws')
            slow, who = await self.hold(service)
            await owner.answered('start')
            for client in (owner, viewer):
                state = await client.next('state', condition=lambda m: m['held-by'] is not None)
                self.assertEqual((state['state'], state['held-by']), ('running', who))
            # Whoever comes now is told, too, and sees what is to be seen.
            held = await service.wait_held()
            late = await service.connect_raw_v1('/sessions/pattern_1/ws')
            self.assertEqual((await late.next('hello'))['held-by'], who)
            self.assertEqual((await late.next('frame'))['step'], held['step'])
            # It goes on with the slow one, who misses nothing.
            self.assert_consecutive(await slow.serials(held['step'] + 20), 1)
            frame = await viewer.next('frame', condition=lambda m: m['step'] > held['step'])
            self.assertEqual(step_of(frame['svg']), frame['step'])
            # It leaves: nobody holds the session any more.
            await slow.leave(1000)
            for client in (owner, viewer):
                await client.next('state', condition=lambda m: m['held-by'] is None)
                step = (await client.next('frame'))['step']
                await client.next('frame', condition=lambda m, step=step: m['step'] > step + 100)
            for client in (owner, viewer, late):
                client.reset()

    async def test_by_one_that_vanishes(self):
        """It may come back: the session waits for it, and then no longer."""
        async with Service() as service:
            owner = await self.open(service, size=100_000, grace=SHORT)
            slow, who = await self.hold(service)
            await owner.answered('start')
            await owner.next('state', condition=lambda m: m['held-by'] == who)
            slow.reset()
            await owner.next('state', condition=lambda m: m['held-by'] is None)
            step = (await owner.next('frame'))['step']
            await owner.next('frame', condition=lambda m: m['step'] > step + 100)
            owner.reset()

    async def test_who_changes_to_latest_lets_go(self):
        async with Service() as service:
            owner = await self.open(service, size=100_000)
            slow, who = await self.hold(service)
            await owner.answered('start')
            await owner.next('state', condition=lambda m: m['held-by'] == who)
            await slow.send_json(type='options', id=9, delivery='latest')
            await owner.next('state', condition=lambda m: m['held-by'] is None)
            owner.reset()
            slow.reset()

    async def test_not_by_one_that_keeps_up(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('rate', rate=200)
                await client.answered('start')
                messages = []
                while sum(m['type'] == 'metrics' for m in messages) < 2:
                    messages.append(await client.message())
                self.assertEqual([m for m in messages if m.get('held-by')], [])


# ---- who behaves badly ----


class Rude(TestCase):
    async def test_a_close_within_a_frame(self):
        """The frame that was begun is finished; what waits is dropped; then the close."""
        async with Service('--validate=off') as service:
            for protocol in (None, 'stepcast.v1'):
                client = await service.connect_raw('/ws?generator=pattern&bytes=5000000',
                                                   receive_bytes=65536, protocol=protocol)
                await client.send_text('start' if protocol is None
                                       else '{"type":"start","id":1}')
                while len(client.buffer) < 500_000:
                    await client.fill()
                await service.wait_held()
                await client.send_frame(CLOSE, struct.pack('>H', 1000))
                sizes = []
                while (frame := await client.frame())[0] != CLOSE:
                    sizes.append(len(frame[1]))
                self.assertEqual(frame[1], struct.pack('>H', 1000))
                long = [size for size in sizes if size >= 5_000_000]
                self.assertTrue(1 <= len(long) <= 2, sizes)
                await client.eof()
                client.socket.close()
                await service.wait_sessions(0)

    async def test_a_reset_within_a_frame(self):
        async with Service('--validate=off') as service:
            files = service.count_files()
            for path in ('/ws?generator=pattern&bytes=5000000',
                         '/ws?generator=pattern&bytes=5000000&steps=1'):
                client = await service.connect_raw(path, receive_bytes=65536)
                await client.send_text('start')
                while len(client.buffer) < 500_000:
                    await client.fill()
                client.reset()
                await service.wait_sessions(0)
            await wait_for(lambda: service.count_files() <= files + 1, 'closed sockets')

    async def test_a_half_closed_socket(self):
        """Whoever says no more has gone, though it reads on: on stepcast.v1 it may come back."""
        async with Service('--validate=off') as service:
            client = await service.connect_raw('/ws?generator=pattern&bytes=5000000',
                                               receive_bytes=65536)
            await client.send_text('start')
            while len(client.buffer) < 500_000:
                await client.fill()
            client.half_close()
            await service.wait_sessions(0)
            await client.eof()
            client.socket.close()

            client = await service.connect_raw_v1(generator='pattern', bytes=5_000_000, grace=LONG,
                                                  receive_bytes=65536)
            token = (await client.next('hello'))['resume']
            await client.send_json(type='ack', serial=0)
            await client.send_json(type='start', id=1)
            while len(client.buffer) < 500_000:
                await client.fill()
            client.half_close()
            await client.eof()
            client.socket.close()
            again = await service.connect_raw_v1(resume=token)
            self.assertEqual((await again.next('hello'))['resumed'], {'missed': 0})
            self.assertEqual(await again.serials(1), [1])
            await again.leave(1000)
            await service.wait_sessions(0)

    async def flood(self, client, data):
        """Sends @data again and again until nothing is taken any more: how many bytes were."""
        loop = asyncio.get_running_loop()
        sent = 0
        with contextlib.suppress(asyncio.TimeoutError, ConnectionError):
            while sent < 64 * MIB:
                await asyncio.wait_for(loop.sock_sendall(client.socket, data), 1)
                sent += len(data)
        return sent

    async def test_pings_without_end_that_reads_nothing(self):
        """It is not read any more, costs nothing, and holds nobody else up."""
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=20000) as owner:
                await owner.send('start')
                await owner.steps(100)
                before = service.rss()
                clients = [await service.connect_raw('/sessions/pattern_1/ws', receive_bytes=SMALL)
                           for _ in range(4)]
                pings = make_frame(PING, b'x' * 100) * 1000
                floods = [asyncio.create_task(self.flood(client, pings)) for client in clients]
                while not all(flood.done() for flood in floods):
                    self.assert_consecutive(await owner.steps(20))
                self.assertTrue(all(flood.result() < 64 * MIB for flood in floods))
                if not SANITIZED:
                    self.assertLess(service.rss() - before, 8 * MIB)
                self.assertEqual((await service.session())['viewers'], 5)
                for client in clients:
                    client.reset()

                async def is_alone():
                    return (await service.session())['viewers'] == 1

                await asyncio.gather(wait_for(is_alone, 'one viewer'), owner.steps(200))
                await owner.stop()

    async def assert_closed(self, service, client, session, data, others):
        """Closed with 1008 for answers that are not read, which is seen when they are."""
        flooding = asyncio.create_task(self.flood(client, data))

        async def has_left():
            return (await service.session(session))['viewers'] == others

        await wait_for(has_left, 'that it has left')
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        while (frame := await client.frame())[0] != CLOSE:
            pass
        self.assertEqual((struct.unpack('>H', frame[1][:2]), frame[1][2:]),
                         ((1008,), b'More than 256 KiB of answers were not read'))
        client.socket.close()

    async def test_answers_without_end_that_are_not_read(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as owner:
                before = service.rss()
                for protocol, text in ((None, 'nonsense ' + 'x' * 60),
                                       ('stepcast.v1',
                                        json.dumps({'type': 'nonsense', 'id': 'x' * 100}))):
                    client = await service.connect_raw('/sessions/pattern_1/ws',
                                                       receive_bytes=SMALL, protocol=protocol)
                    await self.assert_closed(service, client, 'pattern_1',
                                             make_frame(TEXT, text) * (100_000 // len(text)), 1)
                if not SANITIZED:
                    self.assertLess(service.rss() - before, 4 * MIB)
                # It may come back, and read.
                client = await service.connect_raw_v1(receive_bytes=SMALL, generator='pattern',
                                                      grace=LONG)
                hello = await client.next('hello')
                await client.answered('options', delivery='latest')
                text = json.dumps({'type': 'nonsense', 'id': 'y' * 100})
                await self.assert_closed(service, client, hello['session'],
                                         make_frame(TEXT, text) * 1000, 0)
                again = await service.connect_raw_v1(resume=hello['resume'])
                self.assertEqual((await again.next('hello'))['resumed'], {'missed': 0})
                await again.leave(1000)
                await service.wait_sessions(1)
                await owner.send('step')
                self.assertEqual(await owner.step(), 1)


# ---- who has changed it ----


class By(TestCase):
    async def come(self, service, path, *, is_browser, protocol='stepcast.v1', **query):
        headers = [('Origin', f'http://127.0.0.1:{service.port}')] if is_browser else []
        client = await service.connect_raw_v1(path, headers=headers, **query)
        hello = await client.next('hello')
        return client, {'kind': 'browser' if is_browser else 'websocket', 'id': hello['viewer']}

    async def test_everybody_is_told_who_did_it(self):
        async with Service(auth=None) as service:
            owner, _ = await self.come(service, '/ws', is_browser=False, generator='pattern',
                                       bytes=300)
            await owner.answered('options', delivery='latest')
            path = '/sessions/pattern_1/ws'
            page, page_id = await self.come(service, path, is_browser=True)
            other, other_id = await self.come(service, path, is_browser=False)
            looks, looks_id = await self.come(service, path, is_browser=True,
                                              token=service.view_token())
            self.assertEqual(len({who['id'] for who in (page_id, other_id, looks_id)}), 3)
            everybody = (owner, page, other, looks)
            for who, identity, kind, state in (
                    (page, page_id, 'start', 'running'), (other, other_id, 'pause', 'paused'),
                    (page, page_id, 'resume', 'running'), (other, other_id, 'pause', 'paused'),
                    (page, page_id, 'step', 'running'), (other, other_id, 'stop', 'stopped'),
                    (owner, None, 'start', 'running'), (page, page_id, 'stop', 'stopped')):
                await who.send_json(type=kind, id=kind)
                for one in everybody:
                    told = await one.next('state', condition=lambda m, s=state: m['state'] == s)
                    if identity is not None:
                        self.assertEqual(told['by'], identity, (kind, told))
                if kind == 'step':
                    for one in everybody:
                        await one.next_state('paused')
            # Who may not, changes nothing, and is not named.
            await looks.refused('start', 'permission-denied')
            late = await service.connect_raw_v1(path)
            hello = await late.next('hello')
            self.assertEqual((hello['state'], hello['by']), ('stopped', page_id))
            for one in (*everybody, late):
                one.reset()

    async def test_what_comes_by_itself(self):
        async with Service() as service:
            client, who = await self.come(service, '/ws', is_browser=False, generator='pattern',
                                          bytes=300, steps=3)
            await client.answered('start')
            self.assertEqual((await client.next_state('finished'))['by'], None)
            client.reset()

    async def test_parameters_by_two(self):
        """Both are told of both, in one order, with who it was; so is who speaks plainly."""
        async with Service() as service:
            owner, owner_id = await self.come(service, '/ws', is_browser=True, generator='pattern',
                                              bytes=300)
            await owner.answered('options', delivery='latest')
            other, other_id = await self.come(service, '/sessions/pattern_1/ws', is_browser=False)
            plain = await service.connect_raw('/sessions/pattern_1/ws')
            await owner.answered('start')
            for number, (who, identity) in enumerate(((owner, owner_id), (other, other_id)) * 5):
                await who.send_json(type='set', id=number, values={'bytes': 1000 + number})
                for one in (owner, other):
                    told = await one.next('parameters')
                    self.assertEqual((told['values']['bytes'], told['by']),
                                     (1000 + number, identity))
            await plain.send_text('set bytes=999')
            by = [(await one.next('parameters'))['by'] for one in (owner, other)]
            self.assertEqual(by[0], by[1])
            self.assertEqual(by[0]['kind'], 'websocket')

            # Without waiting for each other: what is set within one slice may be told at once.
            for number in range(50):
                await owner.send_json(type='set', id=number, values={'bytes': 1000 + number})
                await other.send_json(type='set', id=number, values={'bytes': 2000 + number})
            await owner.next('answer', condition=lambda m: m['id'] == 49)
            await other.next('answer', condition=lambda m: m['id'] == 49)
            await owner.send_json(type='set', id='last', values={'bytes': 3000})
            for one in (owner, other):
                told = await one.next('parameters',
                                      condition=lambda m: m['values']['bytes'] == 3000)
                self.assertEqual(told['by'], owner_id)
            plain.socket.close()
            owner.reset()
            other.reset()

    async def test_the_rate(self):
        async with Service() as service:
            owner, _ = await self.come(service, '/ws', is_browser=False, generator='pattern',
                                       bytes=300)
            page, page_id = await self.come(service, '/sessions/pattern_1/ws', is_browser=True)
            await page.answered('rate', rate=50)
            for client in (owner,):
                told = await client.next('rate')
                self.assertEqual((told['rate'], told['by']), (50, page_id))
            late, _ = await self.come(service, '/sessions/pattern_1/ws', is_browser=False)
            late.reset()
            late = await service.connect_raw_v1('/sessions/pattern_1/ws')
            self.assertEqual((await late.next('hello'))['rate'], 50)
            await owner.answered('start')
            times = [frame['time'] for frame in await owner.frames(26)]
            # 25 steps are half a second: slower it may be, but no faster by what it makes up for.
            self.assertGreater(times[-1] - times[0], 0.4)
            for rate in (-1, 0.0001, 1e7, 'x', None, [], True):
                _, error = await owner.ask('rate', rate=rate)
                self.assertEqual(error['type'], 'error')
                self.assertIn(error['code'], ('invalid-value', 'bad-request'))
            await owner.refused('rate', 'bad-request')
            await owner.answered('rate', rate=0)
            self.assertEqual((await page.next('rate', condition=lambda m: m['rate'] == 0))['rate'],
                             0)
            for client in (owner, page, late):
                client.reset()


# ---- what is shown ----


class Acks(TestCase):
    async def open(self, service, *, delivery, size=300, fps=240, **query):
        client = await service.connect_raw_v1(generator='pattern', bytes=size, **query)
        await client.next('hello')
        await client.answered('options', delivery=delivery, **{'max-fps': fps})
        return client

    async def test_latest_is_two_ahead_at_most(self):
        async with Service() as service:
            client = await self.open(service, delivery='latest')
            await client.answered('start')
            frame = await client.next('frame')
            for is_first in (True, False, False):
                await client.ack(frame['serial'])
                shown, serials = frame['serial'], []
                metrics = []
                while len(metrics) < 2:  # a second and more
                    message = await client.next('frame', 'metrics')
                    if message['type'] == 'frame':
                        serials.append(message['serial'])
                    else:
                        metrics.append(message)
                self.assertEqual(metrics[-1]['unshown'], 2)
                step = (await service.session())['step']
                await client.ack(max(serials))
                frame = await client.next('frame')
                # A new one, made now: nothing old was kept for it.
                self.assertGreaterEqual(frame['step'], step)
                self.assertGreater(frame['serial'], max(serials))
                if not is_first:  # at the first ack more may have been on their way
                    self.assertLessEqual(len(serials), 2, (shown, serials))
                    self.assertGreater(metrics[-1]['round-trip-seconds'], 0)
            client.reset()

    async def test_latest_beside_others_gets_the_newest(self):
        """While it shows nothing, others are drawn for: what it gets then is the last of those."""
        async with Service() as service:
            other = await self.open(service, delivery='latest')
            slow = await service.connect_raw_v1('/sessions/pattern_1/ws')
            await slow.ack(0)
            await other.answered('start')
            serials = await slow.serials(2)
            for _ in range(5):
                for _ in range(20):
                    newest = await other.next('frame')
                await slow.ack(serials[-1])
                got = await slow.serials(2)
                self.assertGreaterEqual(got[0], newest['serial'])
                self.assertGreater(got[1], got[0])
                self.assertGreater(got[0] - serials[-1], 10)
                serials = got
            for _ in range(3):
                before, _ = await slow.ask('options', **{'max-fps': 60})
                self.assertEqual([m for m in before if m['type'] == 'frame'], [])
            other.reset()
            slow.reset()

    async def test_every_is_held_at_the_window(self):
        async with Service() as service:
            client = await self.open(service, delivery='every', size=20000)
            await client.ack(0)
            await client.answered('start')
            held = await service.wait_held()
            window = held['step']
            # 192 KiB of frames of 20,000 bytes.
            self.assertEqual(window, 192 * 1024 // 20000)
            self.assert_consecutive(await client.serials(window), 1)
            metrics = await client.next('metrics')
            self.assertEqual(metrics['unshown'], window)
            # Each that is shown lets one more come.
            for serial in range(1, 50):
                await client.ack(serial)
                self.assertEqual(await client.serials(1), [window + serial])
            # Nothing comes of what was shown before, nor of what has not come yet.
            for serial in (1, 30, 0):
                await client.ack(serial)
            for _ in range(3):
                before, _ = await client.ask('options', **{'max-fps': 60})
                self.assertEqual([m for m in before if m['type'] == 'frame'], [])
            await client.ack(window + 49)
            self.assert_consecutive(await client.serials(window), window + 50)
            client.reset()

    async def test_every_that_tells_of_whole_windows(self):
        """As few acks as there can be, and a run that brings home one frame at a time."""
        async with Service() as service:
            client = await self.open(service, delivery='every', size=20000)
            await client.ack(0)
            await client.answered('rate', rate=200)
            await client.answered('start')
            window = 192 * 1024 // 20000
            last = 0
            for _ in range(10):
                self.assert_consecutive(await client.serials(window), last + 1)
                last += window
                await client.ack(last)
            client.reset()

    async def test_every_with_long_frames_has_two(self):
        async with Service() as service:
            client = await self.open(service, delivery='every', size=500_000)
            await client.ack(0)
            await client.answered('start')
            self.assertEqual((await service.wait_held())['step'], 2)
            for serial in range(1, 6):
                self.assertEqual(await client.serials(1), [serial])
                await client.ack(serial)
            client.reset()

    async def test_acks_of_another_run(self):
        async with Service() as service:
            client = await self.open(service, delivery='every', size=20000)
            await client.ack(0)
            for run in (1, 2):
                await client.answered('start')
                await client.serials(3)
                await client.answered('stop')
                await client.ack(1000, run=run)  # what it throws away is shown, too
            await client.answered('start')
            window = (await service.wait_held())['step']
            self.assert_consecutive(await client.serials(window), 1)
            # Those of runs before let nothing come.
            await client.ack(1000, run=2)
            for _ in range(3):
                before, _ = await client.ask('options', **{'max-fps': 60})
                self.assertEqual([m for m in before if m['type'] == 'frame'], [])
            await client.ack(1, run=3)
            self.assertEqual(await client.serials(1), [window + 1])
            client.reset()


# ---- limits and numbers ----


class Numbers(TestCase):
    async def test_too_long_frames_are_skipped(self):
        async with Service() as service:
            client = await service.connect_raw_v1(generator='pattern', bytes=500)
            await client.next('hello')
            await client.answered('options', **{'max-bytes': 1024})
            other = await service.connect_raw_v1('/sessions/pattern_1/ws')
            self.assertEqual((await other.next('hello'))['max-bytes'], 0)
            await client.answered('step', steps=3)
            self.assertEqual(await client.serials(3), [1, 2, 3])
            await client.next_state('paused')
            for size, count in ((1024, 0), (1025, 1), (5000, 0), (500, 0), (1100, 1)):
                await client.answered('set', values={'bytes': size})
                first = (await service.session())['step'] + 1
                await client.answered('step', steps=3)
                seen = await client.until('state', condition=lambda m: m['state'] == 'paused')
                skipped = [m for m in seen if m['type'] == 'skipped']
                frames = [m['step'] for m in seen if m['type'] == 'frame']
                self.assertEqual(len(skipped), count, size)
                if skipped:
                    # The present state is drawn again when it is set: more serials than steps.
                    self.assertGreaterEqual(skipped[0].pop('serial'), first)
                    self.assertEqual(skipped[0], {'type': 'skipped', 'run': 1, 'step': first,
                                                  'bytes': size})
                self.assertEqual(frames, list(range(first, first + 3)) if size <= 1024 else [])
            # Without a limit the next comes, whatever its length.
            await client.answered('options', **{'max-bytes': 0})
            await client.answered('step')
            self.assertEqual(len((await client.next('frame'))['svg']), 1100)
            for value in (-1, 1, 1023, 'x', None, 1e30):
                _, error = await client.ask('options', **{'max-bytes': value})
                self.assertEqual(error['type'], 'error', value)
            client.reset()
            other.reset()

    async def test_metrics_once_a_second(self):
        async with Service() as service:
            client = await service.connect_raw_v1(generator='pattern', bytes=2000)
            await client.answered('options', delivery='latest',
                                  **{'max-bytes': 1024, 'max-fps': 20})
            other = await service.connect_raw_v1('/sessions/pattern_1/ws')
            await other.ack(0)
            await client.answered('start')
            clock = asyncio.get_running_loop().time
            metrics = await client.next('metrics')
            since = clock()
            members = {'type', 'steps-per-second', 'frames-per-second', 'drawn', 'validated',
                       'viewers', 'sent', 'missed', 'skipped', 'backlog-bytes', 'unshown',
                       'sent-per-second', 'round-trip-seconds'}
            for _ in range(2):
                before = await client.until('metrics')
                # Several progress messages lie between two of these.
                self.assertGreaterEqual(sum(m['type'] == 'progress' for m in before), 2)
                metrics = before[-1]
                self.assertEqual(set(metrics), members)
                self.assertEqual((metrics['viewers'], metrics['sent'], metrics['unshown'],
                                  metrics['round-trip-seconds']), (2, 0, None, None))
                self.assertGreater(metrics['skipped'], 0)
                self.assertGreater(metrics['drawn'], 0)
                self.assertGreater(metrics['steps-per-second'], 0)
                self.assertGreaterEqual(metrics['backlog-bytes'], 0)
            self.assertGreater(clock() - since, 1.5)
            metrics = await other.next('metrics')
            self.assertGreater(metrics['sent'], 0)
            self.assertEqual((metrics['skipped'], metrics['unshown']), (0, 2))
            await other.ack(1000_000)
            metrics = await other.next('metrics', condition=lambda m: m['round-trip-seconds'])
            self.assertGreater(metrics['round-trip-seconds'], 0)
            client.reset()
            other.reset()


if __name__ == '__main__':
    main()
