#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The plain protocol, as a client of ten lines speaks it."""

import asyncio

from stepcast import PlainClient, Service, TestCase, digest, is_frame, main, step_of


class Frames(TestCase):
    async def test_each_step_in_order(self):
        async with Service() as service:
            for command in ('start', 'status'):
                async with await service.connect(generator='pattern', steps=500,
                                                 bytes=300) as client:
                    await client.send(command)
                    frames, finished = await client.until_told('finished')
                    self.assertEqual(finished, {'step': 500})
                    self.assertEqual([step_of(frame) for frame in frames], list(range(1, 501)))
                    self.assertTrue(all(frame.startswith('<') for frame in frames))

    async def test_a_finished_run_can_be_started_again(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', steps=20, bytes=300) as client:
                for _ in range(3):
                    await client.send('start')
                    frames, finished = await client.until_told('finished')
                    self.assertEqual([step_of(frame) for frame in frames], list(range(1, 21)))
                    self.assertEqual(finished, {'step': 20})
                await client.assert_silent()

    async def test_the_default_generator_draws(self):
        async with Service() as service:
            async with await service.connect() as client:
                await client.send('start')
                for _ in range(3):
                    frame = await client.frame()
                    self.assertTrue(frame.startswith('<'), frame[:100])
                    self.assertIn('<svg', frame)
                await client.stop()

    async def test_the_size_of_a_frame_is_the_one_asked_for(self):
        async with Service() as service:
            for size in (300, 65535, 65536, 1_000_000):
                async with await service.connect(generator='pattern', steps=3,
                                                 bytes=size) as client:
                    await client.send('start')
                    frames, _ = await client.until_told('finished')
                    self.assertEqual([len(frame) for frame in frames], [size] * 3)


class Stop(TestCase):
    async def test_under_load_no_frame_follows_the_answer(self):
        async with Service() as service:
            for query in ({'generator': 'pattern', 'bytes': 300},
                          {'generator': 'pattern', 'bytes': 100_000}):
                async with await service.connect(**query) as client:
                    await client.send('start')
                    steps = await client.steps(50)
                    frames, stopped = await client.stop()
                    steps += [step_of(frame) for frame in frames]
                    self.assert_consecutive(steps, 1)
                    # Frames that waited were dropped: it may have stepped further than it showed.
                    self.assertGreaterEqual(stopped['step'], steps[-1])
                    self.assertGreaterEqual(stopped['seconds'], 0)
                    self.assertEqual(set(stopped), {'step', 'seconds'})
                    # What came after the command had left the server before it arrived there.
                    self.assertLess(sum(map(len, frames)), 16_000_000)
                    await client.assert_silent()

                    await client.send('start')
                    self.assert_consecutive(await client.steps(50), 1)
                    await client.stop()

    async def test_without_a_run(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', steps=5) as client:
                self.assertEqual(await client.ask('stop', 'stopped'), {'step': 0, 'seconds': 0})
                await client.send('start')
                await client.until_told('finished')
                self.assertEqual(await client.ask('stop', 'stopped'), {'step': 5, 'seconds': 0})
                await client.send('start')
                await client.until_told('finished')

    async def test_of_a_stopped_session(self):
        async with Service() as service:
            async with await service.connect(generator='pattern') as client:
                await client.send('start')
                await client.steps(5)
                _, stopped = await client.stop()
                self.assertEqual(await client.ask('stop', 'stopped'),
                                 {'step': stopped['step'], 'seconds': 0})

    async def test_of_a_paused_session(self):
        async with Service() as service:
            async with await service.connect(generator='pattern') as client:
                await client.send('step 3')
                await client.until_told('paused')
                self.assertEqual((await client.ask('stop', 'stopped'))['step'], 3)
                self.assertEqual((await service.session())['state'], 'stopped')

    async def test_quick_pairs_leave_one_producer(self):
        """FastAPI: quick stop and status pairs left nine threads running."""
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('start')
                await client.steps(10)
                threads = service.count_threads()
                for _ in range(50):
                    await client.send('stop')
                    await client.send('start')
                stops, last = 0, None
                while stops < 50:
                    message = await client.receive()
                    if is_frame(message):
                        step = step_of(message)
                        if last is not None:
                            self.assertEqual(step, last + 1, f'after {stops} stops')
                        last = step
                    else:
                        self.assertIn('"stopped"', message)
                        stops, last = stops + 1, 0
                self.assert_consecutive(await client.steps(300), 1)
                self.assertLessEqual(service.count_threads(), threads + 2)
                await client.stop()
                await client.assert_silent()
                await service.wait_idle()

    async def test_pairs_that_wait_for_their_answers(self):
        async with Service() as service:
            async with await service.connect(generator='attractor', iterations=1000) as client:
                for _ in range(50):
                    await client.send('start')
                    await client.frame()
                    await client.stop()
                await client.assert_silent()
                await service.wait_idle()

    async def test_start_while_it_stops(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('start')
                await client.steps(5)
                await client.send('stop')
                await client.send('start')
                await client.until_told('stopped')
                self.assert_consecutive(await client.steps(20), 1)
                await client.stop()


class Start(TestCase):
    async def test_twice_is_once(self):
        """FastAPI: a second "status" starts a second producer."""
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                for command in ('start', 'start', 'status'):
                    await client.send(command)
                steps = await client.steps(300)
                for _ in range(5):
                    await client.send('start')
                    steps += await client.steps(100)
                frames, stopped = await client.stop()
                steps += [step_of(frame) for frame in frames]
                self.assert_consecutive(steps, 1)
                self.assertGreaterEqual(stopped['step'], steps[-1])
                await client.assert_silent()

    async def test_undoes_a_step_n(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('step 2')
                await client.send('start')
                steps = []
                while len(steps) < 50:
                    message = await client.receive()
                    if is_frame(message):
                        steps.append(step_of(message))
                    else:  # it was paused already when "start" came
                        self.assertIn('"paused"', message)
                self.assert_consecutive(steps, 1)
                await client.stop()

    async def test_resumes(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('step 4')
                await client.until_told('paused')
                await client.send('start')
                self.assert_consecutive(await client.steps(20), 5)
                await client.stop()


class Pause(TestCase):
    async def test_and_resume(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('start')
                steps = await client.steps(20)
                for _ in range(10):
                    await client.send('pause')
                    frames, paused = await client.until_told('paused')
                    steps += [step_of(frame) for frame in frames]
                    # It is told after its frames.
                    self.assertEqual(paused, {'step': steps[-1]})
                    self.assertEqual((await service.session())['state'], 'paused')
                    await client.assert_silent()
                    await client.send('resume')
                    steps += await client.steps(20)
                self.assert_consecutive(steps, 1)
                await client.stop()

    async def test_of_a_paused_session_succeeds(self):
        async with Service() as service:
            async with await service.connect(generator='pattern') as client:
                await client.send('step')
                await client.until_told('paused')
                self.assertEqual(await client.ask('pause', 'paused'), {'step': 1})

    async def test_uses_no_processor(self):
        async with Service() as service:
            async with await service.connect(generator='attractor') as client:
                await client.send('start')
                await client.frame()
                await client.send('pause')
                await client.until_told('paused')
                await service.wait_idle()
                await client.send('resume')
                await client.frame()
                await client.stop()


class Step(TestCase):
    async def test_by_step(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                step = 0
                for command, count in (('step', 1), ('step 1', 1), ('step 5', 5),
                                       ('step 250', 250)):
                    await client.send(command)
                    frames, paused = await client.until_told('paused')
                    self.assertEqual([step_of(frame) for frame in frames],
                                     list(range(step + 1, step + 1 + count)), command)
                    step += count
                    self.assertEqual(paused, {'step': step})
                await client.assert_silent()

    async def test_begins_a_new_run_after_an_end(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300, steps=4) as client:
                await client.send('step 10')
                frames, finished = await client.until_told('finished')
                self.assertEqual([step_of(frame) for frame in frames], [1, 2, 3, 4])
                self.assertEqual(finished, {'step': 4})
                await client.send('step 2')
                frames, paused = await client.until_told('paused')
                self.assertEqual([step_of(frame) for frame in frames], [1, 2])
                await client.send('stop')
                await client.told('stopped')
                await client.send('step')
                frames, paused = await client.until_told('paused')
                self.assertEqual([step_of(frame) for frame in frames], [1])

    async def test_by_a_number_that_is_none(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                for number in ('0', '-1', 'x', '1.5', '1 2', '0x10', '1e3',
                               '99999999999999999999999999'):
                    await client.send(f'step {number}')
                    error = await client.told('error')
                    self.assertIn(error['code'], ('invalid-value', 'bad-request'), number)
                    self.assertIn('step', error['message'])
                self.assertEqual((await service.session())['state'], 'idle')

    async def test_of_more_than_will_ever_be_done(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('step 18446744073709551615')
                self.assert_consecutive(await client.steps(20), 1)
                await client.send('pause')
                _, paused = await client.until_told('paused')
                await client.send('step 18446744073709551615')
                self.assert_consecutive(await client.steps(20), paused['step'] + 1)
                await client.stop()


class Set(TestCase):
    async def test_takes_effect_at_the_step_it_names(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('start')
                for size in (1000, 5000, 2500):
                    await client.steps(20)
                    await client.send(f'set bytes={size}')
                    frames, answer = await client.until_told('set')
                    self.assertEqual((answer['name'], answer['value']), ('bytes', size))
                    self.assertEqual(set(answer), {'name', 'value', 'step'})
                    frames += [await client.frame() for _ in range(20)]
                    while step_of(frames[-1]) <= answer['step']:
                        frames.append(await client.frame())
                    for frame in frames:
                        self.assertEqual(len(frame) == size, step_of(frame) >= answer['step'],
                                         (len(frame), step_of(frame), answer))
                await client.stop()

    async def test_while_paused_applies_at_once(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('step 3')
                await client.until_told('paused')
                answer = await client.ask('set bytes=777', 'set')
                self.assertEqual(answer, {'name': 'bytes', 'value': 777, 'step': 4})
                await client.send('step')
                frames, _ = await client.until_told('paused')
                self.assertEqual([(step_of(frame), len(frame)) for frame in frames], [(4, 777)])

    async def test_before_and_between_runs_is_for_the_next(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                self.assertEqual(await client.ask('set bytes=400', 'set'),
                                 {'name': 'bytes', 'value': 400, 'step': 1})
                await client.send('step 2')
                frames, _ = await client.until_told('paused')
                self.assertEqual([len(frame) for frame in frames], [400, 400])
                await client.ask('stop', 'stopped')
                self.assertEqual((await client.ask('set bytes=500', 'set'))['step'], 1)
                await client.send('start')
                self.assertEqual(len(await client.frame()), 500)
                await client.stop()
                await client.send('start')  # a restart keeps them
                self.assertEqual(len(await client.frame()), 500)
                await client.stop()

    async def test_of_what_applies_at_the_next_start(self):
        """The step that is named is the first that uses it: the first of the next run."""
        async with Service() as service:
            async with await service.connect(generator='gray-scott', width=32, height=32) as client:
                await client.send('step 3')
                frames, _ = await client.until_told('paused')
                first = digest(frames)
                self.assertEqual((await client.ask('set seed=99', 'set'))['step'], 1)
                await client.ask('stop', 'stopped')
                await client.send('step 3')
                frames, _ = await client.until_told('paused')
                self.assertNotEqual(digest(frames), first)

    async def test_what_it_refuses(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                message = await client.refused('set nonsense=1', 'unknown-parameter')
                self.assertIn('nonsense', message)
                self.assertIn('bytes', message)
                self.assertIn('steps', message)

                message = await client.refused('set bytes=1', 'invalid-value')
                for part in ('bytes', '1', '300', '67108864'):
                    self.assertIn(part, message)
                for value in ('abc', '', '-5', '1.5', '1e400', '99999999999999999999', '50 0',
                              '1=2', '0x200', 'NaN'):
                    message = await client.refused(f'set bytes={value}', 'invalid-value')
                    self.assertIn('bytes', message)
                self.assertIn('1=2', await client.refused('set bytes=1=2', 'invalid-value'))

                await client.refused('set', 'bad-request')
                await client.refused('set bytes', 'bad-request')
                await client.send('set =5')
                self.assertIn((await client.told('error'))['code'],
                              ('unknown-parameter', 'bad-request'))
                self.assertEqual((await service.session())['parameters']['bytes'], 300)

    async def test_of_a_finished_session_is_for_the_next_run(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300, steps=2) as client:
                await client.send('start')
                await client.until_told('finished')
                self.assertEqual((await client.ask('set steps=3', 'set'))['step'], 1)
                await client.send('start')
                frames, finished = await client.until_told('finished')
                self.assertEqual(finished, {'step': 3})
                self.assertEqual(len(frames), 3)

    async def test_of_a_number_with_a_fraction(self):
        async with Service() as service:
            async with await service.connect(generator='gray-scott', width=32, height=32) as client:
                self.assertEqual((await client.ask('set feed=0.0375', 'set'))['value'], 0.0375)
                message = await client.refused('set feed=7', 'invalid-value')
                self.assertIn('0.2', message)
                # A locale has no say in what a number looks like.
                await client.refused('set feed=0,1', 'invalid-value')


class Commands(TestCase):
    async def test_blanks_around_them_are_ignored(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                await client.send('  step 2\r\n')
                frames, _ = await client.until_told('paused')
                self.assertEqual(len(frames), 2)
                await client.send('\tset bytes=444 \n')
                self.assertEqual((await client.told('set'))['value'], 444)
                await client.send('\n\n resume\t')
                await client.steps(3)
                await client.send(' stop ')
                await client.until_told('stopped')

    async def test_unknown_ones_are_named(self):
        async with Service() as service:
            async with await service.connect(generator='pattern', bytes=300) as client:
                for command in ('fly', 'STOP', 'stop now', '', ' ', 'startstop', '{"type":"start"}',
                                'stepp', 'set\tx', '<svg/>', 'ß' * 1000, 'a' * 65536, 'st\0op',
                                'start\0'):
                    await client.send(command)
                    error = await client.told('error')
                    self.assertEqual(error['code'], 'bad-request', command[:40])
                    if command in ('fly', 'startstop', 'stepp'):
                        self.assertIn(command, error['message'])
                        for known in ('start', 'stop', 'pause', 'resume', 'step', 'set'):
                            self.assertIn(known, error['message'])
                    self.assertLess(len(error['message']), 1000)
                self.assertEqual((await service.session())['state'], 'idle')
                await client.send('start')
                self.assert_consecutive(await client.steps(10), 1)
                await client.send('fly')
                _, error = await client.until_told('error')
                self.assertEqual(error['code'], 'bad-request')
                await client.frame()
                await client.stop()


class Query(TestCase):
    async def refused(self, service, query, code, *parts):
        async with PlainClient(await service.open('/ws' + query, {})) as client:
            error = await client.told('error')
            self.assertEqual(error['code'], code, query)
            for part in parts:
                self.assertIn(part, error['message'])
            self.assertEqual((await client.wait_closed())[0], 1008)

    async def test_what_can_not_be_opened_is_told(self):
        async with Service() as service:
            await self.refused(service, '?generator=nope', 'unknown-generator', 'nope', 'pattern',
                               'attractor')
            await self.refused(service, '?generator=', 'unknown-generator', 'pattern')
            await self.refused(service, '?generator=pattern&nope=1', 'unknown-parameter', 'nope',
                               'bytes')
            await self.refused(service, '?generator=pattern&bytes=1', 'invalid-value', 'bytes',
                               '300', '67108864')
            await self.refused(service, '?generator=pattern&bytes=abc', 'invalid-value', 'abc',
                               'bytes', 'whole number')
            await self.refused(service, '?generator=pattern&bytes=', 'invalid-value', 'bytes')
            await self.refused(service, '?generator=%00', 'unknown-generator')
            await self.refused(service, '?generator=' + 'x' * 5000, 'unknown-generator')
            await service.wait_sessions(0)

            async with await service.connect(generator='pattern') as client:
                await client.send('step')
                await client.until_told('paused')

    async def test_is_decoded(self):
        async with Service() as service:
            async with PlainClient(await service.open('/ws?generator=p%61ttern&byte%73=3%330',
                                                      {})) as client:
                await client.send('step')
                self.assertEqual(len(await client.frame()), 330)

    async def test_names_a_session(self):
        async with Service() as service:
            async with await service.connect(generator='gray-scott'), \
                       await service.connect(generator='gray-scott'):
                await service.wait_sessions(2)
                names = [session['name'] for session in await service.sessions()]
                self.assertEqual(names, ['gray_scott_1', 'gray_scott_2'])


class Table(TestCase):
    """What each request does in each state; for "stopping" and "failed" see test_program.py."""

    @staticmethod
    async def into(client, state):
        if state == 'running':
            await client.send('start')
            await client.step()
        elif state == 'paused':
            await client.send('step 2')
            await client.until_told('paused')
        elif state == 'stopped':
            await client.send('start')
            await client.step()
            await client.stop()
        elif state == 'finished':
            await client.send('set steps=2')
            await client.told('set')
            await client.send('start')
            await client.until_told('finished')
            await client.send('set steps=0')
            await client.told('set')

    async def test_each_request_in_each_state(self):
        starts_anew = ('steps', 1)
        goes_on = ('steps', None)
        bad_state = ('error', 'bad-state')
        one_step = ('paused', 1)
        table = {
            # state:   (start, stop, pause, resume, step, step 3, set)
            'idle': (starts_anew, ('stopped', 0), bad_state, bad_state, one_step, ('paused', 3),
                     ('set', 1)),
            'running': (goes_on, ('stopped', None), ('paused', None), goes_on, bad_state, bad_state,
                        ('set', None)),
            'paused': (('steps', 3), ('stopped', 2), ('paused', 2), ('steps', 3), ('paused', 3),
                       ('paused', 5), ('set', 3)),
            'stopped': (starts_anew, ('stopped', None), bad_state, bad_state, one_step,
                        ('paused', 3), ('set', 1)),
            'finished': (starts_anew, ('stopped', 2), bad_state, bad_state, one_step, ('paused', 3),
                         ('set', 1)),
        }
        requests = ('start', 'stop', 'pause', 'resume', 'step', 'step 3', 'set bytes=400')
        async with Service() as service:
            for state, row in table.items():
                for request, (kind, value) in zip(requests, row):
                    with self.subTest(state=state, request=request):
                        await self.check(service, state, request, kind, value)

    async def check(self, service, state, request, kind, value):
        async with await service.connect(generator='pattern', bytes=300) as client:
            await self.into(client, state)
            self.assertEqual((await service.session())['state'], state)
            await client.send(request)
            if kind == 'steps':
                steps = await client.steps(5)
                self.assert_consecutive(steps, value)
                self.assertEqual((await service.session())['state'], 'running')
            elif kind == 'error':
                frames, error = await client.until_told('error')
                self.assertEqual(error['code'], value)
                self.assertIn(request.split()[0], error['message'])
                # and it changed nothing
                self.assertEqual((await service.session())['state'], state)
                if state == 'running':
                    await client.steps(5)
            else:
                _, told = await client.until_told(kind)
                if value is not None:
                    self.assertEqual(told['step'], value)
                expected = {'stopped': state if state in ('idle', 'finished') else 'stopped',
                            'paused': 'paused', 'set': state}[kind]
                self.assertEqual((await service.session())['state'], expected)
        await service.wait_sessions(0)


class Seeds(TestCase):
    async def collect(self, workers, count, **query):
        async with Service('--workers', str(workers)) as service:
            async with await service.connect(**query) as client:
                await client.send(f'step {count}')
                frames, _ = await client.until_told('paused')
                self.assertEqual(len(frames), count)
                return digest(frames)

    async def test_the_same_seed_gives_the_same_bytes(self):
        for query in ({'generator': 'attractor', 'iterations': 5000, 'points': 200},
                      {'generator': 'gray-scott', 'width': 64, 'height': 48}):
            with self.subTest(**query):
                one, again, two, other = await asyncio.gather(
                    self.collect(1, 12, seed=7, **query), self.collect(1, 12, seed=7, **query),
                    self.collect(2, 12, seed=7, **query), self.collect(2, 12, seed=8, **query))
                self.assertEqual(one, again)
                self.assertEqual(one, two)
                self.assertNotEqual(one, other)

    async def test_a_restart_keeps_the_seed(self):
        async with Service() as service:
            async with await service.connect(generator='attractor', seed=42,
                                             iterations=5000) as client:
                runs = []
                for _ in range(2):
                    await client.send('step 5')
                    frames, _ = await client.until_told('paused')
                    runs.append(digest(frames))
                    await client.ask('stop', 'stopped')
                self.assertEqual(*runs)
                await client.ask('set seed=43', 'set')
                await client.send('step 5')
                frames, _ = await client.until_told('paused')
                self.assertNotEqual(digest(frames), runs[0])


if __name__ == '__main__':
    main()
