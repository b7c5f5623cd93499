#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""`stepcastd -- PROGRAM ARG…`: any program as a source, and programs that misbehave."""

import ast
import asyncio
import os
import pathlib
import signal
import tempfile

from stepcast import (EXAMPLES, PROGRAMS, PYTHON, Service, TestCase, descendants, digest, is_alive,
                      is_frame, main, step_of, wait_for)

FRAMES = (PYTHON, PROGRAMS / 'frames.py')
MISBEHAVE = (PYTHON, PROGRAMS / 'misbehave.py')

# Perl keeps what it prints to a pipe until there are 8 KB of it.
BUFFERED = ('perl', '-e', r'print "<svg xmlns=\"http://www.w3.org/2000/svg\">"'
                          r' . "<text>1</text></svg>\n"; sleep 1000')


class ProgramTest(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-program-')
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def frames(self, *options, **service_options):
        return Service(program=[*FRAMES, *map(str, options)], **service_options)

    def misbehave(self, *arguments, **service_options):
        return Service(program=[*MISBEHAVE, *map(str, arguments)], **service_options)

    async def run_to_end(self, service):
        """Starts it and reads to its end: the frames, and what was told of the end."""
        async with await service.connect() as client:
            await client.send('start')
            return await client.until_told(None)

    async def assert_fails(self, service, frames, code, *parts):
        got, told = await self.run_to_end(service)
        self.assertEqual(list(told), ['failed'], told)
        failed = told['failed']
        self.assertEqual(set(failed), {'step', 'code', 'message'})
        self.assertEqual([step_of(frame) for frame in got], list(range(1, frames + 1)), failed)
        self.assertEqual(failed['step'], frames, failed)
        codes = (code,) if isinstance(code, str) else code
        self.assertIn(failed['code'], codes, failed)
        for part in parts:
            self.assertIn(part, failed['message'])
        self.assertLess(len(failed['message']), 10000)
        return failed

    async def assert_nothing_runs(self, service):
        """The service may keep helpers of its own; of the program nothing is left."""
        def left():
            return [pid for pid in {*descendants(service.pid), *service.left_behind()}
                    if b'programs/' in self.command(pid) or b'sleep 1000' in self.command(pid)]

        await wait_for(lambda: not left(), 'the end of the program')

    @staticmethod
    def command(pid):
        try:
            return pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ')
        except OSError:
            return b''

    async def read_pids(self, path):
        await wait_for(path.exists, 'the file of the process ids')
        return [int(word) for word in path.read_text().split()]


class Ends(ProgramTest):
    async def test_well_after_exactly_its_frames(self):
        for count in (1, 10, 1000):
            async with self.frames('--count', count) as service:
                frames, told = await self.run_to_end(service)
                self.assertEqual([step_of(frame) for frame in frames], list(range(1, count + 1)))
                self.assertEqual(told, {'finished': {'step': count}})

    async def test_a_shell_script(self):
        async with Service(program=[PROGRAMS / 'quick.sh']) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual([step_of(frame) for frame in frames], [1, 2, 3, 4, 5])
            self.assertEqual(told, {'finished': {'step': 5}})

    async def test_at_once(self):
        """One that has ended before anybody could ask the kernel who it was."""
        async with Service(program=['/bin/true']) as service:
            async def run_often():
                async with await service.connect() as client:
                    for _ in range(100):
                        await client.send('start')
                        failed = await client.told('failed')
                        self.assertIn('no SVG document', failed['message'])
                        self.assertEqual(failed['step'], 0)

            await asyncio.gather(*[run_often() for _ in range(4)])
            await service.wait_sessions(0)

    async def test_frames_of_a_megabyte(self):
        async with self.frames('--count', 12, '--bytes', 1_000_000) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual([step_of(frame) for frame in frames], list(range(1, 13)))
            self.assertTrue(all(len(frame) > 1_000_000 for frame in frames))
            self.assertEqual(told, {'finished': {'step': 12}})

    async def test_with_a_status(self):
        async with self.frames('--count', 4, '--exit', 3, '--stderr', 'first of two',
                               '--stderr', 'ValueError: no convergence') as service:
            failed = await self.assert_fails(service, 4, 'program-failed', '3',
                                             'ValueError: no convergence', 'first of two')
            self.assertIn('status', failed['message'])
            # It failed; it can be started again.
            async with await service.connect() as client:
                for _ in range(2):
                    await client.send('start')
                    frames, told = await client.until_told('failed')
                    self.assertEqual(len(frames), 4)
                    session = await service.session()
                    self.assertEqual(session['state'], 'failed')
                    self.assertEqual(session['reason']['code'], 'program-failed')
                    self.assertIn('no convergence', session['reason']['message'])
                # Its last picture is kept.
                picture = await service.get(f'/sessions/{session["name"]}/frame.svg')
                self.assertEqual((picture.status, step_of(picture.text)), (200, 4))

    async def test_by_a_signal(self):
        for name, word in (('SIGSEGV', '11'), ('SIGKILL', '9'), ('SIGTERM', '15')):
            async with self.frames('--count', 2, '--signal', name) as service:
                failed = await self.assert_fails(service, 2, 'program-failed')
                message = failed['message']
                self.assertTrue(word in message or name in message or
                                signal.strsignal(getattr(signal, name)) in message, message)

    async def test_in_the_middle_of_a_document(self):
        async with self.misbehave('half') as service:
            await self.assert_fails(service, 1, ('invalid-frame', 'program-failed'))

    async def test_without_a_document(self):
        async with self.misbehave('none') as service:
            failed = await self.assert_fails(service, 0, ('invalid-frame', 'program-failed'))
            self.assertIn('step 1 of 100', failed['message'])  # what was seen instead

    async def test_without_a_word(self):
        async with self.misbehave('nothing') as service:
            await self.assert_fails(service, 0, 'program-failed', 'no SVG document')

    async def test_after_5_mb_of_junk(self):
        async with self.misbehave('junk') as service:
            await self.assert_fails(service, 0, ('invalid-frame', 'limit-exceeded'))
            await self.assert_nothing_runs(service)

    async def test_junk_between_documents(self):
        async with self.misbehave('junk_between') as service:
            await self.assert_fails(service, 1, 'invalid-frame')

    async def test_with_a_frame_over_the_limit(self):
        for kind in ('huge', 'huge_prologue'):
            async with self.misbehave(kind) as service:
                failed = await self.assert_fails(service, 0, ('limit-exceeded', 'invalid-frame'))
                self.assertRegex(failed['message'], r'8388608|8[ .,\d]*Mi?B')
                await self.assert_nothing_runs(service)

    async def test_while_it_says_more_than_anybody_reads(self):
        async with self.misbehave('talkative') as service:
            failed = await self.assert_fails(service, 1, 'program-failed', 'line 199999')
            self.assertNotIn('line 1000\n', failed['message'])
            self.assertLess(len(service.log), 10000)

    async def test_with_a_line_that_does_not_end(self):
        async with self.misbehave('long_line') as service:
            await self.assert_fails(service, 0, 'program-failed', '5')


class Starts(ProgramTest):
    async def fails_to_start(self, *program, code='program-failed', parts=()):
        """At its first start, or when the service starts: it is said either way."""
        service = Service(program=program)
        async with service:
            await self.assert_fails(service, 0, code, *parts)

    async def test_of_what_does_not_exist(self):
        await self.fails_to_start('/nonexistent/program', parts=('/nonexistent/program',))
        await self.fails_to_start('no-such-program-anywhere', parts=('no-such-program-anywhere',))

    async def test_of_what_is_not_executable(self):
        await self.fails_to_start(PROGRAMS / 'not-executable.txt', parts=('not-executable.txt',))

    async def test_of_a_directory(self):
        await self.fails_to_start(PROGRAMS, parts=('programs',))

    async def test_of_an_interpreter_that_does_not_exist(self):
        path = self.directory / 'script'
        path.write_text('#!/nonexistent/interpreter\n')
        path.chmod(0o755)
        await self.fails_to_start(path, parts=('script',))

    async def test_gives_it_its_environment(self):
        path = self.directory / 'environment'
        async with self.misbehave('environment', path) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual(told, {'finished': {'step': 1}})
            stdin, device, unbuffered, files, blocked, leads, cwd = path.read_text().splitlines()
            self.assertEqual(ast.literal_eval(stdin), b'')
            self.assertEqual(device, '/dev/null')
            self.assertEqual(unbuffered, '1')
            self.assertEqual(ast.literal_eval(files), [0, 1, 2])  # no file of the service
            self.assertEqual(blocked, '0')                        # and no blocked signal
            self.assertEqual(leads, 'True')                       # a process group of its own
            self.assertEqual(cwd, str(service.directory))

    async def test_is_found_in_the_path(self):
        async with Service(program=['frames.py', '--count', '2'],
                           env={'PATH': f'{PROGRAMS}:{os.environ["PATH"]}'}) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual(told, {'finished': {'step': 2}})

    async def test_is_the_default_and_a_generator_like_any(self):
        async with self.frames() as service:
            generators = (await service.get('/generators')).json['generators']
            program, = [generator for generator in generators if generator['default']]
            self.assertEqual(program['parameters'], [])
            self.assertIn('pattern', [generator['name'] for generator in generators])
            async with await service.connect(generator=program['name']) as client:
                await client.send('step')
                await client.until_told('paused')
            await service.wait_sessions(0)
            await self.assert_nothing_runs(service)

    async def test_each_session_has_a_program_of_its_own(self):
        async with self.frames() as service:
            async with await service.connect() as first, await service.connect() as second:
                for client in (first, second):
                    await client.send('step 3')
                    frames, _ = await client.until_told('paused')
                    self.assertEqual([step_of(frame) for frame in frames], [1, 2, 3])

    async def test_takes_no_parameters(self):
        async with self.frames() as service:
            async with await service.connect() as client:
                message = await client.refused('set speed=5', 'unknown-parameter')
                self.assertIn('speed', message)
                await client.send('step')
                await client.until_told('paused')
                await client.refused('set speed=5', 'unknown-parameter')
            async with await service.connect(speed=5) as client:
                self.assertEqual((await client.told('error'))['code'], 'unknown-parameter')
                self.assertEqual((await client.wait_closed())[0], 1008)


class Control(ProgramTest):
    async def test_stop_and_start_restart_it(self):
        async with self.frames() as service:
            async with await service.connect() as client:
                for _ in range(5):
                    await client.send('start')
                    self.assert_consecutive(await client.steps(20), 1)
                    frames, stopped = await client.stop()
                    await client.assert_silent()
                    await self.assert_nothing_runs(service)

    async def test_quick_pairs_leave_one_producer(self):
        async with self.frames() as service:
            async with await service.connect() as client:
                await client.send('start')
                for _ in range(20):
                    await client.send('stop')
                    await client.send('start')
                stops, last = 0, 0
                while stops < 20:
                    message = await client.receive()
                    if is_frame(message):
                        step = step_of(message)
                        self.assertEqual(step, last + 1)
                        last = step
                    else:
                        self.assertIn('"stopped"', message)
                        stops, last = stops + 1, 0
                self.assert_consecutive(await client.steps(100), 1)
                running = [pid for pid in descendants(service.pid)
                           if b'programs/' in self.command(pid)]
                self.assertEqual(len(running), 1)
                await client.stop()
            await self.assert_nothing_runs(service)

    async def test_pause_stops_reading(self):
        path = self.directory / 'progress'
        async with self.frames('--progress', path) as service:
            async with await service.connect() as client:
                await client.send('start')
                steps = await client.steps(20)
                await client.send('pause')
                frames, paused = await client.until_told('paused')
                steps += [step_of(frame) for frame in frames]
                self.assertEqual(paused['step'], steps[-1])
                at = await self.wait_still(path)
                # A pipe holds 64 KiB, and these are documents of 100 bytes.
                self.assertLess(at - paused['step'], 20_000)
                await client.send('resume')
                steps += await client.steps(at - paused['step'] + 100)
                self.assert_consecutive(steps, 1)
                await client.stop()

    async def wait_still(self, path):
        """Until the program's own progress stands still: where."""
        loop = asyncio.get_running_loop()
        last, since = None, loop.time()

        def is_still():
            nonlocal last, since
            now = path.read_text()
            if now != last:
                last, since = now, loop.time()
            return loop.time() - since > 0.5 and last

        return int(await wait_for(is_still, 'a program that is held back'))

    async def test_a_stalled_reader_holds_it_back(self):
        path = self.directory / 'progress'
        async with self.frames('--progress', path, '--bytes', 20000) as service:
            async with await service.connect_raw(receive_bytes=65536) as client:
                await client.send_text('start')
                steps = [await client.step()]
                at = await self.wait_still(path)
                self.assertLess(at, 400)
                while steps[-1] < at + 100:
                    steps.append(await client.step())
                self.assert_consecutive(steps, 1)

    async def test_step_by_step(self):
        async with self.frames() as service:
            async with await service.connect() as client:
                for first in (1, 4, 7):
                    await client.send('step 3')
                    frames, paused = await client.until_told('paused')
                    self.assertEqual([step_of(frame) for frame in frames],
                                     list(range(first, first + 3)))

    async def test_a_stopped_one_shows_its_last_picture(self):
        async with self.frames() as service:
            async with await service.connect() as client:
                await client.send('start')
                await client.steps(5)
                _, stopped = await client.stop()
                name = (await service.session())['name']
                picture = await service.get(f'/sessions/{name}/frame.svg')
                self.assertEqual(picture.status, 200)
                self.assertLessEqual(step_of(picture.text), stopped['step'])
                self.assertGreaterEqual(step_of(picture.text), 5)

    async def test_a_client_that_vanishes_ends_it(self):
        async with self.frames() as service:
            for how in ('reset', 'half_close'):
                client = await service.connect_raw()
                await client.send_text('start')
                await client.text()
                getattr(client, how)()
                await service.wait_sessions(0)
                await self.assert_nothing_runs(service)
                client.socket.close()

    async def test_the_end_of_the_service_ends_it(self):
        for program in (self.frames(), self.misbehave('stubborn'),
                        self.misbehave('grandchildren', self.directory / 'pids')):
            async with program as service:
                client = await service.connect()
                await client.send('start')
                await client.frame()
                # Service.end_well() sends SIGTERM and looks for what is left.

    async def test_the_service_is_killed(self):
        """The program must not run on for ever, and neither must what it has started."""
        for program, count in (
                (self.frames(), 1), (Service('--pty', program=FRAMES), 1),
                (self.misbehave('grandchildren', self.directory / 'pids'), 7)):
            async with program as service:
                client = await service.connect()
                await client.send('start')
                await client.frame()
                below = descendants(service.pid)
                self.assertGreater(len(below), count)  # and the guard
                service.expected_end = -signal.SIGKILL
                os.kill(service.pid, signal.SIGKILL)
                await wait_for(lambda: not [pid for pid in below if is_alive(pid)],
                               'the end of the program')

    async def test_the_guard_lives_with_the_program(self):
        def has_guard(service):
            return any(b'stepcast-guard' in self.command(pid) for pid in descendants(service.pid))

        async with self.frames() as service:
            async with await service.connect() as client:
                self.assertFalse(has_guard(service))
                for _ in range(2):
                    await client.send('start')
                    await client.steps(3)
                    self.assertTrue(has_guard(service))
                    await client.stop()
                    await wait_for(lambda: not has_guard(service), 'the end of the guard')


class Stubborn(ProgramTest):
    async def test_what_ignores_sigterm_is_killed(self):
        async with self.misbehave('stubborn') as service:
            async with await service.connect() as client:
                await client.send('start')
                await client.steps(5)
                _, stopped = await client.stop()
                # The grace time is 2 s, the stop deadline 5 s.
                self.assertGreater(stopped['seconds'], 1.5)
                self.assertLess(stopped['seconds'], 5)
                await self.assert_nothing_runs(service)
                await client.send('start')
                self.assert_consecutive(await client.steps(5), 1)

    async def test_each_request_while_it_is_stopping(self):
        async with self.misbehave('stubborn') as service:
            async with await service.connect() as client:
                async def begin_stop():
                    await client.send('start')
                    self.assertEqual(await client.step(), 1)
                    await client.send('stop')
                    await service.wait_state('stopping')

                await begin_stop()
                frames = []
                for command in ('pause', 'resume', 'step', 'step 5'):
                    await client.send(command)
                    got, error = await client.until_told('error')
                    frames += got
                    self.assertEqual(error['code'], 'bad-state', command)
                await client.send('stop')  # joins
                _, first = await client.until_told('stopped')
                second = await client.told('stopped')
                self.assertEqual(first['step'], second['step'])
                await client.assert_silent()
                self.assertEqual((await service.session())['state'], 'stopped')

                await begin_stop()
                await client.send('start')  # waits, then a new run
                await client.until_told('stopped')
                self.assert_consecutive(await client.steps(5), 1)
                self.assertEqual((await service.session())['run'], 3)

                await client.send('stop')
                await service.wait_state('stopping')
                await client.send('start')
                await client.send('stop')  # the last word
                await client.until_told('stopped')
                await client.told('stopped')
                await client.assert_silent()
                self.assertEqual((await service.session())['state'], 'stopped')

    async def test_each_request_when_it_has_failed(self):
        async with self.frames('--count', 2, '--exit', 1) as service:
            async with await service.connect() as client:
                async def fail():
                    await client.send('start')
                    frames, _ = await client.until_told('failed')
                    self.assertEqual(len(frames), 2)

                await fail()
                for command in ('pause', 'resume'):
                    await client.refused(command, 'bad-state')
                self.assertEqual(await client.ask('stop', 'stopped'), {'step': 2, 'seconds': 0})
                self.assertEqual((await service.session())['state'], 'failed')
                await client.refused('set x=1', 'unknown-parameter')
                await client.send('step')
                frames, _ = await client.until_told('paused')
                self.assertEqual([step_of(frame) for frame in frames], [1])
                await client.ask('stop', 'stopped')
                await fail()
                await fail()

    async def test_all_of_its_process_group_is_gone_after_stop(self):
        path = self.directory / 'pids'
        async with self.misbehave('grandchildren', path) as service:
            async with await service.connect() as client:
                await client.send('start')
                await client.steps(3)
                pids = await self.read_pids(path)
                self.assertEqual(len(pids), 7)
                await client.stop()
                await wait_for(lambda: not [pid for pid in pids if is_alive(pid)],
                               'the end of the process group')

    async def test_what_it_leaves_in_its_group_is_gone_when_it_ends(self):
        path = self.directory / 'pids'
        async with self.misbehave('orphans', path) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual([step_of(frame) for frame in frames], [1])
            self.assertEqual(told, {'finished': {'step': 1}})
            pids = await self.read_pids(path)
            await wait_for(lambda: not [pid for pid in pids if is_alive(pid)],
                           'the end of the process group')

    async def test_a_daemon_that_holds_its_output_holds_nobody(self):
        path = self.directory / 'pids'
        async with self.misbehave('daemon', path) as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual([step_of(frame) for frame in frames], [1])
            self.assertEqual(told, {'finished': {'step': 1}})
            # It is in a session of its own: nobody's business but ours.
            for pid in await self.read_pids(path):
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)

    async def test_what_closes_its_output_and_stays_can_be_stopped(self):
        async with self.misbehave('closes_stdout') as service:
            async with await service.connect() as client:
                await client.send('start')
                self.assertEqual(await client.step(), 1)
                await client.send('stop')
                # Whether its run had ended with its output or not: it is over now.
                while 'stopped' not in (told := await client.told()):
                    self.assertIn(list(told), (['finished'], ['failed']))
            await self.assert_nothing_runs(service)

    async def test_that_it_prints_nothing_is_said(self):
        async with self.misbehave('silent') as service:
            async with await service.connect_v1() as client:
                await client.answered('start')
                line = await service.wait_log(r'(?i)no (frame|document|svg|output)|printed|nothing')
                self.assertRegex(line, r'(?i)flush|buffer')
                await client.answered('stop')

    async def test_python_is_not_buffered(self):
        async with self.misbehave('buffered') as service:
            async with await service.connect() as client:
                await client.send('start')
                self.assertEqual(await client.step(), 1)

    async def test_what_is_block_buffered_is_hinted_at(self):
        async with Service(program=BUFFERED) as service:
            async with await service.connect_v1() as client:
                await client.answered('start')
                log = await client.next('log')  # the page shows it, too
                self.assertRegex(log['line'], '(?i)buffer')
                await service.wait_log('(?i)buffer')
                await client.answered('stop')
            await self.assert_nothing_runs(service)

    async def test_a_terminal_makes_it_flow(self):
        async with Service('--pty', program=BUFFERED) as service:
            async with await service.connect() as client:
                await client.send('start')
                self.assertEqual(await client.step(), 1)
                await client.send('stop')
                await client.until_told('stopped')
            await self.assert_nothing_runs(service)

    async def test_a_terminal_changes_no_byte(self):
        async with self.frames('--count', 500, '--bytes', 3000) as service:
            by_pipe, told = await self.run_to_end(service)
        async with Service('--pty',
                           program=[*FRAMES, '--count', '500', '--bytes', '3000']) as service:
            by_terminal, told = await self.run_to_end(service)
            self.assertEqual(told, {'finished': {'step': 500}})
            self.assertEqual(digest(by_terminal), digest(by_pipe))

    async def test_its_standard_error_is_shown(self):
        async with self.frames('--count', 1, '--stderr', 'loss 0.25', '--wait') as service:
            async with await service.connect_v1() as client:
                await client.answered('start')
                log = await client.next('log')
                self.assertEqual(log['line'], 'loss 0.25')


class Examples(ProgramTest):
    async def test_each_draws(self):
        examples = [path for path in EXAMPLES.iterdir() if path.suffix in ('.py', '.sh')]
        self.assertTrue(examples)
        for path in examples:
            with self.subTest(example=path.name):
                async with Service(program=[path]) as service:
                    async with await service.connect() as client:
                        await client.send('step 5')
                        frames, _ = await client.until_told('paused')
                        self.assertEqual(len(set(frames)), 5)
                    await service.wait_sessions(0)


class Documents(ProgramTest):
    async def test_as_programs_write_them(self):
        async with self.misbehave('prologues') as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual(told, {'finished': {'step': 6}})
            self.assertEqual([step_of(frame) for frame in frames], [1, 2, 3, 4, 5, 6])
            self.assertNotIn('<!DOCTYPE', frames[0])
            self.assertNotIn('\ufeff', frames[1])

    async def test_byte_by_byte(self):
        async with self.misbehave('byte_by_byte') as service:
            frames, told = await self.run_to_end(service)
            self.assertEqual([step_of(frame) for frame in frames], [1, 2])

    async def refused(self, text, *parts):
        async with self.misbehave('content', text) as service:
            failed = await self.assert_fails(service, 1, ('invalid-frame', 'limit-exceeded'))
            for part in parts:
                self.assertIn(part, failed['message'])
            await self.assert_nothing_runs(service)
            self.assertEqual((await service.get('/health')).status, 200)

    async def test_hostile_ones_are_refused_with_the_reason(self):
        head = '<svg xmlns="http://www.w3.org/2000/svg" '
        for text, *parts in (
                (head + '><script>alert(1)</script></svg>', 'script'),
                (head + 'onload="alert(1)"/>', 'onload'),
                (head + '><rect onclick="x()"/></svg>', 'onclick'),
                (head + '><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/>'
                 '</foreignObject></svg>', 'foreignObject'),
                (head + 'xmlns:xlink="http://www.w3.org/1999/xlink"><a xlink:href='
                 '"javascript:alert(1)"/></svg>',),
                (head + 'xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href='
                 '"http://evil.example/x.png"/></svg>',),
                (head + '><image href="file:///etc/passwd"/></svg>',),
                (head + '><style>@import url(http://evil.example/);</style></svg>',),
                ('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + head + '>&a;</svg>',),
                ('<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + head + '>&x;</svg>',),
                ('<?xml-stylesheet href="http://evil.example/x.css"?>' + head + '/>',),
                (head + '>&undefined;</svg>',),
                (head + 'width="1" width="2"/>',),
                (head + '><g></svg>',),
                ('<html><body/></html>',),
                ('<svg><text>no namespace</text></svg>',),
                (head + '>' + '<g>' * 300 + '</g>' * 300 + '</svg>',)):
            with self.subTest(text=text[:120]):
                await self.refused(text, *parts)

    async def test_what_crashes_librsvg(self):
        async with self.misbehave('crash_librsvg') as service:
            failed = await self.assert_fails(service, 1, ('invalid-frame', 'limit-exceeded',
                                                          'program-failed'))
            self.assertIn('2', failed['message'])  # the step, or the document
            # The service goes on, and so does its checking.
            for _ in range(3):
                await self.assert_fails(service, 1, failed['code'])
            async with await service.connect(generator='pattern', steps=5) as client:
                await client.send('start')
                await client.until_told('finished')


if __name__ == '__main__':
    main()
