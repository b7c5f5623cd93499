#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Beyond loopback: the names that it is reached by, pages elsewhere, and TLS."""

import asyncio
import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import urllib.parse
import warnings

import websockets

from stepcast import (CLOSE, FACTOR, STEPCASTD, Service, TestCase, digest, is_frame, main,
                      make_frame, parse_head, step_of, wait_for, within)

FRIEND = 'https://friend.example'
ADDRESS = r'(https?://(?:[\w.-]+|\[[0-9a-f:]+\]):(\d+)/)'


class Room(Service):
    """One that others may reach. It prints a second line, which has the link for them."""

    GREETING = rf'Listening on {ADDRESS}(?:\?token=([0-9a-f]{{32}}))?'

    def __init__(self, *options, address='127.0.0.1', has_view_link=True, **others):
        super().__init__(*options, **others)
        self.address = address
        self.has_view_link = has_view_link

    async def __aenter__(self):
        await super().__aenter__()
        if self.has_view_link:
            line = await within(self.process.stdout.readline(), 'the second line on stdout')
            self.view_line = line.decode().rstrip('\n')
        return self

    def hosts(self, *names):
        return [f'{name}:{self.port}' for name in names]


async def refused(*options):
    """Starts one that does not start: (status, stderr)."""
    with tempfile.TemporaryDirectory(prefix='stepcast-test-') as folder:
        env = {**os.environ, 'XDG_RUNTIME_DIR': folder, 'HOME': folder, 'LC_ALL': 'C.UTF-8',
               'GSETTINGS_BACKEND': 'memory'}
        process = await asyncio.create_subprocess_exec(
            STEPCASTD, '--bus=none', '--port=0', *options, env=env,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, err = await within(process.communicate(), 'its end')
        assert out == b'', out
        return process.returncode, err.decode()


def own_address():
    """The address of this machine that leads elsewhere, or None; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(('192.0.2.1', 9))
        except OSError:
            return None
        name = probe.getsockname()[0]
    return None if name.startswith('127.') else name


class Options(TestCase):
    async def test_what_is_no_host_or_origin_is_refused(self):
        for option, values in (
                ('--allow-host', ('', '*', '*.example.org', 'http://example.org', 'a:0', 'a b',
                                  'a:99999', '[::1', 'a/b')),
                ('--allow-origin', ('', '*', 'null', 'example.org', 'https://*.example.org',
                                    'https://example.org/', 'ftp://example.org')),
                ('--allow-embedding', ('', '*', 'null', "'self'", 'https://a.example; script-src *',
                                       'https://a.example https://b.example'))):
            for value in values:
                with self.subTest(option=option, value=value):
                    status, err = await refused(f'{option}={value}')
                    self.assertEqual(status, 2)
                    self.assertIn(f'“{value}”', err)
                    self.assertIn(option, err)

    async def test_it_is_loud(self):
        async with Room('--address=127.0.0.1', '--bus=none', has_view_link=False) as service:
            self.assertFalse([line for line in service.log if 'TLS' in line])
        async with Room('--address=0.0.0.0', '--bus=none', auth='token') as service:
            await service.wait_log('WITHOUT TLS.*--tls-certificate')
        self.assertEqual(len([line for line in service.log if 'beyond' in line]), 1)
        async with Room('--address=0.0.0.0', '--bus=none', has_view_link=False) as service:
            await service.wait_log('WITHOUT TLS')
            await service.wait_log('--auth=none: EVERYBODY')


class Links(TestCase):
    async def test_of_the_first_address(self):
        async with Room('--address=0.0.0.0', auth='token') as service:
            host = urllib.parse.urlsplit(service.url).hostname
            self.assertNotIn(host, ('0.0.0.0', 'localhost'))
            if own_address() is not None:
                self.assertFalse(host.startswith('127.'), host)
            # It is one that is answered to.
            service.address = host
            token = service.view_token()
            self.assertEqual(service.view_line,
                             f'For the room, to look only: {service.url}?token={token}')
            response = await service.get(f'/sessions?token={token}',
                                         host=urllib.parse.urlsplit(service.url).netloc)
            self.assertEqual(response.status, 200)

    async def test_of_the_first_name(self):
        async with Room('--address=0.0.0.0', '--allow-host=Box.Example', '--allow-host=b.example',
                        auth='token') as service:
            self.assertEqual(service.url, f'http://box.example:{service.port}/')
            self.assertIn(service.url, service.view_line)

    async def test_stay_the_same_on_loopback(self):
        async with Service('--allow-host=box.example', auth='token') as service:
            self.assertEqual(service.greeting,
                             f'Listening on http://127.0.0.1:{service.port}/?token={service.token}')


class Hosts(TestCase):
    async def test_everywhere(self):
        async with Room('--address=0.0.0.0', '--allow-host=box.example',
                        '--allow-host=proxy.example:443', has_view_link=False) as service:
            good = service.hosts('127.0.0.1', 'localhost', 'box.example', 'BOX.example')
            good += ['box.example', 'proxy.example']
            bad = service.hosts('evil.example', 'a.box.example', '127.0.0.2', '0.0.0.0',
                                'box.example.evil.example', 'proxy.example',
                                '127.0.0.1.nip.io', own_address() or '127.0.0.3')
            bad += ['127.0.0.1', f'box.example:{service.port + 1}']
            for host in good:
                self.assertEqual((await service.get('/health', host=host)).status, 200, host)
            for host in bad:
                for path in ('/health', '/sessions', '/ws'):
                    response = await service.get(path, host=host)
                    self.assertEqual(response.status, 421, host)
                    self.assertIn('--allow-host', response.json['error']['message'])

    async def test_the_address_of_the_connection(self):
        async with Room('--address=0.0.0.0', has_view_link=False) as service:
            for address in filter(None, ('127.0.0.2', '127.7.7.7', own_address())):
                service.address = address
                there, elsewhere = service.hosts(address, '127.0.0.9')
                self.assertEqual((await service.get('/health', host=there)).status, 200)
                self.assertEqual((await service.get('/health', host=elsewhere)).status, 421)
                self.assertEqual((await service.get('/health', host=address)).status, 421)
                response = await service.get('/sessions', ('Origin', f'http://{there}'), host=there)
                self.assertEqual(response.status, 200)

    async def test_another_loopback_address(self):
        async with Room('--address=127.0.0.2', address='127.0.0.2',
                        has_view_link=False) as service:
            self.assertEqual(service.url, f'http://127.0.0.2:{service.port}/')
            for host in service.hosts('127.0.0.2', 'localhost'):
                self.assertEqual((await service.get('/health', host=host)).status, 200)
            for host in service.hosts('127.0.0.3', 'evil.example'):
                self.assertEqual((await service.get('/health', host=host)).status, 421)

    async def test_ipv6(self):
        with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
            try:
                probe.bind(('::1', 0))
            except OSError:
                self.skipTest('there is no IPv6 here')
        async with Room('--address=::', has_view_link=False) as service:
            for address, host in (('::1', '[::1]'), ('::1', '[0:0::1]'), ('127.0.0.2', '127.0.0.2')):
                service.address = address
                host, = service.hosts(host)
                self.assertEqual((await service.get('/health', host=host)).status, 200, host)
            host, = service.hosts('[::2]')
            self.assertEqual((await service.get('/health', host=host)).status, 421)


class Origins(TestCase):
    async def cookie(self, service):
        response = await service.get(f'/?token={service.token}')
        return response.get('Set-Cookie').partition(';')[0]

    async def test_pages_elsewhere_need_a_token(self):
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            cookie = await self.cookie(service)
            good, bad = ('Origin', FRIEND), ('Origin', 'https://evil.example')
            token = service.view_token()

            response = await service.get(f'/sessions?token={token}', good)
            self.assertEqual(response.status, 200)
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [FRIEND])
            self.assertIn('Origin', response.get('Vary'))
            self.assertEqual(response.all('Access-Control-Allow-Credentials'), [])
            self.assertEqual(response.all('Set-Cookie'), [])

            # The cookie is sent along by the browser, whoever asks.
            self.assertEqual((await service.get('/sessions', ('Cookie', cookie))).status, 200)
            response = await service.get('/sessions', good, ('Cookie', cookie))
            self.assertEqual(response.status, 401)
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [FRIEND])
            response = await service.get(f'/?token={service.token}', good)
            self.assertEqual((response.status, response.all('Set-Cookie')), (200, []))

            response = await service.get(f'/sessions?token={token}', bad)
            self.assertEqual(response.status, 403)
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [])
            response = await service.get(f'/sessions?token={token}')
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [])
            self.assertIn('Origin', response.get('Vary'))

    async def test_exactly_that_origin(self):
        async with Service(f'--allow-origin={FRIEND}', '--allow-host=box.example') as service:
            for origin in ('http://friend.example', FRIEND + ':444', FRIEND + '.evil.example',
                           'https://a.friend.example', FRIEND + '/', 'null', FRIEND + ' ' + FRIEND,
                           'http://box.example', 'https://box.example'):
                response = await service.get('/sessions', ('Origin', origin))
                self.assertEqual(response.status, 403, origin)
            # The page that a proxy before it serves is its own.
            response = await service.get('/sessions', ('Origin', 'https://box.example'),
                                         host='box.example')
            self.assertEqual(response.status, 200)

    async def test_without_any_there_are_no_such_headers(self):
        async with Service() as service:
            response = await service.get('/sessions')
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [])
            self.assertEqual(response.all('Vary'), [])

    async def test_pictures(self):
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            async with await service.connect(generator='pattern', bytes=400) as client:
                await client.send('step 1')
                await client.until_told('paused')
                token = service.view_token()
                response = await service.get(f'/sessions/pattern_1/frame.svg?token={token}',
                                             ('Origin', FRIEND))
                self.assertEqual(response.status, 200)
                self.assertEqual(response.get('Access-Control-Allow-Origin'), FRIEND)
                self.assertEqual(response.get('Cache-Control'), 'no-cache')
                self.assertEqual(step_of(response.text), 1)

    async def preflight(self, service, path, origin, method='PATCH', **options):
        """What a browser asks before it lets a page ask: it sends no token along."""
        return await service.request('OPTIONS', path, ('Origin', origin),
                                     ('Access-Control-Request-Method', method),
                                     ('Access-Control-Request-Headers', 'content-type'), **options)

    def assert_granted(self, response, origin, methods):
        self.assertEqual((response.status, response.body), (204, b''))
        self.assertEqual(response.all('Access-Control-Allow-Origin'), [origin])
        self.assertEqual(set(response.get('Access-Control-Allow-Methods').split(', ')), methods)
        self.assertEqual(set(response.get('Access-Control-Allow-Headers').split(', ')),
                         {'Authorization', 'Content-Type', 'If-None-Match'})
        self.assertGreater(int(response.get('Access-Control-Max-Age')), 0)
        self.assertEqual(response.all('Vary'), ['Origin'])
        for header in ('Access-Control-Allow-Credentials', 'Set-Cookie'):
            self.assertEqual(response.all(header), [])

    def assert_not_granted(self, response, status):
        self.assertEqual(response.status, status)
        # An allowed origin may read why.
        names = ('Methods', 'Headers', 'Credentials') + (('Origin',) if status == 403 else ())
        for name in names:
            self.assertEqual(response.all(f'Access-Control-Allow-{name}'), [], name)

    async def test_preflights(self):
        look = {'GET', 'HEAD'}
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            for path, methods in (('/health', look), ('/generators', look), ('/events', look),
                                  ('/sessions', {*look, 'POST'}),
                                  ('/sessions/x', {*look, 'PATCH', 'DELETE'}),
                                  ('/sessions/x/events', look), ('/sessions/x/frame.svg', look),
                                  ('/sessions/x/frame.png?width=9', look)):
                self.assert_granted(await self.preflight(service, path, FRIEND), FRIEND, methods)
                for origin in ('https://evil.example', 'http://friend.example', 'null'):
                    self.assert_not_granted(await self.preflight(service, path, origin), 403)
                self.assert_not_granted(
                    await self.preflight(service, path, FRIEND, host='evil.example'), 421)
                # What is no browser's has no use for it.
                self.assert_not_granted(await service.request('OPTIONS', path), 405)
            for path in ('/', '/ws', '/sessions/x/ws', '/sessions/x/y', '/sessions/x/events/y',
                         '/other', '*'):
                self.assert_not_granted(await self.preflight(service, path, FRIEND), 405)

    async def test_a_preflight_from_a_page_of_our_own(self):
        """By another of our names: to its browser that is elsewhere."""
        async with Service() as service:
            origin = f'http://localhost:{service.port}'
            self.assert_granted(await self.preflight(service, '/sessions', origin), origin,
                                {'GET', 'HEAD', 'POST'})
            response = await service.get('/sessions', ('Origin', origin))
            self.assertEqual((response.status, response.all('Access-Control-Allow-Origin')),
                             (200, [origin]))
            self.assertEqual(response.all('Access-Control-Allow-Credentials'), [])
            self.assert_not_granted(
                await self.preflight(service, '/sessions', f'http://localhost:{service.port + 1}'),
                403)

    async def test_what_a_preflight_grants(self):
        """A page elsewhere steers with a token, and with nothing else."""
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            headers = ('Origin', FRIEND), ('Content-Type', 'application/json')
            for token, status in ((service.token, 201), (service.view_token(), 403), ('', 401)):
                response = await service.request('POST', f'/sessions?token={token}', *headers,
                                                 body=b'{"generator":"pattern"}')
                self.assertEqual(response.status, status)
                self.assertEqual(response.all('Access-Control-Allow-Origin'), [FRIEND])
            cookie = await self.cookie(service)
            response = await service.request('POST', '/sessions', *headers, ('Cookie', cookie),
                                             body=b'{"generator":"pattern"}')
            self.assertEqual(response.status, 401)
            response = await service.request('PATCH', '/sessions/pattern_1', *headers,
                                             ('Authorization', f'Bearer {service.token}'),
                                             body=b'{"do":"step"}')
            self.assertEqual(response.status, 200)
            response = await service.get('/sessions/pattern_1/frame.svg',
                                         ('Origin', FRIEND),
                                         ('Authorization', f'Bearer {service.token}'))
            self.assertEqual(response.status, 200)
            for header in ('ETag', 'Location', 'Stepcast-Role'):
                self.assertIn(header, response.get('Access-Control-Expose-Headers'))

    async def test_event_streams(self):
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
            writer.write(f'GET /events?token={service.token} HTTP/1.1\r\nOrigin: {FRIEND}\r\n'
                         f'Host: 127.0.0.1:{service.port}\r\n\r\n'.encode())
            status, *headers = (await reader.readuntil(b'\r\n\r\n')).decode().splitlines()
            self.assertIn(' 200 ', status)
            self.assertIn(f'Access-Control-Allow-Origin: {FRIEND}', headers)
            writer.close()

    async def test_websockets(self):
        async with Service(f'--allow-origin={FRIEND}', auth='token') as service:
            cookie = await self.cookie(service)
            port = service.port
            async with await service.connect_v1(generator='pattern', bytes=400):
                path = '/sessions/pattern_1/ws'
                url = f'ws://127.0.0.1:{port}{path}'
                async with websockets.connect(f'{url}?token={service.view_token()}', origin=FRIEND,
                                              compression=None) as client:
                    self.assertTrue(client.open)
                async with websockets.connect(url, origin=f'http://127.0.0.1:{port}',
                                              extra_headers={'Cookie': cookie}) as client:
                    self.assertTrue(client.open)
                for origin, status in ((FRIEND, 401), ('https://evil.example', 403)):
                    with self.assertRaises(websockets.InvalidStatusCode) as caught:
                        await websockets.connect(url, origin=origin,
                                                 extra_headers={'Cookie': cookie})
                    self.assertEqual(caught.exception.status_code, status)


# ---- TLS ----


class Secure(Room):
    """One that speaks TLS, with a certificate of its own."""

    def __init__(self, *options, certificates, **others):
        super().__init__(f'--tls-certificate={certificates.certificate}',
                         f'--tls-key={certificates.key}', *options, has_view_link=False, **others)
        self.ssl = certificates.context

    async def health(self):
        response = await self.get('/health')
        assert response.status == 200, response

    def open_slowly(self, receive_bytes):
        """A blocking socket, for a thread."""
        raw = socket.socket()
        if receive_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.settimeout(60 * FACTOR)
        raw.connect((self.address, self.port))
        return self.ssl.wrap_socket(raw, server_hostname='127.0.0.1')

    def ask_slowly(self, path):
        """After a request, whose answer is not read."""
        client = self.open_slowly(4096)
        client.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n'.encode())
        return client

    def connect_slowly(self, path, receive_bytes=None):
        """After the handshake of a WebSocket."""
        client = self.open_slowly(receive_bytes)
        client.sendall(f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n'
                       'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                       'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'.encode())
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            byte = client.recv(1)
            assert byte, head
            head += byte
        assert parse_head(head)[0] == 101, head
        return client


class Certificates:
    """What openssl makes: a certificate for 127.0.0.1, its key, and another one's key."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.certificate = self.folder / 'certificate.pem'
        self.key = self.folder / 'key.pem'
        self.other_key = self.folder / 'other.pem'
        self.both = self.folder / 'both.pem'
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
             '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
             'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', self.key, '-out',
             self.certificate], check=True, capture_output=True)
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-out', self.other_key],
                       check=True, capture_output=True)
        self.both.write_text(self.certificate.read_text() + self.key.read_text())
        self.context = ssl.create_default_context(cafile=self.certificate)


class TlsCase(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='stepcast-test-')
        cls.certificates = Certificates(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def serve(self, *options, **others):
        return Secure(*options, certificates=self.certificates, **others)


class Certificate(TlsCase):
    async def test_what_is_of_no_use_is_refused(self):
        made = self.certificates
        empty = made.folder / 'empty.pem'
        empty.write_text('')
        for certificate, key, part in ((made.folder / 'none.pem', None, 'none.pem'),
                                       (made.certificate, made.folder / 'none.pem', 'none.pem'),
                                       (made.certificate, made.other_key, 'other.pem'),
                                       (made.certificate, None, 'certificate.pem'),
                                       (made.key, None, 'key.pem'),
                                       (empty, None, 'empty.pem'),
                                       (made.folder, None, str(made.folder))):
            with self.subTest(certificate=certificate, key=key):
                options = [f'--tls-certificate={certificate}']
                options += [f'--tls-key={key}'] if key else []
                status, err = await refused(*options)
                self.assertEqual(status, 2)
                self.assertIn('can\'t be used', err)
                self.assertIn(part, err)
        status, err = await refused(f'--tls-key={made.key}')
        self.assertEqual(status, 2)
        self.assertIn('--tls-certificate', err)

    async def test_both_in_one_file(self):
        async with Room(f'--tls-certificate={self.certificates.both}',
                        has_view_link=False) as service:
            service.ssl = self.certificates.context
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_it_is_not_loud_then(self):
        async with self.serve('--address=0.0.0.0') as service:
            self.assertTrue(service.url.startswith('https://'))
            await service.wait_log('EVERYBODY')
        self.assertFalse([line for line in service.log if 'WITHOUT TLS' in line])


    async def test_settings(self):
        made = self.certificates
        config = made.folder / 'config'
        keyfile = config / 'glib-2.0' / 'settings' / 'keyfile'
        keyfile.parent.mkdir(parents=True)
        env = {'GSETTINGS_BACKEND': 'keyfile', 'GSETTINGS_SCHEMA_DIR': os.environ['STEPCAST_SCHEMAS'],
               'XDG_CONFIG_HOME': str(config)}
        lines = ['[org/stepcast/Stepcast1]', f"tls-certificate='{made.certificate}'",
                 f"tls-key='{made.key}'", "allow-hosts=['box.example', '*']",
                 f"allow-origins=['{FRIEND}', 'null']", f"allow-embedding=['{FRIEND}', '*']"]
        keyfile.write_text('\n'.join(lines) + '\n')
        async with Room(env=env, has_view_link=False) as service:
            service.ssl = made.context
            for host, origin, status in (('box.example', FRIEND, 200), ('box.example', 'null', 403),
                                         ('evil.example', FRIEND, 421)):
                host, = service.hosts(host)
                response = await service.get('/sessions', ('Origin', origin), host=host)
                self.assertEqual(response.status, status, (host, origin))
            await service.wait_log('“allow-hosts” can\'t have “\\*”')
            await service.wait_log('“allow-origins” can\'t have “null”')
            await service.wait_log('“allow-embedding” can\'t have “\\*”')
            host, = service.hosts('box.example')
            policy = (await service.get('/', host=host)).get('Content-Security-Policy')
            self.assertTrue(policy.endswith(f'; frame-ancestors {FRIEND}'), policy)


class Embedding(TestCase):
    FRAME = (('Sec-Fetch-Dest', 'iframe'), ('Sec-Fetch-Site', 'cross-site'))

    async def cookie(self, service, *headers):
        response = await service.get(f'/?token={service.token}', *headers)
        self.assertEqual(response.status, 200)
        pair, _, attributes = response.get('Set-Cookie').partition('; ')
        return pair, attributes

    async def test_the_cookie_in_a_frame(self):
        async with Service(f'--allow-embedding={FRIEND}', auth='token') as service:
            pair, attributes = await self.cookie(service, *self.FRAME)
            self.assertEqual(attributes, 'HttpOnly; SameSite=None; Path=/; Secure; Partitioned')
            response = await service.get('/page.js', ('Cookie', pair))
            self.assertEqual(response.status, 200)
            # Elsewhere it is as strict as ever.
            for headers in ((), self.FRAME[:1], self.FRAME[1:],
                            (self.FRAME[0], ('Sec-Fetch-Site', 'same-origin')),
                            (self.FRAME[1], ('Sec-Fetch-Dest', 'document'))):
                _, attributes = await self.cookie(service, *headers)
                self.assertEqual(attributes, 'HttpOnly; SameSite=Strict; Path=/')

    async def test_not_where_it_is_not_allowed(self):
        async with Service(auth='token') as service:
            _, attributes = await self.cookie(service, *self.FRAME)
            self.assertEqual(attributes, 'HttpOnly; SameSite=Strict; Path=/')

    async def test_it_does_not_let_that_page_ask(self):
        async with Service(f'--allow-embedding={FRIEND}', auth='token') as service:
            pair, _ = await self.cookie(service, *self.FRAME)
            response = await service.get('/sessions', ('Origin', FRIEND), ('Cookie', pair))
            self.assertEqual(response.status, 403)
            self.assertEqual(response.all('Access-Control-Allow-Origin'), [])


class Https(TlsCase):
    async def test_requests(self):
        async with self.serve(auth='token') as service:
            self.assertEqual(service.greeting, f'Listening on https://127.0.0.1:{service.port}/'
                                               f'?token={service.token}')
            await service.health()
            self.assertEqual((await service.get('/sessions')).status, 401)
            response = await service.get(f'/?token={service.token}')
            cookie = response.get('Set-Cookie')
            self.assertIn('; Secure', cookie)
            self.assertEqual(response.all('Strict-Transport-Security'), [])
            response = await service.get('/sessions', ('Cookie', cookie.partition(';')[0]),
                                         ('Origin', f'https://127.0.0.1:{service.port}'))
            self.assertEqual(response.status, 200)
            for origin in (f'http://127.0.0.1:{service.port}', 'https://127.0.0.1'):
                response = await service.get(f'/sessions?token={service.token}',
                                             ('Origin', origin))
                self.assertEqual(response.status, 403, origin)
            response = await service.get('/health', host='evil.example')
            self.assertEqual(response.status, 421)

    async def test_old_versions_are_refused(self):
        async with self.serve() as service:
            context = ssl.create_default_context(cafile=self.certificates.certificate)
            context.set_ciphers('DEFAULT:@SECLEVEL=0')
            with warnings.catch_warnings():
                warnings.simplefilter('ignore', DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                await within(asyncio.open_connection('127.0.0.1', service.port, ssl=context),
                             'a refusal')
            context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_2
            service.ssl = context
            await service.health()

    async def test_plain_http_is_closed(self):
        async with self.serve() as service:
            for data in (b'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
                         b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 2000, b'\0' * 3000, b'\x16' * 70000):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write(data)
                if len(data) < 50000:
                    answer = await within(reader.read(), 'the end')  # and no reset
                    self.assertNotIn(b'HTTP', answer)
                else:
                    with contextlib.suppress(ConnectionError):
                        await within(reader.read(), 'the end')
                writer.close()
                await service.health()
            before = service.count_files()
            await wait_for(lambda: service.count_files() <= before, 'no connection left')

    async def test_large_pictures_and_a_slow_reader(self):
        """The rest is sent after libsoup has closed the connection, and nobody waits for it. Which
        part of a record is the rest depends on the size."""
        async with self.serve() as service:
            async with await service.connect(generator='pattern', bytes=1000) as client:
                path = '/sessions/pattern_1/frame.svg'
                for index in range(12):
                    await client.send(f'set bytes={400_000 + 6_000 * index}')
                    await client.told('set')
                    await client.send('step 1')
                    await client.until_told('paused')
                    expected = (await service.get(path)).body
                    slow = await asyncio.to_thread(service.ask_slowly, path)
                    for _ in range(3):
                        await service.health()
                    answer = await asyncio.to_thread(read_all, slow)
                    self.assertEqual(answer.partition(b'\r\n\r\n')[2], expected)


def read_all(client):
    data = b''
    while part := client.recv(3000):
        data += part
    client.close()
    return data


class Wss(TlsCase):
    async def test_the_plain_protocol(self):
        async with self.serve(auth='token') as service:
            async with await service.connect(generator='pattern', bytes=10000) as client:
                await client.send('start')
                self.assert_consecutive(await client.steps(300), 1)
                frames, stopped = await client.stop()
                self.assertIn('step', stopped)
                await client.assert_silent()

    async def test_v1(self):
        async with self.serve() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                await client.answered('start')
                serials = [(await client.next('frame'))['serial'] for _ in range(500)]
                self.assert_consecutive(serials, 1)
                await client.answered('stop')

    async def test_many_requests_in_one_record(self):
        """What was decrypted and is not read yet is not seen by the kernel; and whoever asks too
        fast is read later."""
        async with self.serve() as service:
            for count, per_record in ((150, 150), (150, 1), (600, 600), (600, 7)):
                def ask():
                    client = service.connect_slowly('/ws?generator=pattern&bytes=300')
                    requests = [make_frame(1, f'nonsense{index}'.encode())
                                for index in range(count)]
                    for index in range(0, count, per_record):
                        client.sendall(b''.join(requests[index:index + per_record]))
                    buffer, answers = bytearray(), []
                    while len(answers) < count:
                        data = client.recv(65536)
                        assert data, 'closed'
                        buffer += data
                        while (taken := take_frame(buffer)) is not None:
                            answers.append(taken[1].decode())
                    client.close()
                    return answers

                with self.subTest(count=count, per_record=per_record):
                    answers = await asyncio.to_thread(ask)
                    for index, answer in enumerate(answers):
                        self.assertIn(f'nonsense{index}”', answer)

    async def test_pings_between_frames(self):
        async with self.serve() as service:
            async with await service.connect(generator='pattern', bytes=400_000) as client:
                await client.send('start')
                pongs = [await client.socket.ping() for _ in range(20)]
                self.assert_consecutive(await client.steps(60), 1)
                for pong in pongs:
                    await within(pong, 'a pong')
                await client.stop()

    async def frames(self, service, count, size):
        async with await service.connect(generator='pattern', bytes=size) as client:
            await client.send(f'step {count}')
            frames, _ = await client.until_told('paused')
            return frames

    async def test_large_frames_and_a_slow_reader(self):
        count, size = 5, 5_000_000
        async with Service() as service:
            expected = await self.frames(service, count, size)
        self.assertEqual(len(expected), count)
        async with self.serve() as service:
            self.assertEqual(digest(await self.frames(service, count, size)), digest(expected))

            def read_slowly():
                client = service.connect_slowly(f'/ws?generator=pattern&bytes={size}',
                                                receive_bytes=8192)
                client.sendall(make_frame(1, f'step {count}'.encode()))
                # Pings, whose answers libsoup writes, come in between, at every point of a record.
                buffer, messages, n_pongs, n_reads = bytearray(), [], 0, 0
                while len(messages) < count:
                    n_reads += 1
                    if n_reads % 50 == 0:
                        client.sendall(make_frame(9, b'x' * (n_reads % 120)))
                    data = client.recv(7919)
                    assert data, 'closed'
                    buffer += data
                    while (taken := take_frame(buffer)) is not None:
                        opcode, payload = taken
                        if opcode == 10:
                            n_pongs += 1
                        elif is_frame(payload.decode()):
                            messages.append(payload.decode())
                client.sendall(make_frame(CLOSE, b'\x03\xe8'))
                client.close()
                return messages, n_pongs

            messages, n_pongs = await asyncio.to_thread(read_slowly)
            self.assertEqual(digest(messages), digest(expected))
            self.assertGreater(n_pongs, 0)

    async def test_who_does_not_read_hinders_nobody(self):
        async with self.serve() as service:
            before = service.count_files()
            stalled = []
            for _ in range(20):
                client = await asyncio.to_thread(
                    service.connect_slowly, '/ws?generator=pattern&bytes=1000000', 4096)
                client.sendall(make_frame(1, b'start'))
                stalled.append(client)
            async with await service.connect(generator='pattern', bytes=10000) as client:
                await client.send('start')
                self.assert_consecutive(await client.steps(200), 1)
                await client.stop()
            await service.health()
            for client in stalled:
                client.close()
            await service.wait_sessions(0)
            await wait_for(lambda: service.count_files() <= before, 'no connection left')

    async def test_it_ends_under_load(self):
        async with self.serve() as service:
            clients = []
            for index in range(20):
                client = await asyncio.to_thread(
                    service.connect_slowly, '/ws?generator=pattern&bytes=1000000', 4096)
                client.sendall(make_frame(1, b'start'))
                clients.append(client)
            halves = [await asyncio.open_connection('127.0.0.1', service.port) for _ in range(10)]
            async with await service.connect(generator='pattern', bytes=100_000) as client:
                await client.send('start')
                await client.steps(20)
                await service.end_well()
                service.expected_end = 0
                self.assertEqual((await client.wait_closed())[0], 1001)
            for client in clients:
                client.close()
            for _, writer in halves:
                writer.close()

    async def test_fifty_at_once(self):
        async with self.serve() as service:
            async def look(index):
                async with await service.connect(generator='pattern', bytes=2000) as client:
                    await client.send('step 20')
                    frames, _ = await client.until_told('paused')
                    return [step_of(frame) for frame in frames]

            for steps in await asyncio.gather(*(look(index) for index in range(50))):
                self.assertEqual(steps, list(range(1, 21)))
            await service.wait_sessions(0)


def take_frame(buffer):
    """(opcode, payload) of the first frame in @buffer, which loses it; None if it is not whole."""
    if len(buffer) < 2:
        return None
    length, offset = buffer[1] & 0x7f, 2
    if length >= 126:
        offset += 2 if length == 126 else 8
        if len(buffer) < offset:
            return None
        length = int.from_bytes(buffer[2:offset], 'big')
    if len(buffer) < offset + length:
        return None
    opcode, payload = buffer[0] & 15, bytes(buffer[offset:offset + length])
    assert buffer[0] & 0xf0 == 0x80, buffer[:2]
    del buffer[:offset + length]
    return opcode, payload


class Handshakes(TlsCase):
    def hello(self):
        """What a client says first."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.certificates.context.wrap_bio(incoming, outgoing, server_hostname='127.0.0.1')
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        return outgoing.read()

    async def test_half_open_ones_hinder_nobody_and_are_closed(self):
        async with self.serve() as service:
            await service.health()
            await service.wait_idle()
            before = service.count_files(), service.count_threads()
            hello = self.hello()
            ends = []
            for index in range(150):
                reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                writer.write((b'', hello[:1], hello[:100], hello)[index % 4])
                ends.append((reader, writer))

            async def end(reader):
                with contextlib.suppress(ConnectionError):
                    await reader.read()

            waiting = [asyncio.ensure_future(end(reader)) for reader, _ in ends]
            await wait_for(lambda: service.count_files() >= before[0] + 150, 'all of them')
            for _ in range(20):
                await service.health()
            self.assertFalse([task for task in waiting if task.done()])
            self.assertLessEqual(service.count_threads(), before[1])
            await within(asyncio.gather(*waiting), 'the end of all', 30 * FACTOR)
            for _, writer in ends:
                writer.close()
            await wait_for(lambda: service.count_files() <= before[0], 'no connection left')

    async def test_who_vanishes_leaves_nothing(self):
        async with self.serve() as service:
            await service.health()
            before = service.count_files()
            hello = self.hello()
            for length in (0, 1, 5, 100, len(hello)):
                for _ in range(20):
                    reader, writer = await asyncio.open_connection('127.0.0.1', service.port)
                    writer.write(hello[:length])
                    writer.transport.abort()
            await service.health()
            await wait_for(lambda: service.count_files() <= before, 'no connection left')


if __name__ == '__main__':
    main()
