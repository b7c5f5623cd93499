#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Links to pass on: as text, and as QR codes that a reader which is not ours reads."""

import asyncio
import io
import os
import re
import shutil
import unittest
import xml.etree.ElementTree as xml

from stepcast import Service, TestCase, main, within
from test_beyond import Room
from test_dbus import Desktop
from test_http_api import send

try:
    import zbar
    from PIL import Image
except ImportError:
    zbar = None
RSVG = shutil.which('rsvg-convert')
READS_CODES = zbar is not None and RSVG is not None

STEPCAST = os.environ.get('STEPCAST', 'stepcast')


def read_image(image):
    """What the one QR code of a PIL image says."""
    scanner = zbar.ImageScanner()
    scanner.set_config(zbar.Symbol.NONE, zbar.Config.ENABLE, 0)
    scanner.set_config(zbar.Symbol.QRCODE, zbar.Config.ENABLE, 1)
    gray = image.convert('L')
    scanned = zbar.Image(gray.width, gray.height, 'Y800', gray.tobytes())
    scanner.scan(scanned)
    found = [symbol.data for symbol in scanned]
    assert len(found) == 1, found
    return found[0]


async def draw(svg):
    process = await asyncio.create_subprocess_exec(
        RSVG, '--width=400', stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    png, _ = await within(process.communicate(svg), 'the pixels')
    return Image.open(io.BytesIO(png))


class Links(TestCase):
    async def open(self, service):
        token = f'?token={service.token}' if service.token else ''
        response = await send(service, 'POST', f'/sessions{token}', {'name': 'one'})
        self.assertEqual(response.status, 201)

    def path(self, what, token=None, **query):
        return Service.path_of(f'/sessions/one/{what}', **({'token': token} if token else {}), **query)

    async def test_of_each_role(self):
        async with Service(auth='token') as service:
            await self.open(service)
            view, control = service.view_token(), service.token
            response = await service.get(self.path('links', control))
            self.assertEqual(response.status, 200)
            self.assertEqual(response.get('Cache-Control'), 'no-store')
            self.assertEqual(response.json, {
                'view': f'{service.url}?session=one&token={view}',
                'control': f'{service.url}?session=one&token={control}',
                'still': f'{service.url}sessions/one/frame.svg?token={view}',
                'local': True})
            response = await service.get(self.path('links', view))
            self.assertEqual(set(response.json), {'view', 'still', 'local'})
            self.assertNotIn(control, response.text)
            self.assertEqual((await service.get('/sessions/one/links')).status, 401)
            response = await service.get(f'/sessions/none/links?token={view}')
            self.assertEqual(response.status, 404)
            # They lead there.
            page = await service.get(f'/?session=one&token={view}')
            self.assertEqual(page.get('Stepcast-Role'), 'view')

    async def test_without_tokens(self):
        async with Service() as service:
            await self.open(service)
            self.assertEqual((await service.get('/sessions/one/links')).json, {
                'view': f'{service.url}?session=one', 'control': f'{service.url}?session=one',
                'still': f'{service.url}sessions/one/frame.svg', 'local': True})

    async def test_by_the_host_that_was_asked(self):
        async with Room('--address=0.0.0.0', '--allow-host=phone.example',
                        '--allow-host=proxy.example:443', has_view_link=False) as service:
            await self.open(service)
            cases = {f'phone.example:{service.port}': f'http://phone.example:{service.port}/',
                     f'PHONE.example:{service.port}': f'http://phone.example:{service.port}/',
                     'proxy.example': 'https://proxy.example/',
                     'proxy.example:443': 'https://proxy.example:443/',
                     # What leads nowhere elsewhere is replaced by what does.
                     f'127.0.0.1:{service.port}': f'http://phone.example:{service.port}/',
                     f'localhost:{service.port}': f'http://phone.example:{service.port}/'}
            for host, base in cases.items():
                with self.subTest(host=host):
                    links = (await service.get('/sessions/one/links', host=host)).json
                    self.assertEqual(links['view'], f'{base}?session=one')
                    self.assertFalse(links['local'])
            response = await service.get('/sessions/one/links', host='evil.example')
            self.assertEqual(response.status, 421)

    async def test_codes_of_each_role(self):
        async with Service(auth='token') as service:
            await self.open(service)
            for to in ('view', 'still'):
                response = await service.get(self.path('link.svg', service.view_token(), to=to))
                self.assertEqual(response.status, 200)
            response = await service.get(self.path('link.svg', service.view_token(), to='control'))
            self.assertEqual((response.status, response.json['error']['code']),
                             (403, 'permission-denied'))
            for query in ({}, {'to': ''}, {'to': 'frame'}, {'to': 'http://evil.example'}):
                response = await service.get(self.path('link.svg', service.token, **query))
                self.assertEqual((response.status, response.json['error']['code']),
                                 (400, 'invalid-value'))

    async def test_shape_of_a_code(self):
        async with Service() as service:
            await self.open(service)
            response = await service.get(self.path('link.svg', to='view'))
            self.assertEqual(response.get('Content-Type'), 'image/svg+xml')
            self.assertEqual(response.get('Cache-Control'), 'no-store')
            root = xml.fromstring(response.body)
            size = int(root.get('viewBox').split()[2])
            self.assertEqual([child.tag.rpartition('}')[2] for child in root], ['rect', 'path'])
            self.assertEqual((root[0].get('width'), root[0].get('fill')), (str(size), '#fff'))
            starts = [(int(x), int(y)) for x, y in re.findall(r'M(\d+) (\d+)', root[1].get('d'))]
            self.assertEqual((min(x for x, _ in starts), min(y for _, y in starts)), (4, 4))
            self.assertEqual(max(y for _, y in starts), size - 5)

    @unittest.skipUnless(READS_CODES, 'no python3-zbar, python3-pil or rsvg-convert here')
    async def test_codes_say_the_links(self):
        async with Service(auth='token') as service:
            await self.open(service)
            links = (await service.get(self.path('links', service.token))).json
            for to in ('view', 'control', 'still'):
                response = await service.get(self.path('link.svg', service.token, to=to))
                self.assertEqual(read_image(await draw(response.body)), links[to])


class Files(TestCase):
    async def test_what_begins_like_a_path_is_a_file(self):
        async with Service() as service:
            for name, type_ in (('sessions.js', 'text/javascript'), ('sessions.css', 'text/css')):
                response = await service.get(f'/{name}')
                self.assertEqual(response.status, 200)
                self.assertTrue(response.get('Content-Type').startswith(type_), response)
            self.assertEqual((await service.get('/sessionsx')).status, 404)


class InTheTerminal(TestCase):
    async def run_link(self, bus, *arguments):
        process = await asyncio.create_subprocess_exec(
            STEPCAST, 'link', *arguments, stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, 'DBUS_SESSION_BUS_ADDRESS': bus.address, 'LC_ALL': 'C.UTF-8'},
            stdout=asyncio.subprocess.PIPE)
        output, _ = await within(process.communicate(), 'the end of stepcast link')
        self.assertEqual(process.returncode, 0)
        return output.decode()

    @unittest.skipUnless(READS_CODES, 'no python3-zbar or python3-pil here')
    async def test_says_the_link(self):
        async with Desktop() as (_, client):
            await client.create(name='one')
            link, *lines = (await self.run_link(client.bus, '--qr', 'one')).splitlines()
            self.assertEqual([link], (await self.run_link(client.bus, 'one')).splitlines())
            rows = [re.sub(r'\x1b\[[0-9;]*m', '', line) for line in lines]
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})
            image = Image.new('L', (len(rows[0]), 2 * len(rows)), 255)
            for y, row in enumerate(rows):
                for x, block in enumerate(row):
                    image.putpixel((x, 2 * y), 0 if block in '█▀' else 255)
                    image.putpixel((x, 2 * y + 1), 0 if block in '█▄' else 255)
            self.assertEqual(read_image(image.resize((8 * image.width, 8 * image.height), 0)), link)


if __name__ == '__main__':
    main()
