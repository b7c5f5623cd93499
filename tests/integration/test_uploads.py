#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Parameters that are files and colours, by HTTP and stepcast.v1: POST /uploads, and what is set."""

import asyncio
import json

from stepcast import Service, TestCase, main, parse_head, png, within

JSON = ('Content-Type', 'application/json')
MIB = 1024 * 1024


async def send(service, method, path, content, *headers):
    return await service.request(method, path, JSON, *headers, body=json.dumps(content).encode())


class Uploads(TestCase):
    def assert_refused(self, response, status, code):
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.json['error']['code'], code, response)
        return response.json['error']['message']

    async def upload(self, service, content, name='a.png', kind='image/png'):
        response = await service.request('POST', f'/uploads?name={name}', ('Content-Type', kind),
                                         body=content)
        self.assertEqual(response.status, 201, response)
        return response.json

    async def frame(self, service, name, steps=1):
        """The picture after so many steps."""
        await send(service, 'PATCH', f'/sessions/{name}', {'do': 'step', 'steps': steps})
        await service.wait_state('paused', name)
        return (await service.get(f'/sessions/{name}/frame.svg')).body

    async def open(self, service, **parameters):
        response = await send(service, 'POST', '/sessions',
                              {'generator': 'gray-scott',
                               'parameters': {'width': 48, 'height': 48, **parameters}})
        self.assertEqual(response.status, 201, response)
        return response.json

    async def test_a_session_from_a_file(self):
        content = png(48, 48)
        async with Service() as service:
            answer = await self.upload(service, content, name='my%20cat.png', kind='text/html')
            self.assertEqual((answer['bytes'], answer['name'], answer['type']),
                             (len(content), 'my cat.png', 'image/png'))
            session = await self.open(service, image={'upload': answer['upload']})
            value = {'type': 'image/png', 'bytes': len(content)}
            self.assertEqual(session['parameters']['image'], value)
            plain = await self.open(service)
            self.assertIsNone(plain['parameters']['image'])
            self.assertNotEqual(await self.frame(service, session['name']),
                                await self.frame(service, plain['name']))

            # It was used.
            response = await send(service, 'POST', '/sessions',
                                  {'parameters': {'image': {'upload': answer['upload']}}})
            self.assertIn(answer['upload'], self.assert_refused(response, 400, 'invalid-value'))

    async def test_set_by_http(self):
        async with Service() as service:
            name = (await self.open(service))['name']
            before = await self.frame(service, name)
            upload = (await self.upload(service, png(9, 9)))['upload']
            path = f'/sessions/{name}'
            # What is refused uses nothing up.
            response = await send(service, 'PATCH', path,
                                  {'parameters': {'image': {'upload': upload}, 'feed': 7}})
            self.assert_refused(response, 400, 'invalid-value')
            response = await send(service, 'PATCH', path,
                                  {'parameters': {'image': {'upload': upload}}})
            self.assertEqual((response.status, response.json), (200, {'step': 1}))
            await send(service, 'PATCH', path, {'do': 'stop'})
            other = await self.frame(service, name)
            self.assertNotEqual(before, other)

            # Without one it is as before.
            await send(service, 'PATCH', path, {'parameters': {'image': None}})
            await send(service, 'PATCH', path, {'do': 'stop'})
            self.assertEqual(await self.frame(service, name), before)

    async def test_set_by_v1(self):
        async with Service() as service:
            name = (await self.open(service))['name']
            async with (await service.connect_v1(f'/sessions/{name}/ws') as client,
                        await service.connect_v1(f'/sessions/{name}/ws') as other):
                specs = {spec['name']: spec
                         for spec in (await client.next('hello'))['parameters']}
                image, ink = specs['image'], specs['ink']
                self.assertEqual((image['type'], image['accept'], image['max-bytes'], image['value'],
                                  image['default'], image['live']),
                                 ('file', ['image/png', 'image/jpeg'], 16 * MIB, None, None, False))
                self.assertEqual((ink['type'], ink['live']), ('color', True))

                upload = (await self.upload(service, png(9, 9)))['upload']
                await client.send_json(type='set', id=1, values={'image': {'upload': upload},
                                                                 'ink': '#00FF7F'})
                told = (await other.next('parameters'))['values']
                self.assertEqual((told['image']['type'], told['ink']), ('image/png', '#00ff7f'))
                await client.next('answer', condition=lambda message: message['id'] == 1)
                for values in ({'image': {'upload': upload}}, {'image': '/etc/passwd'},
                               {'image': {'path': '/etc/passwd'}}, {'image': {'upload': 7}},
                               {'ink': 'red'}, {'ink': '#fff'}, {'ink': 7}):
                    await client.send_json(type='set', id=2, values=values)
                    error = await client.next('error')
                    self.assertEqual((error['id'], error['code']), (2, 'invalid-value'), values)

    async def test_what_is_no_such_file(self):
        async with Service() as service:
            name = (await self.open(service))['name']
            for content, kind in ((b'no picture', 'text/plain'), (b'<svg xmlns="x"/>', 'svg'),
                                  (b'GIF89a' + bytes(50), 'image/gif'), (bytes(50), 'octet-stream')):
                # Whatever the client says of it.
                answer = await self.upload(service, content, name='cat.png', kind='image/png')
                self.assertIn(kind, answer['type'])
                response = await send(service, 'PATCH', f'/sessions/{name}',
                                      {'parameters': {'image': {'upload': answer['upload']}}})
                message = self.assert_refused(response, 400, 'invalid-value')
                self.assertIn('image/png, image/jpeg', message)

    async def test_what_only_looks_like_one(self):
        """The decoder says so, and the session can be mended."""
        async with Service() as service:
            for content in (b'\x89PNG\r\n\x1a\n' + bytes(100), png(48, 48)[:-20],
                            b'\xff\xd8\xff\xe0\0\x10JFIF\0' + bytes(100)):
                upload = (await self.upload(service, content))['upload']
                name = (await self.open(service, image={'upload': upload}))['name']
                await send(service, 'PATCH', f'/sessions/{name}', {'do': 'start'})
                session = await service.wait_state('failed', name) or await service.session(name)
                self.assertEqual(session['reason']['code'], 'generator-failed')
                self.assertIn('image', session['reason']['message'])
                await send(service, 'PATCH', f'/sessions/{name}', {'parameters': {'image': None}})
                self.assertIn(b'<svg', await self.frame(service, name))

    async def test_how_long_it_may_be(self):
        async with Service() as service:
            longest = png(9, 9, filler=bytes(16 * MIB - len(png(9, 9)) - 12))
            self.assertEqual(len(longest), 16 * MIB)
            answer = await self.upload(service, longest)
            self.assertEqual(answer['bytes'], 16 * MIB)
            await self.open(service, image={'upload': answer['upload']})

            response = await service.request('POST', '/uploads', body=longest + b'\0')
            self.assert_refused(response, 413, 'limit-exceeded')
            response = await service.request('POST', '/uploads')
            self.assert_refused(response, 400, 'bad-request')

    async def test_a_length_that_is_not_told(self):
        """Its parts are counted, and the connection is not read for ever."""
        async with Service() as service:
            for size, status in ((MIB, 201), (17 * MIB, 413)):
                reader, writer = await asyncio.open_connection(service.address, service.port)
                writer.write(b'POST /uploads HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n'
                             b'Transfer-Encoding: chunked\r\n\r\n' % service.port)
                for _ in range(size // MIB):
                    writer.write(b'%x\r\n' % MIB + bytes(MIB) + b'\r\n')
                    await within(writer.drain(), 'a part')
                writer.write(b'0\r\n\r\n')
                head = await within(reader.readuntil(b'\r\n\r\n'), 'an answer')
                self.assertEqual(parse_head(head)[0], status)
                writer.close()

    async def test_only_so_many_are_kept(self):
        async with Service() as service:
            first, *_, last = [(await self.upload(service, bytes(16 * MIB)))['upload']
                               for _ in range(5)]
            for upload, reason in ((first, 'no upload'), (last, 'octet-stream')):
                response = await send(service, 'POST', '/sessions',
                                      {'parameters': {'image': {'upload': upload}}})
                self.assertIn(reason, self.assert_refused(response, 400, 'invalid-value'))

    async def test_who_may(self):
        async with Service(auth=None) as service:
            for token, status in ((service.view_token(), 403), ('0' * 32, 401),
                                  (service.token, 201)):
                response = await service.request(
                    'POST', '/uploads', ('Authorization', f'Bearer {token}'), body=png(9, 9))
                self.assertEqual(response.status, status)
            response = await service.request(
                'POST', '/uploads', ('Authorization', f'Bearer {service.token}'),
                ('Origin', 'http://elsewhere.example'), body=png(9, 9))
            self.assertEqual(response.status, 403)

    async def test_routes(self):
        async with Service() as service:
            response = await service.get('/uploads')
            self.assertEqual((response.status, response.get('Allow')), (405, 'POST'))
            self.assertEqual((await service.request('POST', '/uploads/x', body=b'x')).status, 405)
            # A name is for people, and leads nowhere.
            answer = await self.upload(service, b'x', name='..%2F..%2Fetc%2Fpasswd')
            self.assertEqual(answer['name'], 'passwd')

    async def test_the_plain_protocol_sets_no_file(self):
        async with Service() as service:
            async with await service.connect(generator='gray-scott') as client:
                message = await client.refused('set image=/etc/passwd', 'invalid-value')
                self.assertIn('content of a file', message)
                answer = await client.ask('set ink=#ABCDEF', 'set')
                self.assertEqual(answer['value'], '#abcdef')
                await client.refused('set ink=blue', 'invalid-value')


if __name__ == '__main__':
    main()
