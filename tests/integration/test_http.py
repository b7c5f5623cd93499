#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""HTTP: what is answered, and the gate that every request passes."""

import asyncio
import gzip
import re
import socket
import stat
import struct
import urllib.parse

from stepcast import (FACTOR, SANITIZED, RawClient, Response, Service, TestCase, command_of,
                      descendants, main, parse_head, step_of, wait_for, within)

MIB = 1024 * 1024
CODES = {'bad-state', 'bad-request', 'unknown-generator', 'unknown-session', 'unknown-parameter',
         'invalid-value', 'invalid-frame', 'limit-exceeded', 'permission-denied',
         'generator-failed', 'program-failed', 'unresponsive', 'io'}


class Checks(TestCase):
    def assert_refused(self, response, status, code=None):
        self.assertEqual(response.status, status, response)
        error = response.json['error']
        self.assertTrue(error['message'])
        self.assertIn(error['code'], CODES)
        if code is not None:
            self.assertEqual(error['code'], code)


class Pages(Checks):
    async def test_health(self):
        async with Service() as service:
            response = await service.get('/health')
            self.assertEqual((response.status, response.text.strip()), (200, 'ok'))
            self.assertTrue(response.get('Content-Type').startswith('text/plain'))

    async def test_the_page(self):
        async with Service() as service:
            response = await service.get('/')
            self.assertEqual(response.status, 200)
            self.assertTrue(response.get('Content-Type').startswith('text/html'))
            self.assertIn('<!doctype html', response.text.lower())

    async def test_the_client_is_for_any_page(self):
        async with Service(auth='token') as service:
            evil = ('Origin', 'https://evil.example')
            for headers in ((), (evil,)):
                response = await service.get('/stepcast.js', *headers)
                self.assertEqual(response.status, 200)
                self.assertTrue(response.get('Content-Type').startswith('text/javascript'))
                self.assertEqual(response.all('Access-Control-Allow-Origin'), ['*'])
                self.assertEqual(response.all('Cross-Origin-Resource-Policy'), ['cross-origin'])
                self.assertEqual(response.all('Set-Cookie'), [])
                self.assertNotIn('token=' + service.token, response.text)

            # Nothing else is, whatever it is called.
            for path in ('/', '/page.js', '/style.css', '/stepcast.js/', '//stepcast.js',
                         '/stepcast.js%2f..%2fpage.js', '/Stepcast.js'):
                response = await service.get(path)
                self.assert_refused(response, 401, 'permission-denied')
                self.assertEqual(response.all('Access-Control-Allow-Origin'), [], path)
                self.assert_refused(await service.get(path, evil), 403, 'permission-denied')
            self.assert_refused(await service.get('/stepcast.js', host='evil.example'), 421)
            self.assert_refused(await service.request('POST', '/stepcast.js'), 405)

    async def test_generators(self):
        async with Service() as service:
            response = await service.get('/generators')
            self.assertTrue(response.get('Content-Type').startswith('application/json'))
            generators = {generator['name']: generator for generator in response.json['generators']}
            self.assertLessEqual({'pattern', 'attractor', 'gray-scott'}, set(generators))
            self.assertEqual(sum(generator['default'] for generator in generators.values()), 1)
            for generator in generators.values():
                self.assertLessEqual({'name', 'summary', 'default', 'parameters', 'metrics'},
                                     set(generator))
                for spec in generator['parameters']:
                    self.assertLessEqual({'name', 'label', 'description', 'type', 'default',
                                          'live'}, set(spec))
                    self.assertIn(spec['type'], ('boolean', 'integer', 'number', 'choice', 'text',
                                         'color', 'file'))
                    self.assertEqual('minimum' in spec, spec['type'] in ('integer', 'number'))
                    self.assertEqual('maximum' in spec, spec['type'] in ('integer', 'number'))
                    self.assertEqual('choices' in spec, spec['type'] == 'choice')
                    self.assertIsInstance(spec['live'], bool)
            size = [spec for spec in generators['pattern']['parameters']
                    if spec['name'] == 'bytes'][0]
            self.assertEqual((size['type'], size['default'], size['minimum'], size['maximum'],
                              size['unit'], size['live']),
                             ('integer', 10000, 300, 67108864, 'B', True))

    async def test_sessions(self):
        async with Service() as service:
            self.assertEqual((await service.get('/sessions')).json, {'sessions': []})
            async with await service.connect(generator='pattern', bytes=300) as client:
                session = await service.session()
                self.assertEqual(session, {
                    'name': 'pattern_1', 'title': 'pattern_1', 'generator': 'pattern',
                    'state': 'idle', 'run': 0, 'step': 0, 'fraction': None, 'metrics': {},
                    'parameters': {'bytes': 300, 'steps': 0}, 'viewers': 1, 'reason': None,
                    'by': None, 'held-by': None, 'rate': 0, 'steps-per-second': 0,
                    'frames-per-second': 0, 'drawn': 0, 'validated': 0})
                await client.send('set steps=8')
                await client.told('set')
                await client.send('step 2')
                await client.until_told('paused')
                response = await service.get('/sessions/pattern_1')
                self.assertTrue(response.get('Content-Type').startswith('application/json'))
                self.assertEqual(response.json, await service.session())
                self.assertEqual((response.json['state'], response.json['run'],
                                  response.json['step'], response.json['fraction']),
                                 ('paused', 1, 2, 0.25))
            await service.wait_sessions(0)
            self.assert_refused(await service.get('/sessions/pattern_1'), 404, 'unknown-session')

    async def test_unknown_paths(self):
        async with Service() as service:
            for path in ('/nope', '/sessions/nope', '/sessions/nope/frame.svg',
                         '/sessions/nope/frame.png',
                         '/sessions/nope/ws/x', '/generators/x', '/healthx', '/ws/x',
                         '/favicon.icox'):
                self.assert_refused(await service.get(path), 404)

    async def test_no_path_leads_out(self):
        async with Service() as service:
            async with await service.connect(generator='pattern'):
                for path in ('/../../../../etc/passwd', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
                             '/..%2f..%2f..%2fetc/passwd', '//etc/passwd', '/./etc/passwd',
                             '/sessions/../../../etc/passwd', '/sessions/%2e%2e%2fetc%2fpasswd',
                             '/sessions/pattern_1/../../../etc/passwd',
                             '/sessions/pattern_1/%2e%2e/%2e%2e/etc/passwd',
                             '/sessions/pattern_1%00/frame.svg', '/%00', '/sessions/%00',
                             '/sessions/%ff%fe', '/\\..\\etc\\passwd', '/resource:///org',
                             '/sessions/pattern_1/frame.svg/../../../etc/passwd'):
                    with self.subTest(path=path):
                        response = await service.get(path)
                        self.assertIn(response.status, (400, 404), response)
                        self.assertNotIn(b'root:', response.body)

    async def test_long_urls(self):
        async with Service() as service:
            for length in (1000, 10_000, 60_000):
                response = await service.get('/' + 'a' * length)
                self.assertIn(response.status, (400, 404, 414))
                response = await service.get('/sessions?' + 'a=b&' * (length // 4))
                self.assertIn(response.status, (200, 400, 414))
            # A request's head of more than 64 KiB is not waited for.
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            try:
                writer.write(b'GET /' + b'a' * 1_000_000)
                await within(reader.read(), 'the end of the connection')
            except ConnectionError:
                pass
            writer.close()
            self.assertEqual((await service.get('/health')).status, 200)


NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
FRAME = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PAGE = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'")
PART = ''  # A script or a style: it is under the policy of the page that loads it.
GZIP = ('Accept-Encoding', 'br;q=1.0, gzip;q=0.8, *;q=0.1')


class Headers(Checks):
    """What browsers are told of every answer, whatever it is."""

    def assert_safe(self, response, policy, resource='same-origin'):
        self.assertEqual(response.all('X-Content-Type-Options'), ['nosniff'])
        self.assertEqual(response.all('Referrer-Policy'), ['no-referrer'])
        self.assertEqual(response.all('Cross-Origin-Resource-Policy'), [resource])
        self.assertEqual(response.all('Content-Security-Policy'), [policy] if policy else [])
        is_page = policy.startswith(PAGE.partition('frame-ancestors')[0])
        self.assertEqual(response.all('Cross-Origin-Opener-Policy'),
                         ['same-origin'] if is_page else [])
        permissions = response.all('Permissions-Policy')
        self.assertEqual(len(permissions), 1 if is_page else 0)
        for name in ('camera', 'geolocation', 'microphone', 'payment', 'usb'):
            self.assertTrue(all(f'{name}=()' in value for value in permissions))

    async def check(self, service, policy, status, method, path, *headers, body=b''):
        with self.subTest(f'{method} {path}', status=status):
            response = await service.request(method, path, *headers, body=body)
            self.assertEqual(response.status, status, response)
            self.assert_safe(response, policy)
            return response

    async def test_of_the_page(self):
        async with Service(auth='token') as service:
            token = f'?token={service.token}'
            for path, policy in (('/', PAGE), ('/index.html', PAGE), ('/style.css', PART),
                                 ('/page.js', PART), ('/messages.js', PART)):
                response = await self.check(service, policy, 200, 'GET', path + token)
                # What has no policy can't be a document that does anything.
                kind = response.get('Content-Type').partition(';')[0]
                self.assertEqual(policy, {'text/html': PAGE, 'text/css': PART, 'text/javascript': PART}[kind])
                await self.check(service, policy, 200, 'HEAD', path + token)
                await self.check(service, policy, 304, 'GET', path + token,
                                 ('If-None-Match', response.get('ETag')))
                # Nobody learns from it what there is.
                await self.check(service, NOTHING, 401, 'GET', path)
            await self.check(service, NOTHING, 204, 'GET', '/messages' + token)
            await self.check(service, NOTHING, 200, 'GET', '/messages' + token,
                             ('Accept-Language', 'de'))
            for path in ('/nothing', '/nothing.js', '/nothing.css'):
                await self.check(service, NOTHING, 404, 'GET', path + token)

    async def test_of_answers(self):
        async with Service() as service:
            session = b'{"generator":"pattern","name":"one"}'
            json = ('Content-Type', 'application/json')
            await self.check(service, NOTHING, 201, 'POST', '/sessions', json, body=session)
            await self.check(service, NOTHING, 400, 'POST', '/sessions', json, body=b'{')
            await self.check(service, NOTHING, 415, 'POST', '/sessions', body=b'{}')
            for path in ('/health', '/generators', '/sessions', '/sessions/one'):
                await self.check(service, NOTHING, 200, 'GET', path)
            for path in ('/sessions/two', '/sessions/one/what', '/health/x', '/generators/x',
                         '/sessions/one/frame.svg', '/sessions/one/frame.png'):
                await self.check(service, NOTHING, 404, 'GET', path)
            await self.check(service, NOTHING, 400, 'GET', '/sessions/one/frame.png?width=x')
            await self.check(service, NOTHING, 405, 'PUT', '/')
            await self.check(service, NOTHING, 403, 'GET', '/', ('Origin', 'https://evil.example'))
            await self.check(service, NOTHING, 421, 'GET', '/', ('X', 'y'), ('Host', 'a.example'))
            await self.check(service, NOTHING, 200, 'PATCH', '/sessions/one', json,
                             body=b'{"do":"step"}')
            await self.check(service, NOTHING, 204, 'DELETE', '/sessions/one')

    async def test_of_pictures(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                await client.send('step')
                await client.until_told('paused')
                for name, policy in (('frame.svg', FRAME), ('frame.png', NOTHING)):
                    path = '/sessions/pattern_1/' + name
                    response = await self.check(service, policy, 200, 'GET', path)
                    await self.check(service, policy, 200, 'HEAD', path)
                    await self.check(service, policy, 304, 'GET', path,
                                     ('If-None-Match', response.get('ETag')))

    async def test_of_events(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400):
                for path in ('/events', '/sessions/pattern_1/events'):
                    await self.check(service, NOTHING, 200, 'HEAD', path)
                    reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                    writer.write(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n'
                                 .encode())
                    head = await within(reader.readuntil(b'\r\n\r\n'), 'the head')
                    self.assert_safe(Response(*parse_head(head), b''), NOTHING)
                    writer.close()
                await self.check(service, NOTHING, 404, 'GET', '/sessions/two/events')

    async def test_of_handshakes(self):
        async with Service() as service:
            for path in ('/ws', '/sessions/none/ws'):
                response = await service.get(path)
                self.assertGreaterEqual(response.status, 400)
                self.assert_safe(response, NOTHING)

    async def test_embedding(self):
        friends = ('https://friend.example', 'http://localhost:8000')
        policy = PAGE.replace("frame-ancestors 'none'", 'frame-ancestors ' + ' '.join(friends))
        async with Service('--allow-embedding=https://Friend.example:443',
                           '--allow-embedding=http://localhost:8000') as service:
            await self.check(service, policy, 200, 'GET', '/')
            # All but the page stays where it is.
            for path in ('/sessions', '/health'):
                await self.check(service, NOTHING, 200, 'GET', path)


COMMENT = re.compile(r'^\s*(?:/\*|//)', re.MULTILINE)


class Wire(Checks):
    """What the page's files are as they are sent."""

    async def files(self, service, on_demand=True):
        """All that the page loads, by its name: (the answer compressed, the answer as it is)."""
        files, ahead = {}, ['']
        while ahead:
            name = ahead.pop()
            if name in files:
                continue
            files[name] = await service.get('/' + name, GZIP), await service.get('/' + name)
            plain = files[name][1]
            self.assertEqual(plain.status, 200, name)
            # What a script's comments show as HTML is nothing that is loaded.
            attributes = r'|(?:src|href)="([^"]+)"' if 'html' in plain.get('Content-Type') else ''
            wanted = r"|\bimport\(('[^']+')\)" if on_demand else ''
            links = re.findall(r"""(?:\bfrom|\bimport)\s*('[^']+')|url\(([^)]+)\)""" + attributes + wanted,
                               plain.text)
            for link in (next(filter(None, groups)).strip('"\'') for groups in links):
                if not re.match(r'[a-z]+:|#|//', link) and '{' not in link:
                    ahead.append(urllib.parse.urljoin('/' + name, link).lstrip('/'))
        return files

    async def test_is_compressed(self):
        async with Service() as service:
            files = await self.files(service)
            self.assertLessEqual({'', 'style.css', 'page.js', 'messages.js'}, set(files))
            for name, (packed, plain) in files.items():
                with self.subTest(name):
                    self.assertEqual(packed.all('Content-Encoding'), ['gzip'])
                    self.assertEqual(gzip.decompress(packed.body), plain.body)
                    self.assertLess(len(packed.body), len(plain.body))
                    self.assertEqual(packed.get('Content-Type'), plain.get('Content-Type'))
                    self.assertEqual(plain.all('Content-Encoding'), [])
                    for response in (packed, plain):
                        self.assertEqual(response.all('Vary'), ['Accept-Encoding'])
                        self.assertEqual(response.all('Cache-Control'), ['no-cache'])
                    self.assertNotEqual(packed.get('ETag'), plain.get('ETag'))

    async def test_modules_come_all_at_once(self):
        """Each that page.js imports is told of beforehand; what comes when it is wanted is not."""
        async with Service() as service:
            at_once, ahead = set(), ['page.js']
            while ahead:
                name = ahead.pop()
                if name not in at_once:
                    at_once.add(name)
                    module = await service.get('/' + name)
                    self.assertEqual(module.status, 200, name)
                    ahead += re.findall(r"""^(?:import|export)\b[^;']*'\./([^']+)';""", module.text, re.M)
            page = (await service.get('/')).text
            told = re.findall(r'<link rel="modulepreload" href="([^"]+)"/>', page)
            self.assertIn('stepcast.js', at_once)
            self.assertEqual(sorted(told), sorted(at_once - {'page.js'}))

    async def test_is_at_most_100_kb(self):
        """Until its pictures are there; the list of sessions and the like come when somebody wants them."""
        async with Service() as service:
            answers = [packed for packed, _ in (await self.files(service, on_demand=False)).values()]
            answers.append(await service.get('/messages', GZIP, ('Accept-Language', 'de')))
            answers.append(await service.get('/generators', GZIP))
            size = sum(len(f'{name}: {value}\r\n') for answer in answers
                       for name, value in answer.headers)
            size += sum(len(answer.body) for answer in answers)
            self.assertLessEqual(size, 100000)

    async def test_has_no_comments_but_the_first(self):
        async with Service() as service:
            for name, (_, plain) in (await self.files(service)).items():
                if re.search(r'\.(?:js|css)$', name):
                    with self.subTest(name):
                        self.assertIn('LGPL-2.1-or-later', plain.text.partition('\n\n')[0])
                        self.assertIsNone(COMMENT.search(plain.text.partition('\n\n')[2]))

    async def test_only_where_it_is_understood(self):
        async with Service() as service:
            for accepted, is_packed in (('gzip', True), ('GZIP', True), ('deflate, gzip', True),
                                        ('*', True), ('identity', False), ('br', False), ('', False),
                                        ('gzip;q=0', False), ('*, gzip;q=0', False),
                                        ('gzipped', False)):
                with self.subTest(accepted):
                    response = await service.get('/', ('Accept-Encoding', accepted))
                    self.assertEqual(response.get('Content-Encoding'), 'gzip' if is_packed else None)

    async def test_is_not_sent_twice(self):
        async with Service() as service:
            for headers in ((), (GZIP,), (GZIP, ('Accept-Language', 'de'))):
                for path in ('/', '/page.js') if len(headers) < 2 else ('/messages',):
                    tag = (await service.get(path, *headers)).get('ETag')
                    for match in (tag, f'W/{tag}', f'"x", {tag}'):
                        response = await service.get(path, *headers, ('If-None-Match', match))
                        self.assertEqual((response.status, response.body, response.get('ETag')),
                                         (304, b'', tag))
                        self.assertEqual(response.all('Content-Encoding'), [])
                        self.assertIn('Accept-Encoding', response.all('Vary'))
                    self.assertEqual((await service.get(path, *headers,
                                                        ('If-None-Match', '"x"'))).status, 200)


class Messages(Checks):
    async def ask(self, service, accepted):
        headers = () if accepted is None else (('Accept-Language', accepted),)
        response = await service.get('/messages', *headers)
        self.assertIn('Accept-Language', response.all('Vary'))
        self.assertEqual(response.all('Cache-Control'), ['no-cache'])
        return response

    async def test_of_the_reader_s_language(self):
        async with Service() as service:
            for accepted in ('de', 'DE', 'de-AT', 'de-Latn-CH-1996', 'fr, de;q=0.5', 'en;q=0.1, de',
                             'de;q=0.9, en;q=0.8', 'tlh-x-foo;q=1, de;q=0.1, *;q=0.1'):
                with self.subTest(accepted):
                    response = await self.ask(service, accepted)
                    self.assertEqual(response.status, 200)
                    self.assertEqual(response.all('Content-Language'), ['de'])
                    self.assertEqual(response.all('Content-Type'), ['application/json'])
                    self.assertEqual(response.json['language'], 'de')

    async def test_english_needs_none(self):
        async with Service() as service:
            for accepted in (None, '', 'en', 'en-GB, de', 'de;q=0', 'de;q=0.4, en-US', '*', 'fr, nds',
                             'd', 'de_AT', '../de', 'de.json', ',;q=,', '-', 'x' * 3000):
                with self.subTest(accepted):
                    response = await self.ask(service, accepted)
                    self.assertEqual((response.status, response.body), (204, b''))
                    self.assertEqual(response.all('Content-Language'), ['en'])

    async def test_what_is_in_it(self):
        """What the page says, and what generators say of themselves; nothing else."""
        async with Service() as service:
            catalogue = (await self.ask(service, 'de')).json
            messages = catalogue['messages']
            self.assertEqual(messages['Stop'], 'Anhalten')
            self.assertEqual(messages['Feed'], 'Zufuhr')
            self.assertNotIn('', messages)
            self.assertNotIn('List the sessions', messages)
            self.assertEqual(len(catalogue['plural']), 200)
            self.assertEqual([n for n, form in enumerate(catalogue['plural']) if form == 0], [1])
            generators = (await service.get('/generators')).json['generators']
            for generator in generators:
                self.assertIn(generator['summary'], messages)
                for spec in generator['parameters']:
                    for key in ('label', 'description', 'unit'):
                        if spec.get(key):
                            self.assertIn(spec[key], messages)


class Picture(Checks):
    async def test_has_its_headers(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                self.assert_refused(await service.get('/sessions/pattern_1/frame.svg'), 404,
                                    'bad-state')
                await client.send('step 3')
                await client.until_told('paused')
                response = await service.get('/sessions/pattern_1/frame.svg')
                self.assertEqual(response.status, 200)
                self.assertTrue(response.get('Content-Type').startswith('image/svg+xml'))
                self.assertEqual(response.all('ETag'), ['"1-3"'])
                self.assertEqual(response.all('Cache-Control'), ['no-cache'])
                self.assertEqual(response.all('X-Content-Type-Options'), ['nosniff'])
                self.assertEqual(response.all('Content-Security-Policy'),
                                 ["sandbox; default-src 'none'; style-src 'unsafe-inline'; "
                                  "img-src data:"])
                self.assertEqual((step_of(response.text), len(response.body)), (3, 400))

    async def test_is_not_sent_twice(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                path = '/sessions/pattern_1/frame.svg'
                await client.send('step 3')
                await client.until_told('paused')
                tag = (await service.get(path)).get('ETag')
                for match in (tag, f'"x", {tag}', f'W/{tag}', '*'):
                    response = await service.get(path, ('If-None-Match', match))
                    self.assertEqual((response.status, response.body), (304, b''), match)
                    self.assertEqual(response.get('ETag'), tag)
                for match in ('"0-0"', '"1-33"', tag.strip('"')):
                    response = await service.get(path, ('If-None-Match', match))
                    self.assertEqual(response.status, 200, match)
                await client.send('step')
                await client.until_told('paused')
                response = await service.get(path, ('If-None-Match', tag))
                self.assertEqual((response.status, step_of(response.text)), (200, 4))

    async def test_is_drawn_when_it_is_asked_for(self):
        """Nothing is drawn on the way to "stopped"; the stopped state is there nevertheless."""
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=400) as client:
                await client.answered('options', **{'delivery': 'latest', 'max-fps': 1})
                for run in range(1, 4):
                    await client.answered('start')
                    await client.next('frame')
                    answer = await client.answered('stop')
                    response = await service.get('/sessions/pattern_1/frame.svg')
                    self.assertEqual(response.status, 200)
                    self.assertEqual(step_of(response.text), answer['step'])
                    self.assertTrue(response.get('ETag').startswith(f'"{run}-'))
                    again = await service.get('/sessions/pattern_1/frame.svg')
                    self.assertEqual(again.get('ETag'), response.get('ETag'))
                # And nobody was sent it unasked.
                before, _ = await client.ask('stop')
                self.assertEqual([m for m in before if m['type'] == 'frame'], [])

    async def test_of_a_running_session(self):
        async with Service() as service:
            async with await service.connect(generator='attractor') as client:
                await client.send('start')
                await client.frame()
                response = await service.get('/sessions/attractor_1/frame.svg')
                self.assertEqual(response.status, 200)
                self.assertIn('<svg', response.text)
                await client.stop()

    async def test_shows_a_parameter_that_was_set_while_it_was_paused(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                await client.send('step')
                await client.until_told('paused')
                first = await service.get('/sessions/pattern_1/frame.svg')
                await client.ask('set bytes=555', 'set')
                second = await service.get('/sessions/pattern_1/frame.svg',
                                           ('If-None-Match', first.get('ETag')))
                self.assertEqual((second.status, len(second.body)), (200, 555))

    async def test_head_has_no_body(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                await client.send('step')
                await client.until_told('paused')
                for path in ('/', '/health', '/generators', '/sessions', '/sessions/pattern_1',
                             '/sessions/pattern_1/frame.svg'):
                    get, head = await service.get(path), await service.request('HEAD', path)
                    self.assertEqual((head.status, head.body), (200, b''), path)
                    self.assertEqual(head.get('Content-Type'), get.get('Content-Type'))
                    self.assertEqual(head.get('Content-Length'), str(len(get.body)), path)
                    self.assertEqual(head.get('ETag'), get.get('ETag'))
                    # Not a byte more: whatever came would be taken for the next response.
                    raw = await self.read_all(service, f'HEAD {path} HTTP/1.1\r\n')
                    self.assertTrue(raw.endswith(b'\r\n\r\n'), raw[-100:])

    @staticmethod
    async def read_all(service, line):
        reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
        writer.write(line.encode() + f'Host: 127.0.0.1:{service.port}\r\n'
                     'Connection: close\r\n\r\n'.encode())
        data = await within(reader.read(), 'the response')
        writer.close()
        return data


def circle(extra=''):
    """A program that prints one document, and lives on."""
    svg = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">'
           f'<circle cx="5" cy="5" r="4" fill="#ff8000"/>{extra}</svg>')
    return ['/bin/sh', '-c', f"echo '{svg}'; exec sleep 1000"]


BOMB = ('<filter id="f"><feTurbulence baseFrequency="9" numOctaves="1000000"/></filter>'
        '<rect width="20" height="10" filter="url(#f)"/>')


class Pixels(Checks):
    PATH = '/sessions/sh_1/frame.png'

    def assert_png(self, response, width, height):
        self.assertEqual(response.status, 200, response)
        self.assertEqual(response.body[:16], b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR')
        self.assertEqual(struct.unpack('>II', response.body[16:24]), (width, height))
        self.assertEqual(response.body[-8:-4], b'IEND')

    async def begin(self, service, client):
        await client.send('start')
        await client.frame()

    async def test_has_its_headers(self):
        async with Service(program=circle()) as service:
            async with await service.connect() as client:
                self.assert_refused(await service.get(self.PATH), 404, 'bad-state')
                await self.begin(service, client)
                response = await service.get(self.PATH + '?width=100')
                self.assert_png(response, 100, 50)
                self.assertEqual(response.all('Content-Type'), ['image/png'])
                self.assertEqual(response.all('ETag'), ['"1-1-100"'])
                self.assertEqual(response.all('Cache-Control'), ['no-cache'])
                self.assertEqual(response.all('X-Content-Type-Options'), ['nosniff'])
                self.assertEqual(response.all('Cross-Origin-Resource-Policy'), ['same-origin'])
                self.assert_png(await service.get(self.PATH), 20, 10)
                self.assert_png(await service.get(self.PATH + '?width=8192'), 8192, 4096)
                head = await service.request('HEAD', self.PATH + '?width=100')
                self.assertEqual((head.status, head.body), (200, b''))
                self.assertEqual(head.get('Content-Length'), str(len(response.body)))

    async def test_is_not_drawn_twice(self):
        async with Service(program=circle()) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                for query in ('', '?width=10'):
                    tag = (await service.get(self.PATH + query)).get('ETag')
                    response = await service.get(self.PATH + query, ('If-None-Match', tag))
                    self.assertEqual((response.status, response.body), (304, b''))
                    self.assertEqual(response.get('ETag'), tag)
                    other = await service.get(self.PATH + '?width=11', ('If-None-Match', tag))
                    self.assert_png(other, 11, 6)

    async def test_bad_widths(self):
        async with Service(program=circle()) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                for width in ('', '0', '-1', '8193', '1.5', 'x', '1e3', '%20100', '9' * 1000,
                              '%00', '%ff'):
                    response = await service.get(f'{self.PATH}?width={width}')
                    self.assert_refused(response, 400, 'invalid-value')
                    self.assertIsNone(response.get('ETag'))

    async def test_of_a_built_in_generator(self):
        async with Service() as service:
            async with await service.connect(generator='attractor') as client:
                await client.send('start')
                await client.frame()
                response = await service.get('/sessions/attractor_1/frame.png?width=64')
                self.assertEqual(response.status, 200)
                self.assertEqual(struct.unpack('>I', response.body[16:20]), (64,))
                await client.stop()

    async def test_of_an_absurd_shape(self):
        program = ['/bin/sh', '-c', 'echo \'<svg xmlns="http://www.w3.org/2000/svg" width="1" '
                                    'height="1e9"/>\'; exec sleep 1000']
        async with Service(program=program) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                response = await service.get(self.PATH)
                self.assert_refused(response, 400, 'limit-exceeded')
                self.assertIsNone(response.get('ETag'))

    async def test_a_view_link_will_do(self):
        async with Service(auth=None, program=circle()) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                self.assert_refused(await service.get(self.PATH), 401, 'permission-denied')
                view = service.view_token()
                self.assert_png(await service.get(f'{self.PATH}?width=30&token={view}'), 30, 15)

    async def test_what_takes_too_long(self):
        """It is given up, those who wait behind it are drawn, and all else goes on."""
        async with Service(program=circle(BOMB)) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                slow = asyncio.ensure_future(service.get(self.PATH + '?width=100'))
                await wait_for(lambda: self.helpers(service) == 2, 'a helper that draws')
                self.assertEqual((await service.get('/sessions/sh_1/frame.svg')).status, 200)
                async with await service.connect(generator='pattern') as other:
                    await other.send('step')
                    await other.until_told('paused')
                    next_ = await service.get('/sessions/pattern_1/frame.png?width=10')
                    self.assertEqual(next_.status, 200)
                self.assert_refused(await slow, 503, 'unresponsive')
                # The helper that checks frames is kept.
                await wait_for(lambda: self.helpers(service) == 1, 'the end of what drew')

    async def test_the_service_does_not_wait_for_it(self):
        async with Service(program=circle(BOMB)) as service:
            async with await service.connect() as client:
                await self.begin(service, client)
                slow = asyncio.ensure_future(service.get(self.PATH + '?width=100'))
                await wait_for(lambda: self.helpers(service) == 2, 'a helper that draws')
        await asyncio.gather(slow, return_exceptions=True)

    @staticmethod
    def helpers(service):
        return sum('stepcast-validate' in command_of(pid) for pid in descendants(service.pid))


class Gate(Checks):
    PATHS = ('/', '/health', '/generators', '/sessions', '/sessions/x', '/ws', '/nope')

    async def test_hosts(self):
        async with Service() as service:
            port = service.port
            for host in (f'127.0.0.1:{port}', f'localhost:{port}', f'[::1]:{port}'):
                for path in ('/health', '/sessions', '/'):
                    self.assertEqual((await service.get(path, host=host)).status, 200, host)
            for host in ('evil.example', f'evil.example:{port}', '127.0.0.1', 'localhost',
                         f'127.0.0.1:{port + 1}', f'127.0.0.1.nip.io:{port}',
                         f'localhost.evil.example:{port}', f'127.0.0.2:{port}', f'0.0.0.0:{port}',
                         f'xlocalhost:{port}', f'127.0.0.1:{port}0', f'127.0.0.1:0{port}',
                         f'127.0.0.1:{port}@evil.example', f'user@127.0.0.1:{port}',
                         f'127.0.0.1:{port},evil.example', '[::1', f'::1:{port}',
                         f'2130706433:{port}', f'127.1:{port}', f'127.0.0.1:{port}/x', ''):
                for path in self.PATHS:
                    with self.subTest(host=host, path=path):
                        response = await service.get(path, host=host)
                        # What is no host at all may be a bad request.
                        is_host = re.fullmatch(r'[\w.-]+(:\d{1,5})?', host)
                        self.assertIn(response.status, (421,) if is_host else (400, 421))

    async def test_exactly_one_host(self):
        async with Service() as service:
            good, evil = f'127.0.0.1:{service.port}', 'evil.example'
            for hosts in ([good, good], [good, evil], [evil, good], []):
                for path in ('/health', '/sessions', '/'):
                    response = await service.get(path, host=hosts)
                    self.assertIn(response.status, (400, 421) if not hosts else (421,), hosts)

    async def test_an_absolute_target_is_no_way_around(self):
        async with Service() as service:
            for target in (f'http://evil.example:{service.port}/sessions',
                           'http://evil.example/sessions'):
                response = await service.get(target)
                self.assertIn(response.status, (400, 404, 421), target)

    async def test_origins(self):
        async with Service() as service:
            port = service.port
            for origin in (f'http://127.0.0.1:{port}', f'http://localhost:{port}',
                           f'http://[::1]:{port}'):
                response = await service.get('/sessions', ('Origin', origin))
                self.assertEqual(response.status, 200, origin)
            evil = ('null', 'http://evil.example', f'http://evil.example:{port}',
                    f'https://127.0.0.1:{port}', 'http://127.0.0.1', f'http://127.0.0.1:{port + 1}',
                    f'http://127.0.0.1:{port}.evil.example', f'http://127.0.0.1:{port}/',
                    f'127.0.0.1:{port}', 'file://', '', f'ws://127.0.0.1:{port}',
                    f'http://localhost.evil.example:{port}')
            for origin in evil:
                for path in self.PATHS:
                    response = await service.get(path, ('Origin', origin))
                    self.assert_refused(response, 403, 'permission-denied')
            response = await service.get('/sessions', ('Origin', f'http://127.0.0.1:{port}'),
                                         ('Origin', 'http://evil.example'))
            self.assertEqual(response.status, 403)

    async def test_handshakes_pass_it_too(self):
        async with Service() as service:
            port = service.port
            for path in ('/ws', '/sessions/x/ws'):
                for origin in ('null', 'http://evil.example', f'http://127.0.0.1:{port + 1}'):
                    raw = await service.connect_raw(path, headers=[('Origin', origin)], check=False)
                    self.assertEqual(raw.status, 403, (path, origin))
                    raw.socket.close()
                raw = await service.connect_raw(path, headers=[('Host', 'evil.example')],
                                                check=False)
                self.assertEqual(raw.status, 421)
                raw.socket.close()
            raw = await service.connect_raw('/ws', headers=[('Origin', f'http://localhost:{port}')])
            raw.socket.close()
            await service.wait_sessions(0)

    async def test_methods(self):
        async with Service() as service:
            more = {'/sessions': {'POST'}, '/sessions/x': {'PATCH', 'DELETE'}}
            for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'):
                for path in (*self.PATHS, '/events', '/sessions/x/events', '/sessions/',
                             '/sessions/x/', '/sessions/x/frame.svg', '/sessions/x%2fevents'):
                    allowed = more.get(path, set())
                    response = await service.request(method, path)
                    if method in allowed:
                        self.assertNotEqual(response.status, 405)
                        continue
                    self.assertIn(response.status, (404, 405) if '%' in path else (405,),
                                  (method, path))
                    self.assert_refused(response, response.status, 'bad-request')
                    if response.status == 405:
                        self.assertEqual(set(re.split(r',\s*', response.get('Allow') or '')),
                                         {'GET', 'HEAD', *allowed}, (method, path))
            for method in ('BREW', 'get', 'CONNECT'):
                response = await service.request(method, '/sessions')
                self.assertIn(response.status, (400, 405, 501), method)

    async def test_a_large_body_is_not_kept(self):
        async with Service() as service:
            before = service.rss()
            size = 50 * MIB

            async def post(path):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                             f'Content-Length: {size}\r\n\r\n'.encode())
                highest, status = 0, None
                try:
                    for _ in range(size // MIB):
                        writer.write(b'x' * MIB)
                        await within(writer.drain(), 'sending on')
                        highest = max(highest, service.rss())
                    status = await within(reader.readline(), 'a response')
                except ConnectionError:  # it need not read it all
                    pass
                writer.close()
                return highest, status

            for path in ('/sessions', '/ws', '/'):
                highest, status = await post(path)
                if status:  # of /sessions it is no JSON
                    self.assertIn(b' 415 ' if path == '/sessions' else b' 405 ', status)
                if not SANITIZED:
                    self.assertLess(highest - before, 8 * MIB, path)
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_a_chunked_body_is_not_kept(self):
        async with Service() as service:
            before = service.rss()
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            writer.write(f'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                         'Transfer-Encoding: chunked\r\n\r\n'.encode())
            highest = 0
            try:
                for _ in range(50):
                    writer.write(b'100000\r\n' + b'x' * MIB + b'\r\n')
                    await within(writer.drain(), 'sending on')
                    highest = max(highest, service.rss())
            except ConnectionError:
                pass
            writer.close()
            if not SANITIZED:
                self.assertLess(highest - before, 8 * MIB)
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_what_is_no_http(self):
        async with Service() as service:
            for data in (b'\r\n\r\n\r\n', b'\0' * 1000 + b'\r\n\r\n', b'GET\r\n\r\n',
                         b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
                         b'GET / HTTP/9.9\r\n\r\n', b'GET /  HTTP/1.1\r\n\r\n',
                         b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b': x\r\n\r\n'):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(data)
                writer.write_eof()
                try:
                    answer = await within(reader.read(), 'the end of the connection')
                    self.assertNotIn(b' 200 ', answer[:20])
                except ConnectionError:
                    pass
                writer.close()
            self.assertEqual((await service.get('/health')).status, 200)


class Tokens(Checks):
    async def test_nothing_without(self):
        async with Service(auth=None) as service:
            self.assertRegex(service.token, '^[0-9a-f]{32}$')
            for path in ('/', '/generators', '/sessions', '/sessions/x', '/sessions/x/frame.svg',
                         '/sessions/x/frame.png', '/ws', '/nope'):
                self.assert_refused(await service.get(path), 401, 'permission-denied')
            self.assertEqual((await service.get('/health')).status, 200)
            for path in ('/ws?token=', '/sessions/x/ws?token='):
                raw = await service.connect_raw(path, check=False)
                self.assertEqual(raw.status, 401)
                raw.socket.close()
            await service.wait_sessions(0)

    async def test_wrong_ones(self):
        async with Service(auth=None) as service:
            token = service.token
            for wrong in ('0' * 32, token[:-1], token + '0', token.upper() + 'x', '', '%00', 'x',
                          token[:16], 'a' * 10000, '%20' + token):
                response = await service.get('/sessions?token=' + wrong)
                self.assertEqual(response.status, 401, wrong)
                self.assertEqual(response.all('Set-Cookie'), [])
                response = await service.get('/sessions', ('Authorization', f'Bearer {wrong}'))
                self.assertEqual(response.status, 401, wrong)
            for header in (token, f'Basic {token}', f'Bearer{token}', 'Bearer'):
                response = await service.get('/sessions', ('Authorization', header))
                self.assertEqual(response.status, 401, header)

    async def test_the_link_sets_a_cookie(self):
        async with Service(auth=None) as service:
            response = await service.get(f'/?token={service.token}')
            self.assertEqual(response.status, 200)
            cookie, = response.all('Set-Cookie')
            pair, *attributes = [part.strip() for part in cookie.split(';')]
            name, _, value = pair.partition('=')
            self.assertEqual(name, f'stepcast-{service.port}')
            self.assertLessEqual({'HttpOnly', 'SameSite=Strict', 'Path=/'}, set(attributes))
            self.assertGreaterEqual(len(value), 32)
            # A secret of its own: what is in the cookie jar is not the link.
            self.assertNotIn(service.token, value)
            self.assertNotIn(service.view_token(), value)

            for path in ('/sessions', '/generators', '/'):
                response = await service.get(path, ('Cookie', pair))
                self.assertEqual(response.status, 200)
            response = await service.get('/sessions', ('Cookie', f'a=b; {pair}; c=d'))
            self.assertEqual(response.status, 200)
            raw = RawClient(service)
            await raw.open('/ws?generator=pattern&token=', headers=[('Cookie', pair)], check=False)
            by_wrong_token = raw.status
            raw.socket.close()
            self.assertIn(by_wrong_token, (101, 401))
            service.token, token = None, service.token  # as a page does, without the token
            raw = await service.connect_raw('/ws?generator=pattern', headers=[('Cookie', pair)])
            service.token = token
            await raw.send_text('step')
            self.assertEqual(await raw.step(), 1)  # so it has the role "control"
            raw.socket.close()

            for wrong in (f'{name}={value[:-1]}', f'{name}={value}0', f'x{name}={value}',
                          f'{name}={token}', f'stepcast-1={value}', f'{name}=', value):
                response = await service.get('/sessions', ('Cookie', wrong))
                self.assertEqual(response.status, 401, wrong)

    async def test_by_header(self):
        async with Service(auth=None) as service:
            response = await service.get('/sessions', ('Authorization', f'Bearer {service.token}'))
            self.assertEqual(response.status, 200)

    async def test_the_role_is_said(self):
        async with Service(auth='token') as service:
            for token, role in ((service.token, ['control']), (service.view_token(), ['view']),
                                ('0' * 32, [])):
                response = await service.get(f'/sessions?token={token}')
                self.assertEqual(response.all('Stepcast-Role'), role)

    async def test_to_look_is_not_to_control(self):
        async with Service(auth=None) as service:
            view = service.view_token()
            self.assertNotEqual(view, service.token)
            self.assertEqual((await service.get(f'/sessions?token={view}')).status, 200)
            response = await service.get(f'/?token={view}')
            cookie = response.get('Set-Cookie').partition(';')[0]
            service.token, token = None, service.token
            raw = await service.connect_raw('/ws?generator=pattern', headers=[('Cookie', cookie)])
            service.token = token
            self.assertIn('permission-denied', await raw.text())
            raw.socket.close()
            await service.wait_sessions(0)

    async def test_are_kept_for_the_user_alone_and_survive_a_restart(self):
        async with Service(auth=None) as service:
            path = service.runtime / 'stepcast' / 'access'
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertIn(service.token, path.read_text())
            async with Service(auth=None, home=service.directory) as again:
                self.assertEqual(again.token, service.token)
                self.assertEqual(again.view_token(), service.view_token())
                self.assertEqual((await again.get(f'/sessions?token={service.token}')).status, 200)

    async def test_are_not_said_where_others_read(self):
        async with Service(auth=None, env={'G_MESSAGES_DEBUG': 'all'}) as service:
            async with await service.connect(generator='pattern') as client:
                await client.send('step')
                await client.until_told('paused')
                response = await service.get(f'/?token={service.token}')
                self.assertNotIn(service.token, response.text)
            await service.wait_sessions(0)
            self.assertNotIn(service.token, '\n'.join(service.log))

    async def test_with_auth_none_there_is_none(self):
        async with Service() as service:
            self.assertIsNone(service.token)


class Slow(Checks):
    async def test_half_open_requests_are_dropped_and_hinder_nobody(self):
        async with Service() as service:
            before = service.count_files()
            beginnings = (b'', b'G', b'GET / HTTP/1.1\r\n', b'GET / HTTP/1.1\r\nHost: 127.0.0.1',
                          b'GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n'
                          % service.port)
            connections = []
            for index in range(200):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(beginnings[index % len(beginnings)])
                connections.append((reader, writer))

            async def wait_end(reader):
                try:
                    return await reader.read()
                except ConnectionError:
                    return b''

            async def trickle():
                """Now and then a byte does not buy more time."""
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                end = asyncio.ensure_future(wait_end(reader))
                writer.write(b'GET / HTTP/1.1\r\nX: ')
                while not end.done():
                    writer.write(b'x')
                    await asyncio.wait([end], timeout=0.5)
                writer.close()
                return await end

            # Meanwhile the others are served.
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('start')
                self.assert_consecutive(await client.steps(200), 1)
                await client.stop()
            for _ in range(20):
                self.assertEqual((await service.get('/health')).status, 200)

            answers = await within(asyncio.gather(trickle(), *[wait_end(reader)
                                                               for reader, _ in connections]),
                                   'the end of the half-open requests', 30 * FACTOR)
            self.assertTrue(all(b' 200 ' not in answer for answer in answers))
            for _, writer in connections:
                writer.close()
            self.assertLessEqual(service.count_files(), before + 2)
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_a_body_that_never_comes(self):
        async with Service() as service:
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            writer.write(f'GET /health HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n'
                         'Content-Length: 1000000\r\n\r\n'.encode())
            try:
                await within(reader.read(), 'the end of the connection', 30 * FACTOR)
            except ConnectionError:
                pass
            writer.close()

    async def test_a_connection_is_kept_or_said_to_close(self):
        """One that ends without a word costs its client a request, which it has to send again."""
        async with Service() as service:
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            for count in range(20):
                writer.write(f'GET /health HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n'
                             .encode())
                try:
                    head = await within(reader.readuntil(b'\r\n\r\n'), 'a response')
                except asyncio.IncompleteReadError:
                    self.fail(f'it was closed after {count} responses, and they did not say so')
                status, headers = parse_head(head)
                response = Response(status, headers, b'')
                self.assertEqual(status, 200)
                length = int(response.get('Content-Length'))
                body = await within(reader.readexactly(length), 'a body')
                self.assertEqual(body.strip(), b'ok')
                if (response.get('Connection') or '').lower() == 'close':
                    self.assertEqual(await within(reader.read(), 'the end of the connection'), b'')
                    break
            else:
                # The last request of a connection passes the gate as the first does.
                writer.write(b'GET /sessions HTTP/1.1\r\nHost: evil.example\r\n\r\n')
                head = await within(reader.readuntil(b'\r\n\r\n'), 'a response')
                self.assertEqual(parse_head(head)[0], 421)
            writer.close()


class Loopback(Checks):
    async def test_only_loopback_is_listened_on(self):
        """127.0.0.2 is another address of this machine: a wildcard socket would answer there."""
        async with Service() as service:
            with socket.socket() as other:
                other.settimeout(5)
                with self.assertRaises(OSError):
                    other.connect(('127.0.0.2', service.port))


if __name__ == '__main__':
    main()
