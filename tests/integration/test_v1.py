#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The subprotocol stepcast.v1."""

import asyncio
import json

from stepcast import Service, TestCase, main, step_of


class Hello(TestCase):
    async def test_comes_first_and_once(self):
        async with Service() as service:
            async with await service.connect_v1(generator='gray-scott', feed=0.04) as client:
                self.assertEqual(client.socket.subprotocol, 'stepcast.v1')
                hello = await client.message()
                self.assertEqual(hello['type'], 'hello')
                self.assertLessEqual(
                    {'version', 'session', 'generator', 'summary', 'role', 'delivery', 'max-fps',
                     'compressed', 'state', 'run', 'step', 'reason', 'parameters', 'metrics', 'limits'},
                    set(hello))
                self.assertEqual(hello['session'], 'gray_scott_1')
                self.assertEqual(hello['generator'], 'gray-scott')
                self.assertEqual(hello['role'], 'control')
                self.assertEqual(hello['delivery'], 'every')
                self.assertEqual(hello['max-fps'], 60)
                self.assertIs(hello['compressed'], False)
                self.assertEqual((hello['state'], hello['run'], hello['step'], hello['reason']),
                                 ('idle', 0, 0, None))
                self.assertIsInstance(hello['version'], str)
                self.assertEqual(hello['service'], hello['version'])
                self.assertTrue(hello['summary'])
                for limit in ('message-bytes', 'answer-bytes', 'window-bytes', 'stop-seconds'):
                    self.assertGreater(hello['limits'][limit], 0)
                self.assertEqual(hello['limits']['message-bytes'], 64 * 1024)
                self.assertEqual(hello['limits']['answer-bytes'], 256 * 1024)
                self.assertEqual(hello['limits']['window-bytes'], 192 * 1024)
                self.assertEqual(hello['limits']['stop-seconds'], 5)
                self.assertIsInstance(hello['metrics'], list)

                specs = {spec['name']: spec for spec in hello['parameters']}
                feed = specs['feed']
                self.assertLessEqual({'name', 'label', 'description', 'type', 'default', 'value',
                                      'minimum', 'maximum', 'live'}, set(feed))
                self.assertEqual((feed['type'], feed['default'], feed['value'], feed['minimum'],
                                  feed['maximum'], feed['live']),
                                 ('number', 0.055, 0.04, 0, 0.2, True))
                self.assertEqual((specs['width']['type'], specs['width']['live']),
                                 ('integer', False))
                self.assertEqual(specs['width']['unit'], 'cells')
                # More than 53 bits would lose some in a browser.
                self.assertEqual(specs['seed']['maximum'], '18446744073709551615')
                self.assertEqual(specs['seed']['value'], 1)

    async def test_tells_a_joiner_how_things_stand(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=333) as owner:
                await owner.send('step 4')
                await owner.until_told('paused')
                async with await service.connect_v1('/sessions/pattern_1/ws') as client:
                    hello = await client.message()
                    self.assertEqual((hello['type'], hello['state'], hello['run'], hello['step'],
                                      hello['delivery']), ('hello', 'paused', 1, 4, 'latest'))
                    value = [spec['value'] for spec in hello['parameters']
                             if spec['name'] == 'bytes']
                    self.assertEqual(value, [333])
                    frame = await client.next('frame')
                    self.assertEqual((frame['step'], step_of(frame['svg'])), (4, 4))

    async def test_why_a_session_can_not_be_opened(self):
        async with Service() as service:
            for path, query, code in (('/ws', {'generator': 'nope'}, 'unknown-generator'),
                                      ('/ws', {'generator': 'pattern', 'x': '1'},
                                       'unknown-parameter'),
                                      ('/sessions/nope/ws', {}, 'unknown-session')):
                async with await service.connect_v1(path, **query) as client:
                    error = await client.message()
                    self.assertEqual((error['type'], error['id'], error['code']),
                                     ('error', None, code))
                    self.assertEqual((await client.wait_closed())[0], 1008)


class Frames(TestCase):
    async def test_have_a_header(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=400,
                                                steps=100) as client:
                for run in (1, 2):
                    await client.answered('start')
                    messages = await client.until(
                        'state', condition=lambda m: m['state'] == 'finished')
                    frames = [m for m in messages if m['type'] == 'frame']
                    self.assertEqual([f['step'] for f in frames], list(range(1, 101)))
                    self.assertEqual([f['serial'] for f in frames], list(range(1, 101)))
                    self.assertEqual([step_of(f['svg']) for f in frames], list(range(1, 101)))
                    self.assertEqual({f['run'] for f in frames}, {run})
                    times = [f['time'] for f in frames]
                    self.assertEqual(times, sorted(times))
                    self.assertGreaterEqual(times[0], 0)
                    self.assertEqual({len(f['svg']) for f in frames}, {400})
                    self.assertEqual(messages[-1]['step'], 100)
                    self.assertEqual(messages[-1]['run'], run)

    async def test_answers_come_before_their_effects_end(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                _, answer = await client.ask('step', steps=3)
                self.assertEqual(answer, {'type': 'answer', 'id': 1})
                messages = await client.until('state', condition=lambda m: m['state'] == 'paused')
                self.assertEqual([m['step'] for m in messages if m['type'] == 'frame'][-1], 3)


class States(TestCase):
    async def test_each_change_is_told(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                async def states(kind, last, **members):
                    before, answer = await client.ask(kind, **members)
                    self.assertEqual(answer['type'], 'answer')
                    told = [m for m in before if m['type'] == 'state']
                    while not told or told[-1]['state'] != last:
                        told.append(await client.next('state'))
                    for state in told:
                        self.assertLessEqual({'state', 'run', 'step', 'reason'}, set(state))
                        self.assertIsNone(state['reason'])
                    return [state['state'] for state in told], told[-1]

                names, state = await states('start', 'running')
                self.assertEqual((names, state['run']), (['running'], 1))
                names, state = await states('pause', 'paused')
                self.assertEqual(names, ['paused'])
                paused_at = state['step']
                names, _ = await states('step', 'paused', steps=2)
                self.assertEqual(names, ['running', 'paused'])
                names, _ = await states('resume', 'running')
                self.assertEqual(names, ['running'])
                names, state = await states('stop', 'stopped')
                self.assertEqual(names[-1], 'stopped')
                self.assertLessEqual(set(names), {'stopping', 'stopped'})
                self.assertGreaterEqual(state['step'], paused_at + 2)
                names, state = await states('start', 'running')
                self.assertEqual((names, state['run']), (['running'], 2))
                await client.answered('stop')

    async def test_stop_is_answered_when_it_has_stopped(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('start')
                for _ in range(20):
                    await client.next('frame')
                before, answer = await client.ask('stop')
                self.assertEqual(set(answer), {'type', 'id', 'step', 'seconds'})
                frames = [m['step'] for m in before if m['type'] == 'frame']
                self.assertGreaterEqual(answer['step'], max(frames, default=20))
                # No frame follows.
                for _ in range(3):
                    before, _ = await client.ask('pause')
                    self.assertEqual([m for m in before if m['type'] == 'frame'], [])
                _, again = await client.ask('stop')
                self.assertEqual((again['step'], again['seconds']), (answer['step'], 0))

    async def test_bad_state_names_the_request(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern') as client:
                for kind in ('pause', 'resume'):
                    error = await client.refused(kind, 'bad-state')
                    self.assertIn(kind, error['message'])
                await client.answered('start')
                await client.refused('step', 'bad-state')
                await client.answered('stop')

    async def test_progress_is_told_a_few_times_a_second(self):
        async with Service() as service:
            async with await service.connect_v1(generator='gray-scott', width=32,
                                                height=32) as client:
                hello = await client.next('hello')
                metrics = {metric['name'] for metric in hello['metrics']}
                for metric in hello['metrics']:
                    self.assertLessEqual({'name', 'summary'}, set(metric))
                await client.answered('start')
                clock = asyncio.get_running_loop().time
                await client.next('progress')
                since = clock()
                for _ in range(4):
                    progress = await client.next('progress')
                    self.assertGreater(progress['step'], 0)
                    self.assertIn('fraction', progress)
                    self.assertGreaterEqual(progress['steps-per-second'], 0)
                    self.assertEqual(set(progress['metrics']), metrics)
                # At most four a second: four more take 0.9 s or longer.
                self.assertGreater(clock() - since, 0.7)
                await client.answered('stop')

    async def test_progress_has_a_fraction_where_the_end_is_known(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300,
                                                steps=10_000_000) as client:
                await client.answered('start')
                progress = await client.next('progress')
                self.assertAlmostEqual(progress['fraction'], progress['step'] / 10_000_000, 3)
                await client.answered('stop')


class Parameters(TestCase):
    async def values(self, service):
        return (await service.session())['parameters']

    async def test_are_set(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                answer = await client.answered('set', values={'bytes': 500, 'steps': 1000})
                self.assertEqual(answer['step'], 1)
                self.assertEqual(await self.values(service), {'bytes': 500, 'steps': 1000})
                await client.answered('step', steps=2)
                await client.next_state('paused')
                # What loses nothing is converted.
                self.assertEqual((await client.answered('set', values={'bytes': 600.0}))['step'], 3)
                await client.answered('step')
                frame = await client.next('frame')
                self.assertEqual((frame['step'], len(frame['svg'])), (3, 600))

    async def test_are_all_set_or_none(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                before = await self.values(service)
                for values, code in (({'bytes': 1000, 'nope': 1}, 'unknown-parameter'),
                                     ({'nope': 1, 'bytes': 1000}, 'unknown-parameter'),
                                     ({'bytes': 1000, 'steps': -1}, 'invalid-value'),
                                     ({'steps': 5, 'bytes': 1}, 'invalid-value'),
                                     ({'bytes': 500.5}, 'invalid-value'),
                                     ({'bytes': 'many'}, 'invalid-value'),
                                     ({'bytes': None}, 'invalid-value'),
                                     ({'bytes': True}, 'invalid-value'),
                                     ({'bytes': [500]}, 'invalid-value'),
                                     ({'bytes': {'value': 500}}, 'invalid-value'),
                                     ({'bytes': 10 ** 30}, 'invalid-value')):
                    with self.subTest(values=values):
                        await client.refused('set', code, values=values)
                        self.assertEqual(await self.values(service), before)

    async def test_malformed_sets(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                for members in ({}, {'values': None}, {'values': []}, {'values': 'bytes=5'},
                                {'values': 5}):
                    with self.subTest(**members):
                        _, error = await client.ask('set', **members)
                        self.assertEqual(error['type'], 'error')
                        self.assertIn(error['code'], ('bad-request', 'invalid-value'))

    async def test_are_told_to_all_by_whom_ever_they_were_set(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as owner, \
                       await service.connect_v1('/sessions/pattern_1/ws') as joined, \
                       await service.connect('/sessions/pattern_1/ws') as plain:
                await joined.answered('set', values={'bytes': 700})
                told = await owner.next('parameters')
                self.assertEqual(told['values'], {'bytes': 700, 'steps': 0})
                await plain.ask('set bytes=800', 'set')
                for client in (owner, joined):
                    told = await client.next('parameters',
                                             condition=lambda m: m['values']['bytes'] == 800)
                    self.assertEqual(told['values'], {'bytes': 800, 'steps': 0})

    async def test_large_integers_keep_all_their_bits(self):
        async with Service() as service:
            seed = '18446744073709551615'
            async with await service.connect_v1(generator='attractor', seed=seed) as client:
                hello = await client.next('hello')
                value = [spec['value'] for spec in hello['parameters'] if spec['name'] == 'seed']
                self.assertEqual(value, [seed])
                await client.answered('set', values={'seed': '18446744073709551614'})
                self.assertEqual((await self.values(service))['seed'], '18446744073709551614')


class Requests(TestCase):
    async def test_the_answer_repeats_the_id(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                for identity in ('', 'a', 'ä\n"', 'x' * 100, 0, 1, -1, 2 ** 31, 2 ** 53):
                    await client.send_json(type='stop', id=identity)
                    answer = await client.next('answer', 'error')
                    self.assertEqual((answer['type'], answer['id']), ('answer', identity))
                await client.send_json(type='stop')
                answer = await client.next('answer', 'error')
                self.assertEqual((answer['type'], answer['id']), ('answer', None))
                await client.send_json(type='stop', id=None)
                self.assertIsNone((await client.next('answer', 'error'))['id'])

    async def test_ids_that_are_none(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                for identity in ({}, [], [1], {'a': 1}, True, 1.5):
                    await client.send_json(type='stop', id=identity)
                    answer = await client.message()
                    self.assertIn(answer['type'], ('error', 'answer'))
                    self.assertIsNone(answer['id'], identity)

    async def test_errors_repeat_the_id_too(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                for identity in ('x', 17):
                    await client.send_json(type='fly', id=identity)
                    error = await client.next('error')
                    self.assertEqual((error['id'], error['code']), (identity, 'bad-request'))
                    self.assertIn('fly', error['message'])

    async def test_what_is_no_request(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                for text in ('', ' ', '{', '}', 'start', '[]', '[{"type":"stop"}]', '"stop"', '1',
                             'null', 'true', '{}', '{"id":1}', '{"type":5,"id":1}',
                             '{"type":null,"id":1}', '{"type":["stop"],"id":1}',
                             '{"type":"stop"', '{"type":"stop"} {"type":"stop"}',
                             '{"type":"stop",}', '{"type":"stop"}x', '{type:"stop"}',
                             '{"type":"stop","id":1}\n<svg/>', '{"type":"st\\u0000op"}',
                             '{"type":"\\ud800"}', '\0'):
                    with self.subTest(text=text):
                        await client.send(text)
                        error = await client.message()
                        self.assertEqual(error['type'], 'error')
                        self.assertEqual(error['code'], 'bad-request')
                        self.assertIn(error['id'], (None, 1))
                        self.assertLess(len(error['message']), 1000)
                self.assertEqual((await service.session())['state'], 'idle')
                await client.answered('step')

    async def test_nested_garbage(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                for text in ('[' * 65536, '{"a":' * 10000, '[' * 30000 + ']' * 30000,
                             '{"type":"set","id":1,"values":' + '[' * 30000 + ']' * 30000 + '}',
                             '{"type":"set","id":1,"values":{"bytes":' + '{"a":' * 5000 + '1' +
                             '}' * 5000 + '}}',
                             '{"id":' + '[' * 30000 + ']' * 30000 + ',"type":"stop"}',
                             '{"type":"' + 'x' * 65000 + '","id":1}',
                             '{"type":"stop","id":"' + 'y' * 65000 + '"}',
                             '{' + ','.join(f'"k{i}":{i}' for i in range(5000)) + '}'):
                    await client.send(text)
                    answer = await client.message()
                    self.assertIn(answer['type'], ('error', 'answer'), text[:80])
                await client.answered('step')

    async def test_numbers_that_are_too_much(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                for number in ('0', '-1', '1.5', '1e400', '-1e400', '1e19', '99999999999999999999',
                               '18446744073709551616', '-9223372036854775809', '"5"', 'true',
                               '[1]', '{}', '1' * 5000, '0.' + '0' * 5000 + '1'):
                    await client.send('{"type":"step","id":9,"steps":' + number + '}')
                    error = await client.message()
                    self.assertEqual((error['type'], error['id']), ('error', 9), number[:40])
                    self.assertIn(error['code'], ('invalid-value', 'bad-request'))
                self.assertEqual((await service.session())['state'], 'idle')

    async def test_ack_is_not_answered(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                await client.answered('step', steps=3)
                await client.next_state('paused')
                for serial in (1, 3, 2, 0, 1000):
                    await client.send_json(type='ack', serial=serial)
                before, _ = await client.ask('stop')
                self.assertEqual([m for m in before if m['type'] in ('answer', 'error')], [])

    async def test_are_answered_in_order(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('start')
                for number in range(100, 400):
                    await client.send_json(type='start', id=number)
                for number in range(100, 400):
                    self.assertEqual((await client.next('answer', 'error'))['id'], number)
                await client.answered('stop')


class Options(TestCase):
    async def test_latest_at_few_frames_a_second(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('options', **{'delivery': 'latest', 'max-fps': 5})
                await client.answered('start')
                frames = [await client.next('frame') for _ in range(7)]
                steps = [frame['step'] for frame in frames]
                # Each shows a later state, and thousands of steps lie between them.
                self.assertGreater(min(b - a for a, b in zip(steps[1:], steps[2:])), 10)
                # Six intervals of 0.2 s: one may be short, because the first frame is.
                self.assertGreater(frames[-1]['time'] - frames[0]['time'], 0.9)
                self.assertEqual([step_of(frame['svg']) for frame in frames], steps)
                await client.answered('stop')

    async def test_a_gap_in_the_serials_is_what_was_missed(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as owner, \
                       await service.connect_v1('/sessions/pattern_1/ws') as viewer:
                await viewer.answered('options', **{'max-fps': 10})
                await owner.answered('start')

                async def read_all():
                    return [(await owner.next('frame'))['serial'] for _ in range(20000)]

                reading = asyncio.create_task(read_all())
                seen = [await viewer.next('frame') for _ in range(5)]
                serials = [frame['serial'] for frame in seen]
                self.assertEqual(serials, sorted(set(serials)))
                self.assertGreater(serials[-1] - serials[0], 10)
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                await owner.answered('stop')

    async def test_every_after_latest(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('options', delivery='latest')
                await client.answered('start')
                await client.next('frame')
                await client.answered('options', delivery='every')
                await client.next('frame')
                await client.next('frame')
                steps = [(await client.next('frame'))['step'] for _ in range(100)]
                self.assert_consecutive(steps)
                await client.answered('stop')

    async def test_the_last_state_is_shown_when_it_pauses(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.answered('options', **{'delivery': 'latest', 'max-fps': 1})
                await client.answered('step', steps=1000)
                frame = await client.next('frame', condition=lambda m: m['step'] == 1000)
                self.assertEqual(step_of(frame['svg']), 1000)

    async def test_what_is_refused(self):
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                for members in ({'max-fps': 0}, {'max-fps': 241}, {'max-fps': -1},
                                {'max-fps': 'x'}, {'max-fps': 1e300}, {'delivery': 'some'},
                                {'delivery': 5}, {'delivery': None}, {'delivery': 'LATEST'}):
                    with self.subTest(**members):
                        _, error = await client.ask('options', **members)
                        self.assertEqual(error['type'], 'error')
                        self.assertIn(error['code'], ('invalid-value', 'bad-request'))
                # All or nothing, here too.
                _, error = await client.ask('options', **{'delivery': 'latest', 'max-fps': 0})
                self.assertEqual(error['type'], 'error')
                await client.answered('step', steps=100)
                messages = await client.until('state', condition=lambda m: m['state'] == 'paused')
                self.assertEqual(len([m for m in messages if m['type'] == 'frame']), 100)
                await client.answered('options', **{'max-fps': 240})
                await client.answered('options', **{'max-fps': 1})


class Lines(TestCase):
    async def test_nothing_but_frames_has_a_newline(self):
        """V1Client checks it of every message; here are those with strings of the client's."""
        async with Service() as service:
            async with await service.connect_v1(generator='pattern', bytes=300) as client:
                await client.next('hello')
                await client.send(json.dumps({'type': 'a\nb', 'id': 'c\nd\u2028'}))
                self.assertEqual((await client.message())['id'], 'c\nd\u2028')


if __name__ == '__main__':
    main()
