#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""RFC 6455 by hand: handshakes, frames that break the rules, and floods."""

import asyncio
import json
import re
import struct

from stepcast import (BINARY, CLOSE, FACTOR, PING, PONG, SANITIZED, TEXT, Service, TestCase,
                      main, make_frame, step_of, wait_for)

CONTINUATION = 0
MIB = 1024 * 1024
IDLE = '/ws?generator=pattern&bytes=300'


class Handshake(TestCase):
    async def test_is_accepted(self):
        async with Service() as service:
            # The example of RFC 6455, section 1.3.
            request = (f'GET {IDLE} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                       'Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n'
                       'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                       'Sec-WebSocket-Version: 13\r\n\r\n').encode()
            async with await service.connect_raw(request=request) as client:
                self.assertEqual(client.response.get('Sec-WebSocket-Accept'),
                                 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
                self.assertEqual(client.response.get('Upgrade').lower(), 'websocket')
                self.assertEqual(client.response.all('Sec-WebSocket-Protocol'), [])

    async def test_extensions_are_declined(self):
        async with Service() as service:
            for offer in ('permessage-deflate', 'permessage-deflate; client_max_window_bits',
                          'permessage-deflate; server_max_window_bits=99',
                          'permessage-deflate; server_max_window_bits=9, permessage-deflate',
                          'x-unknown; a="b"', 'permessage-deflate; nonsense'):
                headers = [('Sec-WebSocket-Extensions', offer)]
                async with await service.connect_raw(IDLE, headers=headers) as client:
                    self.assertEqual(client.response.all('Sec-WebSocket-Extensions'), [], offer)
                    await client.send_text('step')
                    self.assertEqual(await client.step(), 1)

    async def test_subprotocols(self):
        async with Service() as service:
            for offer in ('stepcast.v1', 'x, stepcast.v1', 'stepcast.v1,y'):
                async with await service.connect_raw(IDLE, protocol=offer) as client:
                    self.assertEqual(client.response.all('Sec-WebSocket-Protocol'), ['stepcast.v1'])
                    self.assertEqual(json.loads(await client.text())['type'], 'hello')
            for offer in ('unknown', 'x, y', 'stepcast.v2', 'STEPCAST.V1', 'stepcast.v1x'):
                async with await service.connect_raw(IDLE, protocol=offer, check=False) as client:
                    self.assertEqual(client.status, 400, offer)
            await service.wait_sessions(0)

    async def test_what_is_none(self):
        async with Service() as service:
            def request(*drop, **replace):
                lines = {'Host': f'127.0.0.1:{service.port}', 'Upgrade': 'websocket',
                         'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13',
                         'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}
                for name in drop:
                    del lines[name]
                lines.update({name.replace('_', '-'): value for name, value in replace.items()})
                return '\r\n'.join([f'GET {IDLE} HTTP/1.1', *[f'{name}: {value}' for name, value
                                                             in lines.items()], '', '']).encode()

            bad = (request('Upgrade'), request('Connection'), request('Sec-WebSocket-Key'),
                   request('Sec-WebSocket-Version'), request('Upgrade', 'Connection'),
                   request(Sec_WebSocket_Version='8'), request(Sec_WebSocket_Version='14'),
                   request(Upgrade='h2c'), request(Connection='close'),
                   request(Sec_WebSocket_Key='short'), request(Sec_WebSocket_Key=''),
                   request().replace(b'HTTP/1.1', b'HTTP/1.0'))
            for data in bad:
                async with await service.connect_raw(request=data, check=False) as client:
                    self.assertIn(client.status, (400, 426), data)
            await service.wait_sessions(0)

    async def test_text_that_comes_with_it_is_not_lost(self):
        async with Service() as service:
            request = (f'GET {IDLE} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                       'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                       'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n').encode()
            async with await service.connect_raw(
                    request=request + make_frame(TEXT, 'step 2')) as client:
                self.assertEqual(await client.step(), 1)
                self.assertEqual(await client.step(), 2)


class Violations(TestCase):
    async def closed_with(self, code, *frames, running=False):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                if running:
                    await client.send_text('start')
                    await client.text()
                for frame in frames:
                    await client.send(frame)
                self.assertEqual(await client.close_code(), code)
                await client.eof()
            await service.wait_sessions(0)
            async with await service.connect(generator='pattern', steps=3) as other:
                await other.send('start')
                await other.until_told('finished')

    async def test_unmasked_frame(self):
        await self.closed_with(1002, make_frame(TEXT, 'start', mask=False))

    async def test_unmasked_frame_while_frames_stream(self):
        await self.closed_with(1002, make_frame(TEXT, 'stop', mask=False), running=True)

    async def test_unmasked_ping(self):
        await self.closed_with(1002, make_frame(PING, 'x', mask=False))

    async def test_reserved_bits(self):
        for reserved in (1, 2, 4, 7):
            await self.closed_with(1002, make_frame(TEXT, 'start', reserved=reserved))

    async def test_unknown_opcodes(self):
        for opcode in (3, 7, 11, 15):
            await self.closed_with(1002, make_frame(opcode, 'x'))

    async def test_binary(self):
        await self.closed_with(1003, make_frame(BINARY, b'start'))
        await self.closed_with(1003, make_frame(BINARY, b'start'), running=True)

    async def test_binary_in_fragments(self):
        await self.closed_with(1003, make_frame(BINARY, b'st', fin=False),
                               make_frame(CONTINUATION, b'art'))

    async def test_invalid_utf8(self):
        for text in (b'\xff', b'\xc0\xaf', b'\xed\xa0\x80', b'start\x80', b'\xf4\x90\x80\x80',
                     b'\xe2\x82'):
            await self.closed_with(1007, make_frame(TEXT, text))

    async def test_utf8_may_be_cut_by_a_fragment(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send_frame(TEXT, b'caf\xc3', fin=False)
                await client.send_frame(CONTINUATION, b'\xa9')
                self.assertIn('café', json.loads(await client.text())['error']['message'])

    async def test_too_long(self):
        await self.closed_with(1009, make_frame(TEXT, b'x' * (64 * 1024 + 1)))
        await self.closed_with(1009, make_frame(TEXT, b'x' * (64 * 1024 + 1)), running=True)

    async def test_much_too_long(self):
        """The close is received though much more was sent than will ever be read."""
        for size in (200_000, 1_000_000):
            async with Service() as service:
                async with await service.connect_raw(IDLE) as client:
                    sending = asyncio.ensure_future(client.send_frame(TEXT, b'x' * size))
                    self.assertEqual((await client.until(CLOSE))[:2], struct.pack('>H', 1009))
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
                await service.wait_sessions(0)

    async def test_only_the_claim_is_too_long(self):
        for length in (64 * 1024 + 1, 2 ** 31, 2 ** 32, 2 ** 62):
            await self.closed_with(1009, make_frame(TEXT, b'x' * 10, length=length))

    async def test_the_longest(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send_text('x' * 64 * 1024)
                self.assertEqual(json.loads(await client.text())['error']['code'], 'bad-request')

    async def test_too_long_in_fragments(self):
        await self.closed_with(1009, make_frame(TEXT, b'x' * 40000, fin=False),
                               make_frame(CONTINUATION, b'x' * 40000, fin=False))

    async def test_too_many_fragments(self):
        await self.closed_with(1009, make_frame(TEXT, b'', fin=False),
                               make_frame(CONTINUATION, b'', fin=False) * 300)

    async def test_control_frames_that_are_none(self):
        for frame in (make_frame(PING, b'x' * 126), make_frame(PING, b'x', fin=False),
                      make_frame(CLOSE, b'x' * 126), make_frame(CLOSE, b'\x03')):
            await self.closed_with(1002, frame)

    async def test_continuation_of_nothing(self):
        await self.closed_with(1002, make_frame(CONTINUATION, b'start'))

    async def test_a_message_inside_a_message(self):
        await self.closed_with(1002, make_frame(TEXT, b'st', fin=False), make_frame(TEXT, b'art'))

    async def test_garbage(self):
        async with Service() as service:
            for data in (b'GET / HTTP/1.1\r\n\r\n', b'\xff' * 1000, b'\0' * 1000,
                         bytes(range(256)) * 10):
                async with await service.connect_raw(IDLE) as client:
                    await client.send(data)
                    await client.eof()
            await service.wait_sessions(0)


class Messages(TestCase):
    async def test_a_fragmented_command(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send_frame(TEXT, 'st', fin=False)
                await client.send_frame(PING, 'between')
                await client.send_frame(CONTINUATION, 'ep', fin=False)
                await client.send_frame(CONTINUATION, '', fin=False)
                await client.send_frame(CONTINUATION, ' 2')
                self.assertEqual(await client.until(PONG), b'between')
                self.assertEqual([await client.step(), await client.step()], [1, 2])
                self.assertEqual(json.loads(await client.text()), {'paused': {'step': 2}})

    async def test_of_256_fragments(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                text = b'step 3' + b' ' * 250
                await client.send_frame(TEXT, text[:1], fin=False)
                for index in range(1, 255):
                    await client.send_frame(CONTINUATION, text[index:index + 1], fin=False)
                await client.send_frame(CONTINUATION, text[255:])
                self.assertEqual(await client.step(), 1)

    async def test_byte_by_byte(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                for byte in make_frame(PING, 'x') + make_frame(TEXT, 'step'):
                    await client.send(bytes([byte]))
                self.assertEqual(await client.until(PONG), b'x')
                self.assertEqual(await client.step(), 1)

    async def test_many_in_one_segment(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send(make_frame(TEXT, 'step') + make_frame(TEXT, 'set bytes=400') +
                                  make_frame(TEXT, 'stop') * 3 + make_frame(PING, 'end'))
                # Each is answered; a change that meets a stop is answered after it.
                awaited = {'"stopped"': 3, '"set"': 1, 'pong': 1}
                while any(awaited.values()):
                    opcode, payload = await client.frame()
                    kind = re.match(r'\{("\w+")', payload.decode()) if opcode == TEXT else None
                    kind = kind.group(1) if kind else 'pong' if opcode == PONG else None
                    if kind in awaited:
                        awaited[kind] -= 1
                        self.assertGreaterEqual(awaited[kind], 0, kind)

    async def test_an_empty_one(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send_text('')
                self.assertEqual(json.loads(await client.text())['error']['code'], 'bad-request')


class Pings(TestCase):
    async def test_are_answered(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                for payload in (b'', b'x', b'\0\xff' * 62 + b'z'):
                    await client.send_frame(PING, payload)
                    self.assertEqual(await client.frame(), (PONG, payload))
                await client.send_frame(PONG, b'unasked')
                await client.send_frame(PING, b'after')
                self.assertEqual(await client.frame(), (PONG, b'after'))

    async def test_while_frames_stream(self):
        async with Service() as service:
            for size in (300, 100_000):
                async with await service.connect_raw(
                        f'/ws?generator=pattern&bytes={size}') as client:
                    await client.send_text('start')
                    steps = [await client.step()]
                    for index in range(20):
                        payload = f'ping {index}'.encode()
                        await client.send_frame(PING, payload)
                        while True:
                            opcode, data = await client.frame()
                            if opcode == PONG:
                                break
                            self.assertEqual(opcode, TEXT)
                            steps.append(step_of(data.decode()))
                        self.assertEqual(data, payload)
                    self.assert_consecutive(steps, 1)

    async def test_more_than_a_second_takes_are_answered_later(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                count = 1500
                await client.send(b''.join(make_frame(PING, str(index)) for index in range(count)))
                for index in range(count):
                    self.assertEqual(await client.frame(), (PONG, str(index).encode()))

    async def flood(self, service, frame, path=IDLE, before=None):
        """Sends as much as the server takes, up to 8 MB or for 10 s, and never reads."""
        client = await service.connect_raw(path, receive_bytes=16384)
        if before:
            await client.send_text(before)
        chunk = frame * 200
        sent, loop = 0, asyncio.get_running_loop()
        deadline = loop.time() + 10
        try:
            while sent < 8 * MIB and loop.time() < deadline:
                await asyncio.wait_for(loop.sock_sendall(client.socket, chunk), 2)
                sent += len(chunk)
        except (asyncio.TimeoutError, ConnectionError):
            pass  # it reads no more, or it has closed
        return client

    async def check_flood(self, frame, **options):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as other:
                await other.send('start')
                await other.steps(100)
                before = service.rss()
                flooding = asyncio.ensure_future(self.flood(service, frame, **options))
                while not flooding.done():
                    await other.step()
                    self.assertEqual((await service.get('/health')).status, 200)
                    if not SANITIZED:
                        self.assertLess(service.rss() - before, 4 * MIB)
                client = await flooding
                # The client that pings is seen to go, though nothing of it is read.
                client.reset()
                await service.wait_sessions(1)
                await other.stop()

    async def test_floods_that_are_not_read(self):
        await self.check_flood(make_frame(PING, b'x' * 125))

    async def test_floods_while_frames_wait(self):
        await self.check_flood(make_frame(PING, b'x' * 125), before='start',
                               path='/ws?generator=pattern&bytes=100000')

    async def test_floods_of_commands_that_are_not_read(self):
        await self.check_flood(make_frame(TEXT, 'nonsense ' * 10))

    async def test_floods_of_stop_and_start(self):
        await self.check_flood(make_frame(TEXT, 'stop') + make_frame(TEXT, 'start'))


class Close(TestCase):
    async def test_is_echoed(self):
        async with Service() as service:
            for code in (1000, 1001, 3000, 4999):
                for running in (False, True):
                    async with await service.connect_raw(IDLE) as client:
                        if running:
                            await client.send_text('start')
                            await client.text()
                        await client.send_frame(CLOSE, struct.pack('>H', code) + b'bye')
                        payload = await client.until(CLOSE)
                        self.assertEqual(struct.unpack('>H', payload[:2])[0], code)
                        await client.eof()
                await service.wait_sessions(0)

    async def test_without_a_code(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send_frame(CLOSE)
                self.assertIn(await client.until(CLOSE), (b'', struct.pack('>H', 1000)))
                await client.eof()
            await service.wait_sessions(0)

    async def test_codes_that_must_not_be_sent(self):
        async with Service() as service:
            for code in (0, 999, 1005, 1006, 1015):
                async with await service.connect_raw(IDLE) as client:
                    await client.send_frame(CLOSE, struct.pack('>H', code))
                    self.assertEqual(await client.until(CLOSE), struct.pack('>H', 1002), code)
                    await client.eof()

    async def test_nothing_is_done_after_it(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                await client.send(make_frame(CLOSE, b'\x03\xe8') + make_frame(TEXT, 'start'))
                self.assertEqual(await client.frame(), (CLOSE, b'\x03\xe8'))
                await client.eof()
            await service.wait_sessions(0)

    async def test_a_peer_that_does_not_answer_the_close_is_dropped(self):
        async with Service() as service:
            async with await service.connect_raw(IDLE) as client:
                files = service.count_files()
                await client.send_frame(BINARY, b'x')
                await client.until(CLOSE)
                await service.wait_sessions(0)
                await wait_for(lambda: service.count_files() < files, 'a closed socket',
                               30 * FACTOR)


if __name__ == '__main__':
    main()
