#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Server-sent events: /events and /sessions/NAME/events."""

import asyncio
import json
import socket
import struct

from stepcast import (FACTOR, SANITIZED, Response, Service, TestCase, main, parse_head, wait_for,
                      within)

MIB = 1024 * 1024

# How long a reader may take nothing, and how late that may be noticed: doc/protocol.md.
STALL = 60
TICK = 15


class Event:
    def __init__(self, name, id_, data):
        self.name = name
        self.id = id_
        self.data = json.loads(data)

    def __repr__(self):
        return f'<{self.name} {self.id or ""} {self.data}>'


class Stream:
    """A reader of events, by the rules of the HTML standard."""

    def __init__(self, service, receive_bytes=None):
        self.service = service
        self.receive_bytes = receive_bytes
        self.buffer = b''
        self.comments = 0
        self.retries = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.socket.close()

    async def open(self, path, *headers, check=True):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if self.receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_bytes)
        loop = asyncio.get_running_loop()
        await within(loop.sock_connect(self.socket, ('127.0.0.1', self.service.port)),
                     'a connection')
        if self.service.token and 'token=' not in path:
            path += ('&' if '?' in path else '?') + f'token={self.service.token}'
        lines = [f'GET {path} HTTP/1.1', f'Host: 127.0.0.1:{self.service.port}',
                 *(f'{name}: {value}' for name, value in headers), '', '']
        await loop.sock_sendall(self.socket, '\r\n'.join(lines).encode())
        while b'\r\n\r\n' not in self.buffer:
            assert await self.fill(), f'closed in the response: {self.buffer!r}'
        head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
        self.response = Response(*parse_head(head), b'')
        if check:
            assert self.response.status == 200, self.response

    async def fill(self, patience=None):
        """More of what the server sent; false at its end."""
        receiving = asyncio.get_running_loop().sock_recv(self.socket, 1 << 18)
        data = await (within(receiving, 'bytes from the server', patience) if patience else
                      within(receiving, 'bytes from the server'))
        self.buffer += data
        return bool(data)

    async def event(self):
        """The next event, or None at the end of the stream. Comments are none."""
        return await within(self.read_event(), 'an event')

    async def read_event(self):
        while True:
            while b'\n\n' not in self.buffer:
                if not await self.fill():
                    assert not self.buffer, f'half an event: {self.buffer!r}'
                    return None
            block, _, self.buffer = self.buffer.partition(b'\n\n')
            event = self.parse(block.decode())
            if event is not None:
                return event

    def parse(self, block):
        fields = {}
        for line in block.split('\n'):
            name, colon, value = line.partition(':')
            assert colon and '\r' not in line, repr(block)
            if not name:
                self.comments += 1
            elif name == 'retry':
                self.retries.append(value.strip())
            else:
                assert name in ('event', 'id', 'data') and name not in fields, repr(block)
                fields[name] = value[1:] if value.startswith(' ') else value
        return Event(fields['event'], fields.get('id'), fields['data']) if fields else None

    async def until(self, name, condition=lambda event: True):
        """Reads on to an event of that name that fulfils @condition: all up to it."""
        events = []
        while True:
            event = await self.event()
            assert event is not None, f'the end of the stream before {name}: {events[-5:]}'
            events.append(event)
            if event.name == name and condition(event):
                return events

    async def next(self, name, condition=lambda event: True):
        return (await self.until(name, condition))[-1]

    async def next_state(self, state):
        return await self.next('state', lambda event: event.data['state'] == state)

    async def rest(self):
        """All up to the end."""
        events = []
        while (event := await self.event()) is not None:
            events.append(event)
        return events

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()


async def connect(service, path, *headers, receive_bytes=None, check=True):
    stream = Stream(service, receive_bytes)
    await stream.open(path, *headers, check=check)
    return stream


class Checks(TestCase):
    async def send(self, service, method, path, content=None, status=200):
        body = b'' if content is None else json.dumps(content).encode()
        response = await service.request(method, path, ('Content-Type', 'application/json'),
                                         body=body)
        self.assertEqual(response.status, status, response)
        return response

    async def create(self, service, name='shown', **parameters):
        await self.send(service, 'POST', '/sessions',
                        {'generator': 'pattern', 'name': name,
                         'parameters': {'bytes': 400, **parameters}}, 201)
        return f'/sessions/{name}'

    async def do(self, service, path, what, **members):
        await self.send(service, 'PATCH', path, {'do': what, **members})


class OfASession(Checks):
    async def test_tells_how_things_are_first(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events') as stream:
                self.assertEqual(stream.response.all('Content-Type'), ['text/event-stream'])
                self.assertEqual(stream.response.all('Cache-Control'), ['no-store'])
                self.assertEqual(stream.response.all('X-Content-Type-Options'), ['nosniff'])
                self.assertIsNone(stream.response.get('Content-Length'))
                state, parameters = await stream.event(), await stream.event()
                self.assertEqual((state.name, state.data),
                                 ('state', {'type': 'state', 'state': 'idle', 'run': 0, 'step': 0,
                                            'reason': None, 'by': None, 'held-by': None}))
                self.assertEqual((parameters.name, parameters.data),
                                 ('parameters', {'type': 'parameters',
                                                 'values': {'bytes': 400, 'steps': 0},
                                                 'by': None}))
                self.assertEqual(stream.retries, ['2000'])
                self.assertEqual((await service.session())['viewers'], 1)

    async def test_each_change_of_state(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events?frames=false') as stream:
                await self.do(service, path, 'start')
                await self.do(service, path, 'pause')
                await service.wait_state('paused')
                await self.do(service, path, 'resume')
                await self.do(service, path, 'stop')
                await self.do(service, path, 'step', steps=2)
                await service.wait_state('paused')
                response = await self.send(service, 'DELETE', path, status=204)
                self.assertEqual(response.status, 204)
                events = await stream.rest()
            states = [event.data['state'] for event in events if event.name == 'state']
            self.assertEqual(states, ['idle', 'running', 'paused', 'running', 'stopping', 'stopped',
                                      'running', 'paused', 'stopping', 'stopped'])
            self.assertEqual((events[-1].name, events[-1].data),
                             ('closed', {'type': 'closed', 'name': 'shown'}))
            self.assertEqual([event.name for event in events].count('closed'), 1)

    async def test_parameters_by_whom_ever(self):
        async with Service() as service:
            path = await self.create(service)
            async with (await connect(service, path + '/events') as stream,
                        await service.connect_v1(path + '/ws') as viewer):
                await stream.next('parameters')
                await viewer.answered('set', values={'bytes': 555})
                told = await stream.next('parameters')
                self.assertEqual(told.data['values']['bytes'], 555)
                await self.send(service, 'PATCH', path, {'parameters': {'bytes': 666}})
                told = await stream.next('parameters')
                self.assertEqual(told.data['values']['bytes'], 666)

    async def test_notices_of_frames(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events') as stream:
                for run, steps in ((1, 3), (1, 4), (1, 2)):
                    await self.do(service, path, 'step', steps=steps)
                    session = await service.wait_state('paused')
                    frame = await stream.next(
                        'frame', lambda event: event.data['step'] == session['step'])
                    self.assertEqual(set(frame.data),
                                     {'type', 'run', 'serial', 'step', 'time', 'bytes'})
                    self.assertEqual((frame.data['run'], frame.data['bytes']), (run, 400))
                    self.assertEqual(frame.id, f'{run}-{frame.data["serial"]}')
                    # What is told is what there is to be fetched, and need not be fetched twice.
                    picture = await service.get(path + '/frame.svg')
                    self.assertEqual(picture.get('ETag'), f'"{frame.id}"')
                    self.assertEqual(len(picture.body), frame.data['bytes'])
                    again = await service.get(path + '/frame.svg',
                                              ('If-None-Match', f'"{frame.id}"'))
                    self.assertEqual(again.status, 304)

    async def test_who_comes_late_or_again_is_told_the_newest(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events') as first:
                await self.do(service, path, 'step', steps=9)
                frame = await first.next('frame', lambda event: event.data['step'] == 9)
                for headers in ((), (('Last-Event-ID', '1-1'),), (('Last-Event-ID', '9-9'),),
                                (('Last-Event-ID', 'x' * 1000),)):
                    async with await connect(service, path + '/events', *headers) as late:
                        events = await late.until('frame')
                        self.assertEqual([event.name for event in events],
                                         ['state', 'parameters', 'frame'])
                        self.assertEqual((events[-1].id, events[-1].data), (frame.id, frame.data))

    async def test_serials_only_grow(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events?max-fps=60') as stream:
                await self.do(service, path, 'start')
                last, steps = 0, []
                while len(steps) < 30:
                    event = await stream.event()
                    self.assertNotIn('<svg', repr(event))
                    if event.name == 'frame':
                        self.assertGreater(event.data['serial'], last)
                        last = event.data['serial']
                        steps.append(event.data['step'])
                self.assertEqual(steps, sorted(set(steps)))
                await self.do(service, path, 'stop')

    async def test_no_frames_where_nobody_wants_them(self):
        """To watch a state costs no drawing: the first that is drawn is the one asked for here."""
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events?frames=false') as stream:
                await self.do(service, path, 'start')
                before = await stream.until('progress', lambda event: event.data['step'] > 100)
                await self.do(service, path, 'pause')
                before += await stream.until('state', lambda e: e.data['state'] == 'paused')
                picture = await service.get(path + '/frame.svg')
                self.assertEqual(picture.get('ETag'), '"1-1"')
                await self.send(service, 'DELETE', path, status=204)
                events = before + await stream.rest()
                self.assertEqual([event for event in events if event.name == 'frame'], [])

    async def test_limits_by_time(self):
        """Others have each of 100 frames a second; this one has its own pace."""
        async with Service() as service:
            path = await self.create(service)
            await self.send(service, 'PATCH', path, {'rate': 100})
            loop = asyncio.get_running_loop()
            async with await service.connect_v1(path + '/ws') as viewer:
                draining = asyncio.ensure_future(viewer.drain())
                async with (await connect(service, path + '/events') as usual,
                            await connect(service, path + '/events?max-fps=2') as slow):
                    began = loop.time()
                    await self.do(service, path, 'start')
                    events = await usual.until('progress', lambda e: e.data['step'] > 200)
                    elapsed = loop.time() - began
                    counts = {name: sum(event.name == name for event in events)
                              for name in ('frame', 'progress')}
                    self.assertLessEqual(counts['frame'], 10 * elapsed + 2)
                    self.assertLessEqual(counts['progress'], 4 * elapsed + 2)
                    self.assertGreaterEqual(counts['frame'], 4)
                    self.assertGreaterEqual(counts['progress'], 3)
                    await self.do(service, path, 'stop')
                    events = await slow.until('state', lambda e: e.data['state'] == 'stopped')
                    elapsed = loop.time() - began
                    frames = [event for event in events if event.name == 'frame']
                    serials = [event.data['serial'] for event in frames]
                    self.assertEqual(serials, sorted(set(serials)))
                    self.assertLessEqual(len(frames), 2 * elapsed + 2)
                    self.assertGreaterEqual(len(frames), 2)
                draining.cancel()

    async def test_what_is_wrong(self):
        async with Service() as service:
            path = await self.create(service)
            for query in ('max-fps=0', 'max-fps=61', 'max-fps=x', 'max-fps=', 'frames=x',
                          'frames=', 'max-fps=10&frames=0'):
                response = await service.get(f'{path}/events?{query}')
                self.assertEqual((response.status, response.json['error']['code']),
                                 (400, 'invalid-value'), query)
            response = await service.get('/sessions/nope/events')
            self.assertEqual((response.status, response.json['error']['code']),
                             (404, 'unknown-session'))
            self.assertEqual((await service.get(path + '/events/x')).status, 404)
            self.assertEqual((await service.get('/events/x')).status, 404)
            self.assertEqual((await service.session())['viewers'], 0)

    async def test_head_has_no_body(self):
        async with Service() as service:
            path = await self.create(service)
            for url in ('/events', path + '/events'):
                response = await service.request('HEAD', url)
                self.assertEqual((response.status, response.get('Content-Type')),
                                 (200, 'text/event-stream'))
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(f'HEAD {url} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n'
                             .encode())
                data = await within(reader.read(), 'the end of the response')
                self.assertTrue(data.endswith(b'\r\n\r\n'), data)
                writer.close()
            self.assertEqual((await service.session())['viewers'], 0)

    async def test_roles(self):
        async with Service(auth=None) as service:
            async with await service.connect(generator='pattern'):
                for path in ('/events', '/sessions/pattern_1/events'):
                    self.assertEqual((await service.get(path)).status, 401)
                    self.assertEqual((await service.get(path + '?token=' + '0' * 32)).status, 401)
                    view = service.view_token()
                    async with await connect(service, f'{path}?token={view}') as stream:
                        self.assertIn((await stream.event()).name, ('sessions', 'state'))
                    response = await service.get(f'{path}?token={view}',
                                                 ('Origin', 'http://evil.example'))
                    self.assertEqual(response.status, 403)

    async def test_the_end_of_an_owner_is_its_end(self):
        async with Service() as service:
            async with await service.connect(generator='pattern'):
                stream = await connect(service, '/sessions/pattern_1/events')
                await stream.next('parameters')
            events = await stream.rest()
            self.assertEqual(events[-1].name, 'closed')
            stream.socket.close()


class OfAll(Checks):
    async def test_from_opened_to_closed(self):
        async with Service() as service:
            await self.create(service, 'first')
            async with await connect(service, '/events') as stream:
                self.assertEqual(stream.response.all('Content-Type'), ['text/event-stream'])
                event = await stream.event()
                self.assertEqual((event.name, event.data),
                                 ('sessions', (await service.get('/sessions')).json))
                self.assertEqual(stream.retries, ['2000'])

                path = await self.create(service, 'second')
                event = await stream.event()
                self.assertEqual((event.name, event.data), ('opened', await service.session('second')))
                for what, states in (('start', ['running']), ('stop', ['stopping', 'stopped'])):
                    await self.do(service, path, what)
                    for state in states:
                        event = await stream.next('changed', lambda e: e.data['state'] == state)
                        self.assertEqual(event.data['name'], 'second')
                await self.send(service, 'DELETE', path, status=204)
                event = await stream.next('closed')
                self.assertEqual(event.data, {'name': 'second'})
                # It goes on: the name can be had again.
                await self.create(service, 'second')
                self.assertEqual((await stream.event()).name, 'opened')

    async def test_steps_are_told_now_and_then(self):
        async with Service() as service:
            path = await self.create(service)
            loop = asyncio.get_running_loop()
            async with await connect(service, '/events') as stream:
                await stream.next('sessions')
                began = loop.time()
                await self.do(service, path, 'start')
                changes = []
                while len(changes) < 6:
                    event = await stream.event()
                    self.assertEqual((event.name, event.data['name']), ('changed', 'shown'))
                    changes.append(event.data)
                # One at once for the state, and the first after a quiet time.
                self.assertLessEqual(len(changes), 2 * (loop.time() - began) + 3)
                steps = [change['step'] for change in changes]
                self.assertEqual(steps, sorted(steps))
                self.assertGreater(steps[-1], steps[1])
                await self.do(service, path, 'stop')

    async def test_nobody_counts_as_a_viewer(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, '/events') as stream:
                await stream.next('sessions')
                self.assertEqual((await service.session())['viewers'], 0)
                async with await connect(service, path + '/events'):
                    event = await stream.next('changed')
                    self.assertEqual(event.data['viewers'], 1)
                await stream.next('changed', lambda event: event.data['viewers'] == 0)


class Readers(Checks):
    async def fill(self, service, viewer, path):
        """Changes parameters until far more has been told than a socket takes: the last value."""
        for value in range(1000, 5000):
            await viewer.send_json(type='set', values={'bytes': value})
        await viewer.answered('set', values={'bytes': 9999})

    async def test_a_slow_one_is_told_the_newest(self):
        async with Service() as service:
            path = await self.create(service)
            async with (await connect(service, path + '/events', receive_bytes=2048) as slow,
                        await connect(service, path + '/events') as other,
                        await service.connect_v1(path + '/ws') as viewer):
                before = service.rss()
                reading = asyncio.ensure_future(
                    other.until('parameters', lambda e: e.data['values']['bytes'] == 9999))
                await self.fill(service, viewer, path)
                # It hinders nobody, and is no heap.
                self.assertGreater(len(await reading), 1000)
                if not SANITIZED:
                    self.assertLess(service.rss() - before, 4 * MIB)
                await self.do(service, path, 'step', steps=3)
                await service.wait_state('paused')

                events = await slow.until('state', lambda event: event.data['state'] == 'paused')
                if not any(event.name == 'frame' and event.data['step'] == 3 for event in events):
                    await slow.next('frame', lambda event: event.data['step'] == 3)
                values = [event.data['values']['bytes'] for event in events
                          if event.name == 'parameters'][1:]
                self.assertEqual(values, sorted(set(values)))
                self.assertEqual(values[-1], 9999)
                self.assertLess(len(values), 3900)
                # Of the states only the newest is told.
                self.assertEqual([e.data['state'] for e in events if e.name == 'state'],
                                 ['idle', 'paused'])

    async def test_a_slow_one_of_all_is_told_the_list_again(self):
        async with Service() as service:
            path = await self.create(service)
            async with (await connect(service, '/events', receive_bytes=2048) as slow,
                        await service.connect_v1(path + '/ws') as viewer):
                for _ in range(500):
                    await viewer.answered('start')
                    await viewer.answered('stop')
                await self.create(service, 'last')

                await slow.next('sessions')
                events = await slow.until('sessions')
                self.assertEqual([session['name'] for session in events[-1].data['sessions']],
                                 ['shown', 'last'])
                self.assertLess(len(events), 1500)
                await self.send(service, 'DELETE', '/sessions/last', status=204)
                self.assertEqual((await slow.next('closed')).data, {'name': 'last'})

    async def test_those_who_vanish(self):
        async with Service() as service:
            path = await self.create(service)
            await self.do(service, path, 'start')
            files = service.count_files()
            for url in ('/events', path + '/events', path + '/events?frames=false'):
                for how in ('close', 'reset', 'half-close'):
                    streams = [await connect(service, url) for _ in range(5)]
                    for stream in streams:
                        await stream.event()
                        if how == 'reset':
                            stream.reset()
                        elif how == 'half-close':
                            stream.socket.shutdown(socket.SHUT_WR)
                        else:
                            stream.socket.close()
                    await wait_for(lambda: service.count_files() <= files,
                                   f'the end of all connections ({url}, {how})')
                    self.assertEqual((await service.session())['viewers'], 0)
                    for stream in streams:
                        stream.socket.close()
            await self.do(service, path, 'stop')

    async def test_one_that_vanishes_while_it_waits(self):
        async with Service() as service:
            path = await self.create(service)
            files = service.count_files()
            async with await service.connect_v1(path + '/ws') as viewer:
                for reset in (True, False):
                    slow = await connect(service, path + '/events', receive_bytes=2048)
                    await self.fill(service, viewer, path)
                    self.assertEqual((await service.session())['viewers'], 2)
                    if reset:
                        slow.reset()
                    else:
                        slow.socket.close()
                    await wait_for(lambda: self.has_viewers(service, 1), 'the end of a viewer')
            await wait_for(lambda: service.count_files() <= files, 'the end of all connections')

    @staticmethod
    async def has_viewers(service, count):
        return (await service.session())['viewers'] == count

    async def test_one_that_talks(self):
        async with Service() as service:
            path = await self.create(service)
            async with await connect(service, path + '/events') as stream:
                await stream.next('parameters')
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(stream.socket, b'GET / HTTP/1.1\r\n\r\n')
                await self.do(service, path, 'step')
                await stream.next('frame')
                try:
                    while True:
                        await within(loop.sock_sendall(stream.socket, b'x' * 65536), 'sending')
                except ConnectionError:
                    pass
            await wait_for(lambda: self.has_viewers(service, 0), 'the end of a viewer')

    async def test_a_hundred(self):
        """They see the same frames, which are drawn once."""
        async with Service() as service:
            path = await self.create(service)
            files = service.count_files()
            streams = [await connect(service, path + '/events') for _ in range(100)]
            streams += [await connect(service, '/events') for _ in range(20)]
            await wait_for(lambda: self.has_viewers(service, 100), 'a hundred viewers')
            await self.do(service, path, 'start')

            async def read(stream):
                return await stream.until('frame', lambda e: e.data['serial'] >= 10)

            seen = await asyncio.gather(*[read(stream) for stream in streams[:100]])
            for events in seen:
                serials = [event.data['serial'] for event in events if event.name == 'frame']
                self.assertEqual(serials, sorted(set(serials)))
            await self.do(service, path, 'stop')
            await asyncio.gather(*[stream.next('changed', lambda e: e.data['state'] == 'stopped')
                                   for stream in streams[100:]])
            for stream in streams:
                stream.socket.close()
            await wait_for(lambda: service.count_files() <= files, 'the end of all connections')
            self.assertEqual((await service.session())['viewers'], 0)

    async def test_the_service_ends(self):
        async with Service() as service:
            path = await self.create(service)
            await self.do(service, path, 'start')
            streams = [await connect(service, path + '/events') for _ in range(20)]
            others = [await connect(service, '/events') for _ in range(20)]
            for stream in streams + others:
                await stream.event()
            loop = asyncio.get_running_loop()
            began = loop.time()
            service.expected_end = 0
            service.process.terminate()
            for stream in streams:
                self.assertEqual((await stream.rest())[-1].name, 'closed')
            for stream in others:
                await stream.rest()
            await within(service.process.wait(), 'the end of the service')
            self.assertLess(loop.time() - began, FACTOR)
            for stream in streams + others:
                stream.socket.close()

    async def test_the_service_ends_without_those_who_do_not_read(self):
        async with Service() as service:
            path = await self.create(service)
            slow = await connect(service, path + '/events', receive_bytes=2048)
            all_ = await connect(service, '/events', receive_bytes=2048)
            async with await service.connect_v1(path + '/ws') as viewer:
                await self.fill(service, viewer, path)
            service.expected_end = 0
            service.process.terminate()
            # What peers get to say goodbye in is a second.
            await within(service.process.wait(), 'the end of the service', 3 * FACTOR)
            slow.socket.close()
            all_.socket.close()


class Stalled(Checks):
    async def test_who_takes_nothing_is_let_go(self):
        """And who takes a little now and then is not; and who has nothing to take is told that the
        server is there."""
        async with Service() as service:
            path = await self.create(service, 'large', bytes=8 * MIB)
            quiet = await self.create(service, 'quiet')
            await self.do(service, path, 'step')
            await service.wait_state('paused', 'large')
            busy = await self.create(service, 'busy')
            loop = asyncio.get_running_loop()

            picture = await connect(service, path + '/frame.svg', receive_bytes=2048)
            slow = await connect(service, path + '/frame.svg', receive_bytes=65536)
            stalled = await connect(service, busy + '/events', receive_bytes=2048)
            idle = await connect(service, quiet + '/events')
            async with await service.connect_v1(busy + '/ws') as viewer:
                for value in range(1000, 5000):
                    await viewer.send_json(type='set', values={'bytes': value})
                await viewer.answered('set', values={'bytes': 9999})
            began = loop.time()
            length = int(slow.response.get('Content-Length'))
            self.assertEqual(length, 8 * MIB)

            async def trickle():
                """More than what the kernel holds ahead of it, but far from all."""
                while loop.time() - began < STALL + TICK + 5:
                    goal = self.taken + MIB // 4
                    while self.taken < goal:
                        await take()
                    await asyncio.sleep(5)

            async def take():
                slow.buffer = b''
                self.assertTrue(await slow.fill(), 'more of the answer')
                self.taken += len(slow.buffer)

            async def listen():
                while loop.time() - began < STALL + TICK + 5:
                    if idle.buffer.count(b':\n\n') < 4:
                        await idle.fill(60)
                    else:
                        return

            self.taken = len(slow.buffer)
            await asyncio.gather(
                trickle(), listen(),
                wait_for(lambda: self.are_gone(service), 'the end of a stream that is not read',
                         STALL + 2 * TICK + 20))
            self.assertGreaterEqual(loop.time() - began, STALL - 5)
            await wait_for(lambda: self.is_cut(picture, length), 'the end of an answer')

            # This one is as it was.
            self.assertLess(self.taken, length)
            while self.taken < length:
                await take()
            self.assertEqual(self.taken, length)
            for stream in (picture, slow, stalled, idle):
                stream.socket.close()

    @staticmethod
    async def are_gone(service):
        return (await service.session('busy'))['viewers'] == 0

    @staticmethod
    async def is_cut(stream, length):
        """Reads what there is; true at the end, which is too soon."""
        try:
            while await stream.fill():
                pass
        except ConnectionError:
            pass
        assert len(stream.buffer) < length, 'all of it came'
        return True


if __name__ == '__main__':
    main()
