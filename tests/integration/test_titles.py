#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What people call a session: set and told by HTTP, events, stepcast.v1, D-Bus and the CLI."""

import asyncio
import json
import os

import gi

gi.require_version('Gio', '2.0')
from gi.repository import GLib  # noqa: E402

from stepcast import Service, TestCase, main, wait_for, within  # noqa: E402
from test_dbus import DBusError, Desktop  # noqa: E402
from test_events import Stream  # noqa: E402
from test_http_api import JSON, send  # noqa: E402

STEPCAST = os.environ.get('STEPCAST', 'stepcast')

# As they are given, and as they are kept.
GOOD = (
    ('Spots, warm', 'Spots, warm'),
    ('  around \t\u00a0', 'around'),
    ('x' * 100, 'x' * 100),
    (' ' * 300 + '🦆' * 100, '🦆' * 100),
    ('<script>alert(1)</script>"\'&', '<script>alert(1)</script>"\'&'),
    ('שלום', 'שלום'),
    ('👩‍🔬', '👩‍🔬'),  # with a joiner, which can't be seen
)

BAD = ('', ' ', '\t', '\u00a0\u3000', 'x' * 101, '🦆' * 101, 'a\nb', 'a\x1b[31mb', 'a\x7fb', 'a\x85b',
       'a\u202eb', 'a\u2066b', 'a\u200fb', 'a\u061cb', 'a\u2028b', '\u200b', '\ufeff\u200d')


class ByHttp(TestCase):
    async def test_is_the_name_at_first(self):
        async with Service() as service:
            response = await send(service, 'POST', '/sessions', {'generator': 'pattern'})
            self.assertEqual(response.json['title'], 'pattern_1')

    async def test_is_set_and_kept(self):
        async with Service() as service:
            for given, kept in GOOD:
                with self.subTest(given=given):
                    response = await send(service, 'POST', '/sessions',
                                          {'generator': 'pattern', 'title': given})
                    self.assertEqual((response.status, response.json['title']), (201, kept))
                    path = response.get('Location')
                    response = await send(service, 'PATCH', path, {'title': 'another'})
                    self.assertEqual((response.status, response.json['title']), (200, 'another'))
                    response = await send(service, 'PATCH', path, {'title': given})
                    self.assertEqual((response.status, response.json['title']), (200, kept))
                    # The name, and so the address, stays.
                    self.assertEqual((await service.get(path)).json['title'], kept)
                    self.assertIn(kept, [s['title'] for s in await service.sessions()])

    async def test_what_is_none(self):
        async with Service() as service:
            path = (await send(service, 'POST', '/sessions', {'title': 'kept'})).get('Location')
            for title in (*BAD, None, 1, [], {}, True):
                with self.subTest(title=title):
                    for method, where in (('POST', '/sessions'), ('PATCH', path)):
                        response = await send(service, method, where, {'title': title})
                        self.assertEqual((response.status, response.json['error']['code']),
                                         (400, 'invalid-value'), response)
            sessions = await service.sessions()
            self.assertEqual([s['title'] for s in sessions], ['kept'])

    async def test_takes_control(self):
        async with Service(auth='token') as service:
            response = await send(service, 'POST', f'/sessions?token={service.token}', {})
            path = response.get('Location')
            response = await send(service, 'PATCH', f'{path}?token={service.view_token()}',
                                  {'title': 'x'})
            self.assertEqual((response.status, response.json['error']['code']),
                             (403, 'permission-denied'))
            viewer = await service.connect_v1(f'{path}/ws', token=service.view_token())
            self.assertEqual((await viewer.next('hello'))['title'], response.json.get('title') or
                             (await service.session())['title'])
            await viewer.refused('title', 'permission-denied', title='x')
            await viewer.close()

    async def test_is_one_thing_at_a_time(self):
        async with Service() as service:
            path = (await send(service, 'POST', '/sessions', {})).get('Location')
            response = await send(service, 'PATCH', path, {'title': 'x', 'rate': 1})
            self.assertEqual(response.json['error']['code'], 'bad-request')


class Told(TestCase):
    async def test_to_who_reads_events(self):
        async with Service() as service:
            async with Stream(service) as all_, Stream(service) as one:
                await all_.open('/events')
                await all_.until('sessions')
                await send(service, 'POST', '/sessions', {'generator': 'pattern', 'title': 'First'})
                opened = (await all_.until('opened'))[-1]
                self.assertEqual(opened.data['title'], 'First')
                await one.open('/sessions/pattern_1/events')
                await one.until('parameters')
                await send(service, 'PATCH', '/sessions/pattern_1', {'title': 'Second'})
                await all_.until('changed', lambda event: event.data['title'] == 'Second')
                told = (await one.until('title'))[-1].data
                self.assertEqual((told['title'], told['by']['kind']), ('Second', 'http'))

    async def test_to_viewers(self):
        async with Service() as service:
            await send(service, 'POST', '/sessions', {'name': 'one', 'title': 'First'})
            ann = await service.connect_v1('/sessions/one/ws')
            bob = await service.connect_v1('/sessions/one/ws')
            plain = await service.connect('/sessions/one/ws')
            hello = await ann.next('hello')
            self.assertEqual((hello['title'], hello['session']), ('First', 'one'))
            await bob.next('hello')
            before, answer = await ann.ask('title', title=' Second ')
            self.assertEqual(answer, {'type': 'answer', 'id': answer['id']})
            told = await bob.next('title')
            self.assertEqual((told['title'], told['by']['id']), ('Second', hello['viewer']))
            for title in BAD:
                await ann.refused('title', 'invalid-value', title=title)
            for title in (None, 1, [], {}):
                await ann.refused('title', 'bad-request', title=title)
            await ann.refused('title', 'bad-request')
            self.assertEqual((await service.session())['title'], 'Second')
            for client in (ann, bob, plain):
                await client.close()


class OnTheBus(TestCase):
    async def test_property(self):
        async with Desktop() as (service, client):
            path = await client.create(title='First')
            self.assertEqual(await client.get(path, 'Title'), 'First')
            viewer = await service.connect_v1('/sessions/pattern_1/ws')
            await viewer.next('hello')
            for given, kept in GOOD:
                await client.set(path, 'Title', GLib.Variant('s', given))
                self.assertEqual(await client.get(path, 'Title'), kept)
                told = await viewer.next('title')
                self.assertEqual((told['title'], told['by']['kind']), (kept, 'dbus'))
            for title in BAD:
                with self.assertRaises(DBusError) as caught:
                    await client.set(path, 'Title', GLib.Variant('s', title))
                self.assertTrue(caught.exception.name.endswith('.InvalidValue'))
                with self.assertRaises(DBusError):
                    await client.create(title=title)
            await wait_for(lambda: [c for c in client.changes(path) if c.get('Title') == 'around'],
                           'a change of the title')
            self.assertEqual(len(await service.sessions()), 1)
            await viewer.close()


class OnTheCommandLine(TestCase):
    async def run_stepcast(self, service, *arguments):
        env = {**os.environ, 'DBUS_SESSION_BUS_ADDRESS': service.bus_address, 'LC_ALL': 'C.UTF-8'}
        process = await asyncio.create_subprocess_exec(
            STEPCAST, *arguments, env=env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        output, _ = await within(process.communicate(), f'the end of {arguments}')
        return process.returncode, output.decode()

    async def test_shows_and_gives_it(self):
        async with Desktop() as (service, client):
            service.bus_address = client.bus.address
            await client.create(name='plain')
            status, text = await self.run_stepcast(service, 'list')
            self.assertEqual(status, 0, text)
            self.assertNotIn('TITLE', text)

            status, text = await self.run_stepcast(service, 'run', '--detach', '--title=Warm spots',
                                                   '--name=spots', 'pattern')
            self.assertEqual(status, 0, text)
            status, text = await self.run_stepcast(service, 'list')
            self.assertRegex(text, r'(?m)^NAME.* TITLE$')
            self.assertRegex(text, r'(?m)^spots .* Warm spots$')
            status, text = await self.run_stepcast(service, 'status', 'spots')
            self.assertRegex(text, r'(?m)^ *Title +Warm spots$')
            status, text = await self.run_stepcast(service, 'list', '--json')
            self.assertEqual({s['name']: s['title'] for s in map(json.loads, text.splitlines())},
                             {'plain': 'plain', 'spots': 'Warm spots'})
            status, text = await self.run_stepcast(service, 'run', '--title=a\nb', 'pattern')
            self.assertNotEqual(status, 0, text)
            self.assertIn('U+000A', text)


if __name__ == '__main__':
    main()
