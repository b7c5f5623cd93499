#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""permessage-deflate (RFC 7692): who gets it, what it says, and what it is abused for."""

import asyncio
import json
import os
import zlib

import websockets

from stepcast import (BINARY, CLOSE, PING, PONG, PROGRAMS, PYTHON, SANITIZED, TEXT, PlainClient, RawClient,
                      Service, TestCase, V1Client, digest, main, make_frame, step_of, within)

CONTINUATION = 0
RSV1, RSV2, RSV3 = 4, 2, 1
LEFT_OUT = b'\0\0\xff\xff'
IDLE = '/ws?generator=pattern&bytes=3000'
SLOW = '/ws?generator=pattern&bytes=200000'

AGREED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
AGREED_BITS = AGREED + '; server_max_window_bits=15'


def deflate(data, level=9):
    """The payload of a compressed message."""
    if isinstance(data, str):
        data = data.encode()
    compressor = zlib.compressobj(level, wbits=-15)
    data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert data.endswith(LEFT_OUT)
    return data[:-len(LEFT_OUT)]


def inflate(payload):
    inflater = zlib.decompressobj(wbits=-15)
    data = inflater.decompress(payload + LEFT_OUT)
    assert not inflater.unconsumed_tail and not inflater.unused_data
    return data


class DeflateClient(RawClient):
    """A raw client that offers permessage-deflate, and counts what came compressed."""

    def __init__(self, service):
        super().__init__(service)
        self.n_compressed = self.n_raw = self.n_bytes = 0

    async def frame(self):
        first, second = await self.take(2)
        assert first & 0x80, 'a fragment from the server'
        assert not first & 0x30, 'RSV2 or RSV3 from the server'
        assert not second & 0x80, 'a masked frame from the server'
        length = second & 0x7f
        if length >= 126:
            length = int.from_bytes(await self.take(2 if length == 126 else 8), 'big')
        payload = await self.take(length)
        opcode = first & 15
        if first & 0x40:
            assert opcode == TEXT, f'opcode {opcode} is compressed'
            self.n_compressed += 1
            self.n_bytes += length
            payload = inflate(payload)
        elif opcode == TEXT:
            self.n_raw += 1
        return opcode, payload

    async def send_compressed(self, text, **options):
        await self.send_frame(TEXT, deflate(text), reserved=RSV1, **options)

    async def message(self):
        """A message of stepcast.v1: its first line, and the picture."""
        head, _, svg = (await self.text()).partition('\n')
        return json.loads(head), svg

    async def next_frame(self):
        while True:
            head, svg = await self.message()
            if head['type'] == 'frame':
                return head, svg


async def connect(service, path=IDLE, offers=('permessage-deflate',), **options):
    client = DeflateClient(service)
    headers = [('Sec-WebSocket-Extensions', offer) for offer in offers]
    await client.open(path, headers=headers, **options)
    return client


class Negotiation(TestCase):
    async def answers(self, service, *offers, path=IDLE):
        async with await connect(service, path, offers) as client:
            answers = client.response.all('Sec-WebSocket-Extensions')
            # Whatever came of it, it works.
            await client.send_text('step')
            await client.text()
            self.assertEqual((client.n_compressed, client.n_raw), (1, 0) if answers else (0, 1))
            return answers

    async def test_each_form(self):
        cases = (
            ((), []),
            (('permessage-deflate',), [AGREED]),
            # What Chromium and Firefox offer.
            (('permessage-deflate; client_max_window_bits',), [AGREED]),
            (('permessage-deflate; server_no_context_takeover',), [AGREED]),
            (('permessage-deflate; client_no_context_takeover',), [AGREED]),
            (('permessage-deflate; server_no_context_takeover; client_no_context_takeover',),
             [AGREED]),
            (('permessage-deflate; server_max_window_bits=15',), [AGREED_BITS]),
            (('permessage-deflate; server_max_window_bits="15"',), [AGREED_BITS]),
            (('permessage-deflate; server_max_window_bits=14',), []),
            (('permessage-deflate; server_max_window_bits=8',), []),
            (('permessage-deflate; server_max_window_bits=16',), []),
            (('permessage-deflate; server_max_window_bits',), []),
            (('permessage-deflate; client_max_window_bits=8',), [AGREED]),
            (('permessage-deflate; client_max_window_bits="15"',), [AGREED]),
            (('permessage-deflate; client_max_window_bits=7',), []),
            (('permessage-deflate; client_max_window_bits=',), []),
            (('permessage-deflate; server_no_context_takeover=1',), []),
            (('permessage-deflate; client_no_context_takeover=""',), []),
            (('permessage-deflate; nonsense',), []),
            (('permessage-deflate; client_max_window_bits; client_max_window_bits',), []),
            (('permessage-deflate; server_max_window_bits=9, permessage-deflate',), [AGREED]),
            (('permessage-deflate; server_max_window_bits=9', 'permessage-deflate'), [AGREED]),
            (('x-unknown; a="b\\c"', 'permessage-deflate; server_max_window_bits=15'),
             [AGREED_BITS]),
            (('permessage-deflate', 'permessage-deflate; server_max_window_bits=15'), [AGREED]),
            (('permessage-deflate;;',), []),
            (('permessage-deflate; server_max_window_bits="15',), []),
            (('x-unknown',), []),
            (('',), []),
            ((', ,permessage-deflate,',), [AGREED]),
        )
        async with Service('--compress=always') as service:
            for offers, expected in cases:
                self.assertEqual(await self.answers(service, *offers), expected, offers)

    async def test_who_gets_it(self):
        """auto: nobody on this machine, unless they ask."""
        asking, refusing = f'{IDLE}&compress=true', f'{IDLE}&compress=false'
        for option, answers in (((), ([], [AGREED], [])),
                                (('--compress=auto',), ([], [AGREED], [])),
                                (('--compress=always',), ([AGREED], [AGREED], [])),
                                (('--compress=never',), ([], [], []))):
            async with Service(*option) as service:
                for path, expected in zip((IDLE, asking, refusing), answers):
                    self.assertEqual(await self.answers(service, 'permessage-deflate', path=path),
                                     expected, (option, path))
                # It is no offer of the server's.
                self.assertEqual(await self.answers(service, path=asking), [])

    async def test_what_is_neither_true_nor_false(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', steps=3) as owner:
                name = (await service.session())['name']
                for path in (f'{IDLE}&compress=maybe', f'/sessions/{name}/ws?compress=1',
                             f'/sessions/{name}/ws?compress='):
                    async with await connect(service, path) as client:
                        self.assertEqual(client.response.all('Sec-WebSocket-Extensions'), [])
                        error = json.loads(await client.text())['error']
                        self.assertEqual(error['code'], 'invalid-value')
                        self.assertIn('compress', error['message'])
                        self.assertEqual(await client.close_code(), 1008)
                await owner.send('start')
                await owner.until_told('finished')
            await service.wait_sessions(0)

    async def test_bad_option(self):
        process = await asyncio.create_subprocess_exec(
            os.environ.get('STEPCASTD', 'stepcastd'), '--compress=some',
            stderr=asyncio.subprocess.PIPE)
        _, errors = await within(process.communicate(), 'the end')
        self.assertEqual(process.returncode, 2)
        self.assertIn('--compress', errors.decode())
        self.assertIn('auto, always or never', errors.decode())

    async def test_a_client_that_vanishes_leaves_nothing_behind(self):
        async with Service('--compress=always') as service:
            for _ in range(20):
                client = RawClient(service)
                await client.open(request=(
                    f'GET {IDLE} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                    'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n').encode())
                client.reset()
            self.assertEqual(await self.answers(service, 'permessage-deflate'), [AGREED])
            self.assertEqual(await self.answers(service), [])

    async def test_it_is_told(self):
        async with Service('--compress=always') as service:
            for offers, expected in ((('permessage-deflate',), True), ((), False)):
                async with await connect(service, offers=offers,
                                         protocol='stepcast.v1') as client:
                    hello, _ = await client.message()
                    self.assertEqual(hello['type'], 'hello')
                    self.assertIs(hello['compressed'], expected)


class Frames(TestCase):
    async def test_the_same_as_raw(self):
        """Whoever looks sees the same pictures, however they came."""
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=20000,
                                                steps=40) as owner:
                await owner.next('hello')
                path = f"/sessions/{(await service.session())['name']}/ws"
                asking = f'{path}?compress=true'
                async with await connect(service, asking) as plain, \
                        await connect(service, asking, protocol='stepcast.v1') as v1, \
                        await connect(service, asking, offers=()) as raw:
                    await v1.send_compressed('{"type":"options","id":1,"delivery":"every"}')
                    while (await v1.message())[0]['type'] != 'answer':
                        pass
                    await owner.answered('start')
                    expected, heads = [], []
                    async def read_v1():
                        frames = []
                        for _ in range(40):
                            head, svg = await v1.next_frame()
                            heads.append(head)
                            frames.append(svg)
                        return frames

                    async def read_latest(client):
                        frames = []
                        while not frames or step_of(frames[-1]) < 40:
                            text = await client.text()
                            if not text.startswith('{'):
                                frames.append(text)
                        return frames

                    async def read_owner():
                        for _ in range(40):
                            expected.append((await owner.next('frame'))['svg'])

                    frames, seen, seen_raw, _ = await asyncio.gather(
                        read_v1(), read_latest(plain), read_latest(raw), read_owner())
                    self.assertEqual(digest(frames), digest(expected))
                    self.assertEqual([head['step'] for head in heads], [*range(1, 41)])
                    self.assertEqual([head['serial'] for head in heads], [*range(1, 41)])
                    for texts in (seen, seen_raw):
                        self.assertEqual(digest(texts),
                                         digest([expected[step_of(text) - 1] for text in texts]))
                    self.assertEqual(v1.n_compressed, 40)
                    self.assertLess(v1.n_bytes, sum(map(len, expected)) / 2)
                    self.assertGreater(plain.n_compressed, 0)
                    self.assertEqual(raw.n_compressed, 0)

    async def test_a_client_that_is_not_ours(self):
        """python3-websockets, which compresses what it sends."""
        async with Service() as service:
            url = f'ws://127.0.0.1:{service.port}/ws?generator=pattern&bytes=9000&compress=true'
            async with await service.connect(generator='pattern', bytes=9000) as raw:
                await raw.send('step 10')
                expected = [await raw.frame() for _ in range(10)]
            for protocols, make in ((None, PlainClient), (['stepcast.v1'], V1Client)):
                async with make(await websockets.connect(url, compression='deflate',
                                                         subprotocols=protocols)) as client:
                    self.assertEqual(len(client.socket.extensions), 1)
                    if make is PlainClient:
                        await client.send('step 10')
                        frames = [await client.frame() for _ in range(10)]
                        self.assertEqual((await client.told('paused'))['step'], 10)
                    else:
                        self.assertTrue((await client.message())['compressed'])
                        await client.answered('step', steps=10)
                        frames = [(await client.next('frame'))['svg'] for _ in range(10)]
                    self.assertEqual(digest(frames), digest(expected))

    async def test_of_a_program(self):
        async with Service('--compress=always',
                           program=[PYTHON, PROGRAMS / 'frames.py', '--count', '30',
                                    '--bytes', '3000']) as service:
            async with await connect(service, '/ws') as client:
                await client.send_text('start')
                steps = []
                while not (text := await client.text()).startswith('{'):
                    steps.append(step_of(text))
                self.assertIn('finished', text)
                self.assert_consecutive(steps, 1)
                self.assertEqual(len(steps), 30)
                self.assertEqual((client.n_compressed, client.n_raw), (30, 1))

    async def test_late_joiner_gets_what_there_is(self):
        """A frame that nobody wanted compressed goes out as it is; the next one is compressed."""
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=3000) as owner:
                await owner.send('step 3')
                await owner.until_told('paused')
                path = f"/sessions/{(await service.session())['name']}/ws?compress=true"
                async with await connect(service, path) as late:
                    self.assertEqual(await late.step(), 3)
                    self.assertEqual((late.n_compressed, late.n_raw), (0, 1))
                    await owner.send('step')
                    self.assertEqual(await late.step(), 4)
                    self.assertEqual((late.n_compressed, late.n_raw), (1, 1))
                    async with await connect(service, path) as later:
                        self.assertEqual(await later.step(), 4)
                        self.assertEqual((later.n_compressed, later.n_raw), (1, 0))

    async def test_a_slow_reader(self):
        """Every frame, whole, however little the socket takes at a time; and a stop in between."""
        async with Service('--compress=always') as service:
            async with await connect(service, SLOW, receive_bytes=4096) as client:
                await client.send_text('start')
                await service.wait_held()
                self.assert_consecutive([await client.step() for _ in range(30)], 1)
                await client.send_compressed('stop')
                last = None
                while not (text := await client.text()).startswith('{'):
                    last = step_of(text)
                stopped = json.loads(text)['stopped']
                self.assertGreaterEqual(stopped['step'], last or 30)
                self.assertEqual(client.n_raw, 1)

    async def test_many_of_every_kind(self):
        """40 viewers on one session: compressed or not, plain or v1, in order, nothing torn."""
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=20000) as owner:
                await owner.next('hello')
                await owner.answered('options', delivery='latest')
                path = f"/sessions/{(await service.session())['name']}/ws"
                clients = []
                for i in range(40):
                    clients.append(await connect(
                        service, f'{path}?compress=true' if i % 2 else path,
                        protocol='stepcast.v1' if i % 4 < 2 else None,
                        receive_bytes=4096 if i % 5 == 0 else None))
                await owner.answered('start')

                async def watch(client, index):
                    last = 0
                    for _ in range(20):
                        if index % 4 < 2:
                            head, svg = await client.next_frame()
                            step = step_of(svg)
                            self.assertEqual(head['step'], step)
                        else:
                            step = await client.step()
                        self.assertGreater(step, last)
                        last = step
                    self.assertEqual(client.n_compressed > 0, index % 2 == 1)

                try:
                    await asyncio.gather(*[watch(client, i) for i, client in enumerate(clients)])
                finally:
                    for i, client in enumerate(clients):
                        client.reset() if i % 3 else client.socket.close()


class Incoming(TestCase):
    async def opened(self, service, path=IDLE, **options):
        return await connect(service, f'{path}&compress=true', **options)

    async def test_compressed_commands(self):
        async with Service() as service:
            async with await self.opened(service) as client:
                for level in (0, 1, 9):
                    await client.send_frame(TEXT, deflate('step', level), reserved=RSV1)
                    await client.text()
                    self.assertIn('paused', await client.text())
                await client.send_text('step')  # not compressed: any message may be
                self.assertEqual(await client.step(), 4)
                self.assertIn('paused', await client.text())

                # A block that is marked as the last: RFC 7692, section 7.2.3.4.
                compressor = zlib.compressobj(wbits=-15)
                final = compressor.compress(b'step') + compressor.flush(zlib.Z_FINISH)
                await client.send_frame(TEXT, final + b'\0', reserved=RSV1)
                self.assertEqual(await client.step(), 5)

    async def test_fragments(self):
        async with Service() as service:
            async with await self.opened(service) as client:
                payload = deflate('step 2')
                for size in range(1, len(payload) + 1):
                    parts = [payload[i:i + size] for i in range(0, len(payload), size)]
                    data = b''
                    for i, part in enumerate(parts):
                        data += make_frame(CONTINUATION if i else TEXT, part,
                                           reserved=0 if i else RSV1, fin=i == len(parts) - 1)
                        data += make_frame(PING, b'between')
                    await client.send(data)
                    messages, n_pongs = [], 0
                    while len(messages) < 3 or n_pongs == 0:
                        opcode, message = await client.frame()
                        self.assertIn(opcode, (TEXT, PONG))
                        if opcode == TEXT:
                            messages.append(message)
                        else:
                            n_pongs += 1
                    self.assertIn(b'paused', messages[2])

    async def test_longest_message(self):
        """64 KiB, once it is inflated: refused for what it says, and not for its length."""
        async with Service() as service:
            async with await self.opened(service) as client:
                await client.send_compressed('x' * 65536)
                error = json.loads(await client.text())['error']
                self.assertEqual(error['code'], 'bad-request')
                await client.send_compressed('x' * 65537)
                self.assertEqual(await client.close_code(), 1009)
                await client.eof()

    async def closed_with(self, code, *frames, path=IDLE, offers=('permessage-deflate',),
                          running=False):
        async with Service() as service:
            async with await self.opened(service, path, offers=offers) as client:
                if running:
                    await client.send_text('start')
                    await client.text()
                for frame in frames:
                    await client.send(frame)
                self.assertEqual(await client.close_code(), code, frames)
                await client.eof()
            await service.wait_sessions(0)
            if not SANITIZED:
                self.assertLess(service.rss(), 100 * 2 ** 20)
            async with await service.connect(generator='pattern', steps=3) as other:
                await other.send('start')
                await other.until_told('finished')

    async def test_bomb(self):
        bomb = deflate(b'0' * 50_000_000)
        self.assertLess(len(bomb), 65536)
        await self.closed_with(1009, make_frame(TEXT, bomb, reserved=RSV1))

    async def test_bomb_while_frames_stream(self):
        bomb = deflate(b'0' * 50_000_000)
        await self.closed_with(1009, make_frame(TEXT, bomb, reserved=RSV1), running=True)

    async def test_bomb_in_fragments(self):
        bomb = deflate(b'0' * 5_000_000)
        parts = [bomb[i:i + 50] for i in range(0, len(bomb), 50)]
        frames = [make_frame(CONTINUATION if i else TEXT, part, reserved=0 if i else RSV1, fin=False)
                  for i, part in enumerate(parts)]
        await self.closed_with(1009, b''.join(frames[:200]))

    async def test_bomb_in_stored_blocks(self):
        """No gain in inflating it, but too long on the wire."""
        await self.closed_with(1009, make_frame(TEXT, deflate(os.urandom(70_000)), reserved=RSV1))

    async def test_bad_data(self):
        for payload in (b'\x07', b'\xff' * 100, deflate('step 10')[:-3], b''):
            await self.closed_with(1007, make_frame(TEXT, payload, reserved=RSV1))

    async def test_bad_text(self):
        await self.closed_with(1007, make_frame(TEXT, deflate(b'\xff\xfe'), reserved=RSV1))

    async def test_binary(self):
        await self.closed_with(1003, make_frame(BINARY, deflate(b'step'), reserved=RSV1))

    async def test_reserved_bits(self):
        for frames in ((make_frame(PING, b'', reserved=RSV1),),
                       (make_frame(CLOSE, b'\x03\xe8', reserved=RSV1),),
                       (make_frame(TEXT, deflate('step'), reserved=RSV1 | RSV2),),
                       (make_frame(TEXT, 'step', reserved=RSV3),),
                       (make_frame(CONTINUATION, deflate('step'), reserved=RSV1),),
                       (make_frame(TEXT, 'st', fin=False),
                        make_frame(CONTINUATION, 'ep', reserved=RSV1)),
                       (make_frame(TEXT, deflate('step')[:2], fin=False, reserved=RSV1),
                        make_frame(CONTINUATION, deflate('step')[2:], reserved=RSV1)),
                       (make_frame(TEXT, deflate('step')[:2], fin=False, reserved=RSV1),
                        make_frame(TEXT, deflate('step'), reserved=RSV1)),
                       (make_frame(3, deflate('step'), reserved=RSV1),)):
            await self.closed_with(1002, *frames)

    async def test_not_negotiated(self):
        compressed = make_frame(TEXT, deflate('step'), reserved=RSV1)
        await self.closed_with(1002, compressed, offers=())
        await self.closed_with(1002, compressed,
                               offers=('permessage-deflate; server_max_window_bits=9',))
        async with Service() as service:  # auto, on this machine
            async with await connect(service) as client:
                await client.send(compressed)
                self.assertEqual(await client.close_code(), 1002)

    async def test_flood_of_long_messages(self):
        """What is inflated counts as if it had come so: each is 64 frames of 1,000 a second."""
        loop = asyncio.get_running_loop()
        async with Service() as service:
            async with await self.opened(service) as client:
                message = make_frame(TEXT, deflate('x' * 65000), reserved=RSV1)
                began = loop.time()
                await client.send(message * 1000)

                # Meanwhile the service serves others.
                async with await service.connect(generator='pattern', steps=200) as other:
                    await other.send('start')
                    frames, _ = await other.until_told('finished')
                    self.assertEqual(len(frames), 200)
                for n_answers in range(1, 41):
                    self.assertEqual(json.loads(await client.text())['error']['code'],
                                     'bad-request')
                    # 20: what comes in one read is looked at before it is counted.
                    may_be = (200 + 1000 * (loop.time() - began)) / 64 + 20
                    self.assertLess(n_answers, may_be)


if __name__ == '__main__':
    main()
