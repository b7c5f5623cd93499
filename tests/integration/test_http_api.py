#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Steering by plain HTTP: POST /sessions, PATCH and DELETE /sessions/NAME."""

import asyncio
import contextlib
import json

from stepcast import (FACTOR, PROGRAMS, PYTHON, SANITIZED, Service, TestCase, command_of,
                      descendants, main, parse_head, wait_for, within)

JSON = ('Content-Type', 'application/json')
KIB = 1024
MIB = 1024 * 1024


async def send(service, method, path, content=None, *headers, **options):
    """A request with @content as JSON."""
    body = b'' if content is None else json.dumps(content).encode()
    return await service.request(method, path, JSON, *headers, body=body, **options)


class Checks(TestCase):
    def assert_refused(self, response, status, code):
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.json['error']['code'], code, response)
        self.assertTrue(response.json['error']['message'])
        return response.json['error']['message']

    async def open(self, service, **members):
        response = await send(service, 'POST', '/sessions', members)
        self.assertEqual(response.status, 201, response)
        return response.json['name']


class Opening(Checks):
    async def test_is_answered_with_the_session(self):
        async with Service() as service:
            response = await send(service, 'POST', '/sessions',
                                  {'generator': 'pattern', 'parameters': {'bytes': 400}})
            self.assertEqual(response.status, 201)
            self.assertEqual(response.all('Location'), ['/sessions/pattern_1'])
            self.assertTrue(response.get('Content-Type').startswith('application/json'))
            self.assertEqual((response.json['name'], response.json['state'],
                              response.json['parameters']['bytes']), ('pattern_1', 'idle', 400))
            self.assertEqual((await service.get(response.get('Location'))).json, response.json)
            # It belongs to nobody: it stays.
            self.assertEqual([s['name'] for s in await service.sessions()], ['pattern_1'])

    async def test_names(self):
        async with Service() as service:
            self.assertEqual(await self.open(service, generator='pattern', name='my_own'),
                             'my_own')
            response = await send(service, 'POST', '/sessions',
                                  {'generator': 'pattern', 'name': 'my_own'})
            self.assert_refused(response, 400, 'invalid-value')
            for name in ('', 'A', '1', 'a/b', '../x', 'a' * 65, 'ä', 1, None, [], {}, True):
                response = await send(service, 'POST', '/sessions',
                                      {'generator': 'pattern', 'name': name})
                self.assert_refused(response, 400, 'invalid-value')
            self.assertEqual(len(await service.sessions()), 1)

    async def test_the_default_generator(self):
        async with Service() as service:
            default = [generator['name'] for generator in
                       (await service.get('/generators')).json['generators']
                       if generator['default']]
            await self.open(service)
            self.assertEqual([(await service.session())['generator']], default)

    async def test_what_can_not_be_opened(self):
        cases = (
            ({'generator': 'nope'}, 'unknown-generator'),
            ({'generator': '/bin/sh'}, 'unknown-generator'),
            ({'generator': 1}, 'invalid-value'),
            ({'generator': None}, 'invalid-value'),
            ({'generator': 'pattern', 'parameters': {'nope': 1}}, 'unknown-parameter'),
            ({'generator': 'pattern', 'parameters': {'bytes': 1}}, 'invalid-value'),
            ({'generator': 'pattern', 'parameters': {'bytes': 'x'}}, 'invalid-value'),
            ({'generator': 'pattern', 'parameters': {'bytes': [1]}}, 'invalid-value'),
            ({'generator': 'pattern', 'parameters': []}, 'bad-request'),
            ({'generator': 'pattern', 'parameters': None}, 'bad-request'),
            ({'generator': 'pattern', 'command': ['sh']}, 'bad-request'),
            ([], 'bad-request'), ('x', 'bad-request'), (1, 'bad-request'),
        )
        async with Service() as service:
            for content, code in cases:
                with self.subTest(content=content):
                    self.assert_refused(await send(service, 'POST', '/sessions', content), 400,
                                        code)
            self.assertEqual(await service.sessions(), [])

    async def test_what_is_no_json(self):
        texts = (b'', b' ', b'{', b'{}}', b'{} {}', b'{"generator":}', b"{'a':1}", b'nul',
                 b'{"generator":"\xff\xfe"}', b'{"generator":"pattern\0"}', b'{}\0', b'\xef\xbb\xbf{}',
                 b'[' * 10000, b'{"a":' * 1000, b'{"parameters":' + b'[' * 20 + b']' * 20 + b'}',
                 b'{"generator":"\\ud800"}', b'// {}\n{}')
        async with Service() as service:
            for text in texts:
                with self.subTest(text=text[:40]):
                    response = await service.request('POST', '/sessions', JSON, body=text)
                    self.assert_refused(response, 400, 'bad-request')
            self.assertEqual(await service.sessions(), [])

    async def test_too_many_sessions(self):
        async with Service() as service:
            for _ in range(1024):
                response = await send(service, 'POST', '/sessions', {'generator': 'pattern'})
                self.assertEqual(response.status, 201)
            response = await send(service, 'POST', '/sessions', {'generator': 'pattern'})
            self.assert_refused(response, 503, 'limit-exceeded')


class Steering(Checks):
    async def test_from_start_to_stop(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern', parameters={'bytes': 400})
            path = f'/sessions/{name}'

            async def do(what, **members):
                response = await send(service, 'PATCH', path, {'do': what, **members})
                self.assertEqual(response.status, 200, response)
                return response.json

            self.assertEqual((await do('start'))['state'], 'running')
            await do('pause')
            paused = await service.wait_state('paused', name)
            await do('pause')
            await do('step')
            await do('resume')
            await wait_for(lambda: self.is_beyond(service, name, paused['step'] + 1), 'more steps')
            stopped = await do('stop')
            self.assertEqual(set(stopped), {'step', 'seconds'})
            session = await service.session(name)
            self.assertEqual((session['state'], session['step']), ('stopped', stopped['step']))
            self.assertEqual(await do('stop'), stopped | {'seconds': (await do('stop'))['seconds']})

            await do('step', steps=7)
            session = await service.wait_state('paused', name)
            self.assertEqual((session['run'], session['step']), (2, 7))

    @staticmethod
    async def is_beyond(service, name, step):
        return (await service.session(name))['step'] > step

    async def test_parameters(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern')
            path = f'/sessions/{name}'
            response = await send(service, 'PATCH', path, {'parameters': {'bytes': 500}})
            self.assertEqual((response.status, response.json), (200, {'step': 1}))
            await send(service, 'PATCH', path, {'do': 'step', 'steps': 4})
            await service.wait_state('paused', name)
            response = await send(service, 'PATCH', path, {'parameters': {'bytes': 600}})
            self.assertEqual((response.status, response.json), (200, {'step': 5}))
            response = await send(service, 'PATCH', path, {'parameters': {}})
            self.assertEqual(response.status, 200)
            # All or nothing.
            for parameters, code in (({'bytes': 700, 'nope': 1}, 'unknown-parameter'),
                                     ({'steps': 9, 'bytes': 1}, 'invalid-value')):
                response = await send(service, 'PATCH', path, {'parameters': parameters})
                self.assert_refused(response, 400, code)
            values = (await service.session(name))['parameters']
            self.assertEqual((values['bytes'], values['steps']), (600, 0))

    async def begin_long_step(self, service):
        await self.open(service, generator='gray-scott', name='long',
                        parameters={'width': 1280, 'height': 1280, 'steps-per-frame': 10000})
        await send(service, 'PATCH', '/sessions/long', {'do': 'start'})

    @staticmethod
    async def ask_and_leave(service, content, leaves=True):
        """A request whose answer is not waited for."""
        body = json.dumps(content).encode()
        reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
        writer.write(f'PATCH /sessions/long HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                     'Content-Type: application/json\r\n'
                     f'Content-Length: {len(body)}\r\n\r\n'.encode() + body)
        await writer.drain()
        if leaves:
            writer.transport.abort()
        return reader, writer

    async def test_who_asks_and_leaves_has_asked(self):
        async with Service() as service:
            await self.begin_long_step(service)
            files = service.count_files()
            # Each by a connection of its own: in whatever order they are read.
            for values in ({'feed': 0.03}, {'kill': 0.05}):
                await self.ask_and_leave(service, {'parameters': values})
            await self.ask_and_leave(service, {'do': 'stop'})
            await service.wait_state('stopped', 'long')

            async def are_set():
                values = (await service.session())['parameters']
                return (values['feed'], values['kill']) == (0.03, 0.05)

            await wait_for(are_set, 'both parameters')
            await wait_for(lambda: service.count_files() <= files, 'the end of all connections')

    async def test_the_service_ends_meanwhile(self):
        async with Service() as service:
            await self.begin_long_step(service)
            waiting = [await self.ask_and_leave(service, content, False)
                       for content in ({'parameters': {'feed': 0.03}}, {'do': 'stop'})]
            service.expected_end = 0
            service.process.terminate()
            await within(service.process.wait(), 'the end of the service')
            for reader, writer in waiting:
                with contextlib.suppress(ConnectionError):
                    await within(reader.read(), 'the end of a connection')
                writer.close()

    async def test_parameters_in_the_midst_of_a_long_step(self):
        async with Service() as service:
            await self.begin_long_step(service)
            # Who asked is not kept waiting for it; it is done nevertheless.
            response = await send(service, 'PATCH', '/sessions/long',
                                  {'parameters': {'feed': 0.04}})
            self.assertEqual((response.status, response.json), (202, {'step': None}))
            response = await send(service, 'PATCH', '/sessions/long', {'do': 'stop'})
            self.assertEqual((response.status, response.json['step']), (200, 0))
            self.assertEqual((await service.session())['parameters']['feed'], 0.04)

    async def test_rate(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern', parameters={'bytes': 400})
            path = f'/sessions/{name}'
            for rate in (0.5, 4, 0):
                response = await send(service, 'PATCH', path, {'rate': rate})
                self.assertEqual(response.status, 200, rate)
            for rate in (-1, '4', None, True, [4], 1e300, {}):
                response = await send(service, 'PATCH', path, {'rate': rate})
                self.assert_refused(response, 400, 'invalid-value')
            # It holds: at one step in a hundred seconds a run does not come far.
            await send(service, 'PATCH', path, {'rate': 0.01})
            await send(service, 'PATCH', path, {'do': 'start'})
            await wait_for(lambda: self.is_beyond(service, name, 0), 'the first step')
            await service.wait_held(name)
            self.assertEqual((await service.session(name))['step'], 1)

    async def test_what_the_state_does_not_allow(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern', parameters={'bytes': 400})
            path = f'/sessions/{name}'
            for what in ('pause', 'resume'):
                self.assert_refused(await send(service, 'PATCH', path, {'do': what}), 409,
                                    'bad-state')
            await send(service, 'PATCH', path, {'do': 'start'})
            self.assert_refused(await send(service, 'PATCH', path, {'do': 'step'}), 409,
                                'bad-state')

    async def test_what_is_no_request(self):
        cases = (
            ({}, 'bad-request'),
            ({'name': 'other'}, 'bad-request'),  # it can't be renamed
            ({'do': 'start', 'rate': 4}, 'bad-request'),
            ({'do': 'start', 'parameters': {}}, 'bad-request'),
            ({'do': 'start', 'steps': 1}, 'bad-request'),
            ({'steps': 1}, 'bad-request'),
            ({'rate': 1, 'steps': 1}, 'bad-request'),
            ({'do': 'Start'}, 'bad-request'),
            ({'do': ''}, 'bad-request'),
            ({'do': 'close'}, 'bad-request'),
            ({'do': None}, 'invalid-value'),
            ({'do': 1}, 'invalid-value'),
            ({'do': ['start']}, 'invalid-value'),
            ({'do': 'step', 'steps': 0}, 'invalid-value'),
            ({'do': 'step', 'steps': -1}, 'invalid-value'),
            ({'do': 'step', 'steps': 1.5}, 'invalid-value'),
            ({'do': 'step', 'steps': '1'}, 'invalid-value'),
            ({'do': 'step', 'steps': None}, 'invalid-value'),
            ({'do': 'step', 'steps': 10 ** 30}, 'invalid-value'),
            ({'parameters': 1}, 'bad-request'),
            ([], 'bad-request'),
        )
        async with Service() as service:
            name = await self.open(service, generator='pattern')
            before = await service.session()
            for content, code in cases:
                with self.subTest(content=content):
                    response = await send(service, 'PATCH', f'/sessions/{name}', content)
                    self.assert_refused(response, 400, code)
            self.assertEqual(await service.session(), before)

    async def test_nobody_there(self):
        async with Service() as service:
            for method in ('PATCH', 'DELETE'):
                response = await send(service, method, '/sessions/nope', {'do': 'start'})
                self.assert_refused(response, 404, 'unknown-session')

    async def test_everybody_is_told(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern', parameters={'bytes': 400})
            async with await service.connect_v1(f'/sessions/{name}/ws') as viewer:
                await viewer.next('hello')
                await send(service, 'PATCH', f'/sessions/{name}', {'do': 'start'})
                await viewer.next_state('running')
                await send(service, 'PATCH', f'/sessions/{name}', {'parameters': {'bytes': 555}})
                told = await viewer.next('parameters')
                self.assertEqual(told['values']['bytes'], 555)
                response = await send(service, 'DELETE', f'/sessions/{name}')
                self.assertEqual(response.status, 204)
                self.assertEqual((await viewer.wait_closed())[0], 1000)


class Closing(Checks):
    async def test_is_answered_when_it_has_stopped(self):
        async with Service() as service:
            name = await self.open(service, generator='pattern')
            await send(service, 'PATCH', f'/sessions/{name}', {'do': 'start'})
            response = await service.request('DELETE', f'/sessions/{name}')
            self.assertEqual((response.status, response.body), (204, b''))
            self.assertIsNone(response.get('Content-Length'))
            self.assertEqual(await service.sessions(), [])
            self.assert_refused(await service.request('DELETE', f'/sessions/{name}'), 404,
                                'unknown-session')

    async def test_a_program_has_ended_by_then(self):
        async with Service(program=[PYTHON, PROGRAMS / 'frames.py']) as service:
            def programs():
                return [pid for pid in descendants(service.pid) if 'frames.py' in command_of(pid)]

            name = await self.open(service)
            await send(service, 'PATCH', f'/sessions/{name}', {'do': 'start'})
            await wait_for(programs, 'a program')
            response = await service.request('DELETE', f'/sessions/{name}')
            self.assertEqual(response.status, 204)
            self.assertEqual(programs(), [])

    async def test_who_asked_and_left_is_no_harm(self):
        async with Service() as service:
            for _ in range(30):
                name = await self.open(service, generator='pattern')
                await send(service, 'PATCH', f'/sessions/{name}', {'do': 'start'})
                _, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(f'DELETE /sessions/{name} HTTP/1.1\r\n'
                             f'Host: 127.0.0.1:{service.port}\r\n\r\n'.encode())
                await writer.drain()
                writer.transport.abort()
            await wait_for(lambda: self.has_at_most(service, 30), 'an answer')
            self.assertEqual((await service.get('/health')).status, 200)

    @staticmethod
    async def has_at_most(service, count):
        return len(await service.sessions()) <= count


class Refusals(Checks):
    async def test_roles(self):
        async with Service(auth=None) as service:
            control, view = service.token, service.view_token()
            by = {token: ('Authorization', f'Bearer {token}') for token in (control, view)}
            content = {'generator': 'pattern'}
            self.assert_refused(await send(service, 'POST', '/sessions', content), 401,
                                'permission-denied')
            self.assert_refused(await send(service, 'POST', '/sessions', content, by[view]), 403,
                                'permission-denied')
            response = await send(service, 'POST', f'/sessions?token={view}', content)
            self.assert_refused(response, 403, 'permission-denied')
            self.assertEqual(await service.sessions(), [])

            response = await send(service, 'POST', '/sessions', content, by[control])
            self.assertEqual(response.status, 201)
            for method in ('PATCH', 'DELETE'):
                response = await send(service, method, '/sessions/pattern_1', {'do': 'start'},
                                      by[view])
                self.assert_refused(response, 403, 'permission-denied')
                response = await send(service, method, '/sessions/pattern_1', {'do': 'start'})
                self.assert_refused(response, 401, 'permission-denied')
            self.assertEqual((await service.session())['state'], 'idle')
            response = await send(service, 'PATCH', f'/sessions/pattern_1?token={control}',
                                  {'do': 'start'})
            self.assertEqual(response.status, 200)
            response = await send(service, 'DELETE', '/sessions/pattern_1', None, by[control])
            self.assertEqual(response.status, 204)

    async def test_forgeries(self):
        """A cookie goes along whoever asks: so who asks has to be said."""
        async with Service(auth=None) as service:
            response = await service.get(f'/?token={service.token}')
            cookie = ('Cookie', response.get('Set-Cookie').partition(';')[0])
            ours = ('Origin', f'http://127.0.0.1:{service.port}')
            content = {'generator': 'pattern'}
            for origin in ((), (('Origin', 'null'),), (('Origin', 'http://evil.example'),),
                           (ours, ('Origin', 'http://evil.example'))):
                for method, path in (('POST', '/sessions'), ('PATCH', '/sessions/pattern_1'),
                                     ('DELETE', '/sessions/pattern_1')):
                    response = await send(service, method, path, content, cookie, *origin)
                    self.assert_refused(response, 403, 'permission-denied')
            self.assertEqual(await service.sessions(), [])
            response = await send(service, 'POST', '/sessions', content, cookie, ours)
            self.assertEqual(response.status, 201)
            # A token is proof by itself, but not for another site's page.
            bearer = ('Authorization', f'Bearer {service.token}')
            response = await send(service, 'POST', '/sessions', content, bearer,
                                  ('Origin', 'http://evil.example'))
            self.assert_refused(response, 403, 'permission-denied')
            response = await send(service, 'DELETE', '/sessions/pattern_1', None, cookie, ours)
            self.assertEqual(response.status, 204)

    async def test_types(self):
        async with Service() as service:
            await self.open(service, generator='pattern')
            body = b'{"do":"start"}'
            for type_ in ('text/plain', 'application/x-www-form-urlencoded', 'application/jsonx',
                          'multipart/form-data; boundary=x', 'text/plain; application/json', '',
                          'application', 'application/ json', 'json'):
                for method, path in (('POST', '/sessions'), ('PATCH', '/sessions/pattern_1')):
                    response = await service.request(method, path, ('Content-Type', type_),
                                                     body=body)
                    self.assert_refused(response, 415, 'bad-request')
            response = await service.request('PATCH', '/sessions/pattern_1', body=body)
            self.assert_refused(response, 415, 'bad-request')
            self.assertEqual((await service.session())['state'], 'idle')
            for type_ in ('application/json; charset=utf-8', 'Application/JSON'):
                response = await service.request('PATCH', '/sessions/pattern_1',
                                                 ('Content-Type', type_), body=body)
                self.assertEqual(response.status, 200, type_)

    async def test_the_longest_body(self):
        async with Service() as service:
            start = b'{"generator":"pattern"'
            for length, status in ((64 * KIB, 201), (64 * KIB + 1, 413), (200 * KIB, 413)):
                body = start + b' ' * (length - len(start) - 1) + b'}'
                response = await service.request('POST', '/sessions', JSON, body=body)
                self.assertEqual(response.status, status, length)
                # In chunks nobody says how much it will be.
                data = (f'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
                        f'{length:x}\r\n').encode() + body + b'\r\n0\r\n\r\n'
                response = await service.exchange(data)
                self.assertEqual(response.status, status, length)
            self.assert_refused(response, 413, 'limit-exceeded')
            await service.wait_sessions(2)

    async def test_who_asks_first_is_told_at_once(self):
        """Expect: 100-continue (RFC 9110, section 10.1.1): nothing is sent in vain."""
        async with Service() as service:
            for length, status in ((100 * MIB, 413), (21, 100)):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(f'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                             'Content-Type: application/json\r\nExpect: 100-continue\r\n'
                             f'Content-Length: {length}\r\n\r\n'.encode())
                head = await within(reader.readuntil(b'\r\n\r\n'), 'an answer')
                self.assertEqual(parse_head(head)[0], status)
                if status == 100:
                    writer.write(b'{"generator":"pattern"}'[:21])
                    head = await within(reader.readuntil(b'\r\n\r\n'), 'an answer')
                    self.assertEqual(parse_head(head)[0], 400)  # it is cut off
                writer.close()

    async def test_a_large_body_is_not_kept(self):
        async with Service() as service:
            before = service.rss()
            for head in (f'Content-Length: {50 * MIB}\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n'):
                chunked = 'chunked' in head
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(f'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                             f'Content-Type: application/json\r\n{head}'.encode())
                highest, status = 0, None
                try:
                    for _ in range(50):
                        writer.write(b'100000\r\n' + b' ' * MIB + b'\r\n' if chunked else
                                     b' ' * MIB)
                        await within(writer.drain(), 'sending on')
                        highest = max(highest, service.rss())
                    if chunked:
                        writer.write(b'0\r\n\r\n')
                    status = parse_head(await within(reader.readuntil(b'\r\n\r\n'), 'an answer'))[0]
                except (ConnectionError, asyncio.IncompleteReadError):  # it need not read it all
                    pass
                writer.close()
                self.assertIn(status, (413, None))
                if not SANITIZED:
                    self.assertLess(highest - before, 8 * MIB)

    async def test_a_body_that_never_comes(self):
        async with Service() as service:
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            writer.write(f'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                         'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'.encode())
            self.assertEqual(await within(reader.read(), 'the end', 30 * FACTOR), b'')
            writer.close()
            self.assertEqual(await service.sessions(), [])

    async def test_encoded_paths(self):
        """What is decoded to another path is not done there."""
        async with Service() as service:
            await self.open(service, generator='pattern')
            for path in ('/sessions/%2f', '/sessions/pattern_1%2fframe.svg',
                         '/sessions/pattern_1%2fevents', '/sessions/pattern_1%2f'):
                for method in ('PATCH', 'DELETE'):
                    response = await send(service, method, path, {'do': 'start'})
                    self.assertIn(response.status, (404, 405), (method, path))
            self.assertEqual((await service.session())['state'], 'idle')
            response = await send(service, 'PATCH', '/sessions/p%61ttern_1', {'do': 'start'})
            self.assertEqual(response.status, 200)


class Recipes(Checks):
    async def set(self, service, **values):
        response = await send(service, 'PATCH', '/sessions/one', {'parameters': values})
        self.assertEqual(response.status, 200, response)

    async def step(self, service, steps):
        response = await send(service, 'PATCH', '/sessions/one', {'do': 'step', 'steps': steps})
        self.assertEqual(response.status, 200, response)

        async def is_paused():
            return (await service.get('/sessions/one')).json['state'] == 'paused'
        await wait_for(is_paused, 'the pause')

    async def test_of_a_generator(self):
        seed = str(2 ** 64 - 1)
        async with Service() as service:
            await self.open(service, generator='attractor', name='one',
                            parameters={'seed': seed, 'iterations': 1000, 'points': 10})
            self.assert_refused(await service.get('/sessions/one/recipe'), 404, 'bad-state')
            await self.step(service, 3)
            self.assertEqual((await service.get('/sessions/one/frame.svg')).get('ETag'), '"1-1"')
            await self.set(service, a=1.5, seed=7)  # a seed is for the next run
            await self.set(service, points=20)
            await self.step(service, 2)
            await self.set(service, points=20)
            recipe = (await service.get('/sessions/one/recipe')).json
            version = recipe.pop('service')
            parameters = recipe.pop('parameters')
            self.assertRegex(version, r'^\d+\.\d+')
            self.assertEqual((parameters['seed'], parameters['points'], parameters['a']),
                             (seed, 10, 1.4))
            self.assertEqual(recipe, {
                'stepcast': 1, 'kind': 'generator', 'generator': 'attractor', 'run': 1,
                'complete': True,
                'changes': [{'step': 4, 'after': 1, 'values': {'a': 1.5, 'points': 20}}]})

            await send(service, 'PATCH', '/sessions/one', {'do': 'stop'})
            await self.step(service, 1)
            recipe = (await service.get('/sessions/one/recipe')).json
            self.assertEqual((recipe['run'], recipe['changes'], recipe['parameters']['seed'],
                              recipe['parameters']['points']), (2, [], 7, 20))


if __name__ == '__main__':
    main()
