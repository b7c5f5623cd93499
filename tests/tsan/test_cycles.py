#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Thousands of connections that start, steer and leave sessions, against the real server under
ThreadSanitizer; and a race that it has to report.

The service (tsan-service) is another process, so that nothing but it is instrumented. How many
cycles: STEPCAST_TSAN_CYCLES, 300 by default; build-aux/tsan does 10,000.
"""

import asyncio
import collections
import json
import os
import random
import signal
import sys
import time

from stepcast import (PING, PONG, TEXT, RawClient, RawV1Client, Service, TestCase, is_frame, main,
                      wait_for)

CYCLES = int(os.environ.get('STEPCAST_TSAN_CYCLES', '300'))
SEED = int(os.environ.get('STEPCAST_TSAN_SEED', str(time.time_ns() % 2 ** 32)))

# Clients at once: more than there are workers, and few enough that each is busy.
AT_ONCE = 8

GENERATORS = ('generator=pattern&bytes=300', 'generator=pattern&bytes=20000',
              'generator=pattern&bytes=300&steps=5', 'generator=attractor&points=100',
              'generator=gray-scott&width=16&height=16')

# What all joined viewers look at and steer.
SHARED = ('pattern_1', 'gray_scott_1')


class Plain(RawClient):
    """What both protocols need: to read past frames to what is told."""

    async def told(self):
        while is_frame(text := await self.text()):
            pass
        return json.loads(text)

    async def told_of(self, *kinds):
        while not set(told := await self.told()) & set(kinds):
            pass
        return told

    async def frames(self, count):
        while count > 0:
            count -= is_frame(await self.text())


class V1(RawV1Client):
    async def request(self, kind, **members):
        """Asks, and reads on to the answer, whatever it is."""
        return (await self.ask(kind, **members))[1]


class Cycles:
    """One method a way to come, do something, and go; each starts and stops, or disconnects."""

    def __init__(self, service, seed):
        self.service = service
        self.random = random.Random(seed)
        self.counts = collections.Counter()

    async def connect(self, kind, path, **options):
        client = kind(self.service)
        if kind is V1:
            options['protocol'] = 'stepcast.v1'
        await client.open(path, **options)
        return client

    def own(self):
        return '/ws?' + self.random.choice(GENERATORS)

    def shared(self):
        return f'/sessions/{self.random.choice(SHARED)}/ws'

    def leave(self, client):
        """By RST, by FIN, or by neither: what Python's socket does on close."""
        self.random.choice((client.reset, client.half_close, client.socket.close))()

    async def start_and_stop(self):
        async with await self.connect(Plain, self.own()) as client:
            for _ in range(self.random.randint(1, 3)):
                await client.send_text('start')
                await client.frames(self.random.randint(0, 3))
                await client.send_text('stop')
                await client.told_of('stopped')

    async def vanish_at_once(self):
        client = await self.connect(Plain, self.own())
        await client.send_text('start')
        self.leave(client)
        client.socket.close()

    async def vanish_within_a_frame(self):
        client = await self.connect(Plain, '/ws?generator=pattern&bytes=300000',
                                    receive_bytes=65536)
        await client.send_text('start')
        await client.take(self.random.randint(10, 5000))
        self.leave(client)
        client.socket.close()

    async def steer(self):
        async with await self.connect(V1, '/ws?generator=pattern&bytes=300&grace=0.1') as client:
            await client.request('start')
            await client.request('set', values={'bytes': self.random.randint(200, 2000)})
            await client.request('pause')
            await client.request('set', values={'bytes': 400})
            await client.request('step', steps=3)
            await client.request('resume')
            await client.request('options', delivery='latest', **{'max-fps': 240})
            await client.request('step')
            await client.request('set', values={'bytes': 500, 'nonsense': 1})
            await client.request('stop')

    async def come_back(self):
        """Here, and then away, and back, by acks or without, with either delivery."""
        path = '/ws?generator=pattern&bytes=2000&grace=' + self.random.choice((
            '0.05', '100', '100&when-unwatched=stop', '100&when-unwatched=pause'))
        client = await self.connect(V1, path)
        hello = await client.next('hello')
        if self.random.random() < 0.5:
            await client.request('options', delivery='latest')
        await client.request('start')
        for _ in range(self.random.randint(1, 3)):
            frame = await client.next('frame')
            if self.random.random() < 0.5:
                await client.ack(frame['serial'])
            old = client
            if self.random.random() < 0.7:
                self.leave(old)
            client = await self.connect(V1, f'{path}&resume={hello["resume"]}')
            hello = await client.next('hello')
            if hello['resumed'] is None:
                await client.request('start')
            old.socket.close()
        await client.request('rate', rate=self.random.randint(0, 1000))
        await client.request('stop')
        await client.leave(1000)
        if 'when-unwatched' in path:  # it outlives its viewers: that is what this is for
            await self.service.request('DELETE', f'/sessions/{hello["session"]}')

    async def step(self):
        async with await self.connect(Plain, self.own()) as client:
            await client.send_text(f'step {self.random.randint(1, 4)}')
            await client.told_of('paused', 'finished')
            await client.send_text('step')
            await client.told_of('paused', 'finished')
            self.leave(client)

    async def look(self):
        async with await self.connect(V1, self.shared()) as client:
            hello = await client.next('hello')
            await client.request('options', **{'delivery': self.random.choice(('every', 'latest')),
                                               'max-fps': self.random.randint(1, 240)})
            if hello['state'] == 'running' and self.random.random() < 0.5:
                await client.request('start')
                frame = await client.next('frame', 'state')
                if 'serial' in frame:
                    await client.send_text(json.dumps({'type': 'ack', 'serial': frame['serial']}))
            self.leave(client)

    async def steer_together(self):
        async with await self.connect(V1, self.shared()) as client:
            kinds = ('start', 'stop', 'pause', 'resume', 'step', 'start')
            for kind in self.random.sample(kinds, 4):
                await client.request(kind)
            await client.request('start')

    async def ask(self):
        name = self.random.choice(SHARED)
        for path in (f'/sessions/{name}/frame.svg', '/sessions', '/generators', '/health'):
            await self.service.get(path)
        client = await self.connect(Plain, self.shared())
        await client.send_text('start')
        self.leave(client)
        client.socket.close()

    async def talk_nonsense(self):
        async with await self.connect(Plain, self.own()) as client:
            await client.send_text('start')
            for _ in range(20):
                await client.send_text('nonsense')
                await client.send_frame(PING, b'?')
            self.leave(client)

    KINDS = (start_and_stop, vanish_at_once, vanish_within_a_frame, steer, come_back, step,
             look, steer_together, ask, talk_nonsense)

    async def some(self, take):
        while take():
            kind = self.random.choice(self.KINDS)
            self.counts[kind.__name__] += 1
            await kind(self)


async def keep(service, path):
    """Owns a shared session and reads what it gets, until it is cancelled."""
    client = V1(service)
    await client.open(path, protocol='stepcast.v1')
    await client.request('options', delivery='latest')
    try:
        while True:
            opcode, payload = await client.frame()
            if opcode == PING:
                await client.send_frame(PONG, payload)
            elif opcode != TEXT:
                raise AssertionError(f'opcode {opcode}: {payload!r}')
    finally:
        client.socket.close()


class Race(TestCase):
    async def test_a_race_is_reported(self):
        """The control: if this is not found, that nothing is found says nothing."""
        async with Service(complaints=['ThreadSanitizer']) as service:
            service.expected_end = 66  # TSan's own
            async with await service.connect(generator='racing') as client:
                await client.send('start')
                await service.wait_log('WARNING: ThreadSanitizer: data race')
                await service.wait_log('stepcast_racing_generator')
            service.process.send_signal(signal.SIGTERM)


class Many(TestCase):
    async def test_cycles(self):
        """At its end the harness finds any report in the log, and TSan's exit status."""
        print(f'{CYCLES} cycles, seed {SEED}', file=sys.stderr)
        async with Service('--workers=3') as service:
            keepers = [asyncio.create_task(keep(service, '/ws?generator=' + what)) for what in
                       ('pattern&bytes=5000&grace=0.1', 'gray-scott&width=16&height=16&grace=0.1')]
            await service.wait_sessions(2)
            left = CYCLES

            def take():
                nonlocal left
                left -= 1
                return left >= 0

            cycles = [Cycles(service, SEED + i) for i in range(AT_ONCE)]
            since = time.monotonic()
            await asyncio.gather(*[one.some(take) for one in cycles])
            print(f'{time.monotonic() - since:.1f} s: '
                  f'{dict(sum((one.counts for one in cycles), collections.Counter()))}',
                  file=sys.stderr)
            for keeper in keepers:
                self.assertFalse(keeper.done(), 'a shared session has ended')
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await service.wait_sessions(0)
            await wait_for(lambda: service.count_files() < 60, 'closed sockets')


if __name__ == '__main__':
    main()
