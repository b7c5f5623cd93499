#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Hundreds of viewers: all are served, too many are told so, and those that have gone are found."""

import asyncio
import json
import struct

from private_bus import MANAGER_PATH, NAME, PrivateBus
from stepcast import CLOSE, FACTOR, PING, PONG, TEXT, Service, TestCase, main, step_of, wait_for

# How long a peer may take to answer a ping, beyond the seconds of the option.
ANSWER_SECONDS = 5


class Viewers(TestCase):
    async def test_500_viewers_of_one_session_get_frames_in_order(self):
        async with Service() as service:
            owner = await service.connect('/ws', generator='pattern', bytes=2000, steps=2000)
            name = (await service.session())['name']
            viewers = []
            for _ in range(10):
                viewers += await asyncio.gather(*[service.connect_raw(f'/sessions/{name}/ws')
                                                  for _ in range(50)])
            await owner.send('start')

            async def watch(viewer):
                steps = []
                while True:
                    text = await viewer.text()
                    if text.startswith('{'):
                        self.assertEqual(json.loads(text), {'finished': {'step': 2000}})
                        return steps
                    steps.append(step_of(text))

            _, *seen = await asyncio.gather(owner.until_told('finished'), *map(watch, viewers))
            for steps in seen:
                self.assertTrue(steps)
                self.assertEqual(steps, sorted(set(steps)))
                self.assertEqual(steps[-1], 2000)
            self.assertEqual((await service.session())['viewers'], 501)
            for viewer in viewers:
                viewer.socket.close()

            async def are_gone():
                return (await service.session())['viewers'] == 1

            await wait_for(are_gone, 'the end of the viewers')
            await owner.close()

    async def test_a_burst_of_200_connects(self):
        async with Service() as service:
            owner = await service.connect('/ws', generator='pattern')
            name = (await service.session())['name']
            files = service.count_files()
            for _ in range(3):
                viewers = await asyncio.gather(*[service.connect_raw(f'/sessions/{name}/ws')
                                                 for _ in range(200)])
                self.assertEqual((await service.session())['viewers'], 201)
                for viewer in viewers[::2]:
                    viewer.reset()
                for viewer in viewers[1::2]:
                    viewer.half_close()
                await wait_for(lambda: service.count_files() <= files, 'closed sockets')
                for viewer in viewers:
                    viewer.socket.close()
            await owner.close()

    async def test_idle_viewers_cost_nothing(self):
        """Nothing in the main loop goes round for them."""
        async with Service() as service:
            owner = await service.connect('/ws', generator='pattern')
            name = (await service.session())['name']
            viewers = await asyncio.gather(*[service.connect_raw(f'/sessions/{name}/ws')
                                             for _ in range(200)])
            await service.wait_idle()
            for viewer in viewers:
                viewer.socket.close()
            await owner.close()


class TooMany(TestCase):
    async def test_plain(self):
        async with Service('--max-viewers=2') as service:
            first = await service.connect('/ws', generator='pattern')
            name = (await service.session())['name']
            second = await service.connect(f'/sessions/{name}/ws')
            for path in ('/ws?generator=pattern', f'/sessions/{name}/ws'):
                third = await service.connect(path)
                error = await third.told('error')
                self.assertEqual(error['code'], 'limit-exceeded')
                self.assertIn('already 2 viewers', error['message'])
                self.assertEqual(await third.wait_closed(), (1013, 'Try again later'))
            await service.wait_sessions(1)

            # Those that there are go on, and when one has left there is room for one.
            await first.send('step')
            self.assertEqual([await first.step(), await second.step()], [1, 1])
            await second.close()

            async def has_room():
                client = await service.connect(f'/sessions/{name}/ws')
                await client.send('no-such-command')
                answer = (await client.until_told('error'))[1]['code']
                if answer == 'limit-exceeded':
                    await client.wait_closed()
                    return None
                return client

            fresh = await wait_for(has_room, 'room for one')
            await fresh.close()
            await first.close()

    async def test_v1(self):
        async with Service('--max-viewers=1') as service:
            owner = await service.connect_v1('/ws', generator='pattern')
            client = await service.connect_v1('/ws')
            message = await client.message()
            self.assertEqual((message['type'], message['id'], message['code']),
                             ('error', None, 'limit-exceeded'))
            self.assertEqual((await client.wait_closed())[0], 1013)
            await owner.close()

    async def test_who_is_turned_away_does_not_count(self):
        """And does not stay, whatever it does."""
        async with Service('--max-viewers=1') as service:
            owner = await service.connect('/ws', generator='pattern')
            files = service.count_files()
            clients = [await service.connect_raw('/ws') for _ in range(20)]
            for client in clients:
                error = json.loads(await client.text())['error']
                self.assertIn('already 1 viewers', error['message'])
                self.assertEqual((await client.frame())[0], CLOSE)
            # They answer nothing, some talk on.
            for client in clients[::2]:
                await client.send_text('start')
                await client.send_frame(PING, b'?')
            await wait_for(lambda: service.count_files() <= files, 'closed sockets')
            for client in clients:
                await client.eof()
                client.socket.close()
            await owner.close()

    async def test_nobody_at_all(self):
        async with Service('--max-viewers=0') as service:
            client = await service.connect('/ws')
            self.assertEqual((await client.told('error'))['code'], 'limit-exceeded')
            self.assertEqual((await client.wait_closed())[0], 1013)


class Liveness(TestCase):
    """One service for all of them, because each waits for seconds."""

    async def test_who_is_there_and_who_is_not(self):
        async with Service('--ping-seconds=1') as service:
            owner = await service.connect_raw('/ws?generator=pattern&bytes=100000',
                                              receive_bytes=65536)
            name = (await service.session())['name']
            await asyncio.gather(self.stalls_and_goes_on(service, owner),
                                 self.never_answers(service, name),
                                 self.answers(service, name),
                                 self.talks_but_does_not_answer(service, name))
            owner.socket.close()
            await service.wait_sessions(0)

    async def never_answers(self, service, name):
        loop = asyncio.get_running_loop()
        client = await service.connect_raw(f'/sessions/{name}/ws')
        payload = await self.until_control(client, PING)
        self.assertEqual(len(payload), 8)
        began = loop.time()
        payload = await self.until_control(client, CLOSE)
        self.assertEqual(payload, struct.pack('>H', 1011) + b'No answer to a ping for 6 s')
        self.assertGreater(loop.time() - began, ANSWER_SECONDS)
        await client.eof()
        client.socket.close()

    async def until_control(self, client, opcode):
        """Takes what there is, answers nothing."""
        while True:
            kind, payload = await client.frame()
            if kind == opcode:
                return payload
            self.assertIn(kind, (TEXT, PING))

    async def answers(self, service, name):
        """For longer than who does not answer has."""
        client = await service.connect_raw(f'/sessions/{name}/ws')
        payloads = []
        while len(payloads) < 8:
            payloads.append(await self.until_control(client, PING))
            await client.send_frame(PONG, payloads[-1])
        self.assertEqual(len(set(payloads)), 8)
        client.socket.close()

    async def talks_but_does_not_answer(self, service, name):
        """Whatever it says: it is there."""
        client = await service.connect_raw(f'/sessions/{name}/ws')
        for _ in range(10):
            await self.until_control(client, PING)
            await client.send_frame(PONG, b'unasked')
        client.socket.close()

    async def stalls_and_goes_on(self, service, client):
        """A page that is paused: what it was sent fills the kernel's queues, and it says nothing."""
        await client.send_text('start')
        last = await client.step()
        held = await service.wait_held()
        await asyncio.sleep(1 + 1 + ANSWER_SECONDS + 3)  # seconds are what it is about
        self.assertEqual((await service.session())['step'], held['step'])

        # Each step is still there, and more come. The ping waits among them.
        pings = 0
        while last < held['step'] + 20:
            opcode, payload = await client.frame()
            if opcode == PING:
                pings += 1
                await client.send_frame(PONG, payload)
                continue
            self.assertEqual(opcode, TEXT)
            last += 1
            self.assertEqual(step_of(payload.decode()), last)
        self.assertGreaterEqual(pings, 1)
        await client.send_text('stop')
        while not (await self.until_text(client)).startswith('{"stopped"'):
            pass

    async def until_text(self, client):
        while True:
            opcode, payload = await client.frame()
            if opcode == TEXT:
                return payload.decode()
            if opcode == PING:
                await client.send_frame(PONG, payload)

    async def test_never(self):
        async with Service('--ping-seconds=0') as service:
            client = await service.connect_raw('/ws?generator=pattern')
            await asyncio.sleep(1.5)
            await client.send_text('status')
            await client.text()
            client.socket.close()

    async def test_round_trip_is_told(self):
        async with PrivateBus() as bus, Service('--ping-seconds=1', bus=bus) as service:
            client = await service.connect_raw('/ws?generator=pattern')
            path = f'{MANAGER_PATH}/session/{(await service.session())["name"]}'

            async def viewer():
                (viewers,) = await bus.call('ListViewers', path=path, interface=f'{NAME}.Session')
                return viewers[0]

            self.assertNotIn('round-trip-seconds', await viewer())
            payload = await client.until(PING)
            await asyncio.sleep(0.2)  # a long way
            await client.send_frame(PONG, payload)

            async def is_told():
                return (await viewer()).get('round-trip-seconds')

            seconds = await wait_for(is_told, 'a round trip')
            self.assertTrue(0.2 <= seconds < 20 * FACTOR, seconds)
            client.socket.close()


if __name__ == '__main__':
    main()
