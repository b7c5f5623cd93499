# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the integration tests share: a stepcastd of their own, and clients for it.

A test waits for conditions, never for seconds: wait_for() asks again until one holds, and every
wait ends with an AssertionError that says what did not come.
"""

import asyncio
import base64
import contextlib
import ctypes
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import unittest
import urllib.parse
import zlib

import websockets

STEPCASTD = os.environ.get('STEPCASTD', 'stepcastd')
FIXTURES = pathlib.Path(os.environ.get('STEPCAST_FIXTURES',
                                       pathlib.Path(__file__).parent.parent / 'fixtures'))
PROGRAMS = FIXTURES / 'programs'
EXAMPLES = pathlib.Path(os.environ.get('STEPCAST_EXAMPLES',
                                       pathlib.Path(__file__).parents[2] / 'examples'))
PYTHON = '/usr/bin/python3'

# Sanitizers make everything slower.
FACTOR = float(os.environ.get('STEPCAST_TIMEOUT_FACTOR', '1'))
SANITIZED = os.environ.get('STEPCAST_SANITIZED', '0') == '1'

# How long a condition may take to hold: long enough for a loaded machine, because a test that
# passes never waits so long.
PATIENCE = 20 * FACTOR

PR_SET_CHILD_SUBREAPER = 36

# What GLib and the sanitizers write when something is wrong.
COMPLAINT = re.compile(r'(WARNING|CRITICAL|ERROR)( \*\*|:)|runtime error|Sanitizer|Assertion')


def adopt_orphans():
    """Makes whatever a service leaves behind a child of this process, where it is found."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), 'prctl')


async def wait_for(condition, what, patience=PATIENCE):
    """Waits until condition(), which may be a coroutine function, is true: its value."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    pause = 0.005
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if loop.time() > deadline:
            raise AssertionError(f'{what}: not within {patience:g} s')
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.1)


async def within(awaitable, what, patience=PATIENCE):
    """Awaits @awaitable, and says what it was if it does not come."""
    try:
        return await asyncio.wait_for(awaitable, patience)
    except asyncio.TimeoutError:
        raise AssertionError(f'{what}: not within {patience:g} s') from None


# ---- processes ----


def read_stat(pid):
    """(state, parent, group, CPU seconds), or None once it is gone."""
    try:
        text = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return None
    fields = text[text.rindex(')') + 2:].split()
    ticks = int(fields[11]) + int(fields[12])
    return fields[0], int(fields[1]), int(fields[2]), ticks / os.sysconf('SC_CLK_TCK')


def is_alive(pid):
    stat = read_stat(pid)
    return stat is not None and stat[0] not in 'ZX'


def descendants(ancestor):
    """All living processes below @ancestor."""
    children = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            stat = read_stat(int(entry))
            if stat is not None and stat[0] not in 'ZX':
                children.setdefault(stat[1], []).append(int(entry))
    found, pending = [], [ancestor]
    while pending:
        for child in children.get(pending.pop(), []):
            found.append(child)
            pending.append(child)
    return found


def command_of(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ').decode()
    except OSError:
        return '?'


# ---- frames ----

STEP = re.compile(r'>\s*(\d+)\s*</(?:\w+:)?text\b')


def step_of(svg):
    """The step number that `pattern` and the programs in fixtures/programs draw."""
    match = STEP.search(svg)
    if match is None:
        raise AssertionError(f'no step number in {svg[:300]!r}')
    return int(match.group(1))


def png(width, height, shade=0, filler=b''):
    """A picture, black unless @shade says otherwise; @filler makes it longer."""
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data +
                struct.pack('>I', zlib.crc32(kind + data)))

    rows = b''.join(b'\0' + bytes([shade]) * width for _ in range(height))
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + (chunk(b'teXt', filler) if filler else b'') +
            chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def digest(frames):
    """For comparing frames with a failure message that can be read."""
    return [(len(frame), hashlib.sha256(frame.encode()).hexdigest()[:16]) for frame in frames]


def is_frame(message):
    return not message.startswith('{')


# ---- HTTP ----


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self):
        return f'<{self.status} {self.headers} {self.body[:200]!r}>'

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def parse_head(head):
    lines = head.decode('latin-1').split('\r\n')
    headers = []
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(':')
            headers.append((name.strip(), value.strip()))
    return int(lines[0].split(' ')[1]), headers


# ---- the service ----


def hear_hangups():
    """Whoever runs the tests may have been started by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Service:
    """A stepcastd with its own directories. On the way out it has to end well: nothing but the
    address on its standard output, no complaint in its log, status 0 after SIGTERM, no process
    left."""

    GREETING = r'Listening on (http://127\.0\.0\.1:(\d+)/)(?:\?token=([0-9a-f]{32}))?'

    address = '127.0.0.1'  # where clients find it
    ssl = None  # a context, where it speaks TLS

    def __init__(self, *options, program=None, auth='none', env=None, complaints=(), home=None,
                 files=None, bus=None, wrapper=(), chooses_port=True):
        self.options = [f'--auth={auth}'] if auth else []
        self.options += options
        self.program = [str(word) for word in program] if program else []
        self.env = env or {}
        self.complaints = [re.compile(complaint) for complaint in complaints]
        self.home = home
        self.files = files  # RLIMIT_NOFILE
        self.bus = bus  # a PrivateBus; without one there is none, not even the developer's own
        self.wrapper = [str(word) for word in wrapper]  # what runs it, and its arguments
        self.chooses_port = chooses_port  # false: the port is not any free one
        self.log = []
        self.logged = asyncio.Event()
        self.expected_end = None  # the status, where the test ends it itself

    async def __aenter__(self):
        adopt_orphans()
        self.directory = self.home or pathlib.Path(tempfile.mkdtemp(prefix='stepcast-test-'))
        self.runtime = self.directory / 'run'
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        await self.launch()
        try:
            line = await within(self.process.stdout.readline(), 'the first line on stdout')
            self.greeting = line.decode().rstrip('\n')
            match = re.fullmatch(self.GREETING, self.greeting)
            if match is None:
                await within(self.process.wait(), 'the end of a service that says nothing')
                await self.reader
                raise AssertionError(f'said {self.greeting!r} on stdout; log: {self.log}')
        except BaseException:
            await self.kill()
            raise
        self.url = match.group(1)
        self.port = int(match.group(2))
        self.token = match.group(3)
        return self

    async def launch(self):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(('XDG_', 'DBUS_', 'G_MESSAGES', 'PYTHON'))}
        env.update(HOME=str(self.directory), XDG_RUNTIME_DIR=str(self.runtime),
                   XDG_CONFIG_HOME=str(self.directory / 'config'),
                   XDG_CACHE_HOME=str(self.directory / 'cache'),
                   XDG_DATA_HOME=str(self.directory / 'data'),
                   GSETTINGS_BACKEND='memory', LC_ALL='C.UTF-8')
        env['STEPCAST_TEST_MARK'] = self.mark = f'{os.getpid()}-{id(self)}'
        if self.bus is not None:
            env['DBUS_SESSION_BUS_ADDRESS'] = self.bus.address
        env.update(self.env)
        port = ['--port', '0'] if self.chooses_port else []
        command = [*self.wrapper, STEPCASTD, *port, *self.options]
        if self.program:
            command += ['--', *self.program]
        if self.files is not None:
            command = ['/bin/sh', '-c', f'ulimit -n {self.files}; exec "$@"', 'sh', *command]
        self.process = await asyncio.create_subprocess_exec(
            *command, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, cwd=self.directory,
            preexec_fn=hear_hangups)
        self.pid = self.process.pid
        self.reader = asyncio.create_task(self.read_log())

    async def read_log(self):
        while line := await self.process.stderr.readline():
            self.log.append(line.decode(errors='replace').rstrip('\n'))
            self.logged.set()

    async def __aexit__(self, kind, error, traceback):
        try:
            if kind is None:
                await self.end_well()
            else:
                # Its last words, if it has died of this, may be under way.
                await asyncio.wait([self.reader], timeout=0.5)
                print(f'--- log of the service, status {self.process.returncode} ---\n' +
                      '\n'.join(self.log[-60:]), file=sys.stderr)
        finally:
            await self.kill()

    async def end_well(self):
        if self.expected_end is None:
            if self.process.returncode is not None:
                raise AssertionError(f'it is gone already: status {self.process.returncode}; '
                                     f'log: {self.log}')
            self.process.send_signal(signal.SIGTERM)
        below = {*descendants(self.pid), *self.left_behind()}
        await within(self.process.wait(), 'the exit after SIGTERM', 5 * FACTOR)
        await self.assert_gone(below)
        # Something that the test left running on purpose may still hold the pipes.
        if not self.left_behind():
            rest = await within(self.process.stdout.read(), 'the end of stdout')
            assert rest == b'', f'more on stdout than the address: {rest!r}'
            await within(self.reader, 'the end of stderr')
        status = self.process.returncode
        assert status == (self.expected_end or 0), f'exit status {status}; log: {self.log}'
        bad = [line for line in self.log
               if COMPLAINT.search(line) and not any(c.search(line) for c in self.complaints)]
        assert not bad, f'complaints in the log: {bad}'

    def left_behind(self):
        """What it started, directly or not, and lives. Orphans are ours (see adopt_orphans()), and
        have its environment."""
        def is_of_ours(pid):
            try:
                return self.mark.encode() in pathlib.Path(f'/proc/{pid}/environ').read_bytes()
            except OSError:
                return False

        return [pid for pid in descendants(os.getpid()) if pid != self.pid and is_of_ours(pid)]

    async def assert_gone(self, pids):
        def left():
            return [pid for pid in pids if is_alive(pid)]

        try:
            await wait_for(lambda: not left(), 'the end of all processes', 2 * FACTOR)
        except AssertionError:
            raise AssertionError(
                f'left behind: {[(pid, command_of(pid)) for pid in left()]}') from None

    async def kill(self):
        """Whatever happened, nothing stays."""
        for pid in {*descendants(self.pid), *self.left_behind()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()
        self.reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.reader
        self.process._transport.close()
        if self.home is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    # -- what it costs --

    def cpu(self):
        return read_stat(self.pid)[3]

    def rss(self):
        text = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', text).group(1)) * 1024

    def count_threads(self):
        return len(os.listdir(f'/proc/{self.pid}/task'))

    def count_files(self):
        return len(os.listdir(f'/proc/{self.pid}/fd'))

    async def wait_idle(self):
        """Until it has used next to no CPU time for a third of a second."""
        loop = asyncio.get_running_loop()
        since, used = loop.time(), self.cpu()

        def is_idle():
            nonlocal since, used
            if self.cpu() - used > 0.02:
                since, used = loop.time(), self.cpu()
            return loop.time() - since > 0.3

        await wait_for(is_idle, 'an idle service')

    async def wait_log(self, pattern):
        """Until a line of the log matches @pattern."""
        return await wait_for(
            lambda: next((line for line in self.log if re.search(pattern, line)), None),
            f'{pattern!r} in the log {self.log[-5:]}')

    # -- HTTP --

    async def request(self, method, path, *headers, host=None, body=b'', version='1.1'):
        """One request on a connection of its own; @headers are (name, value)."""
        lines = [f'{method} {path} HTTP/{version}']
        if host is None:
            host = [f'127.0.0.1:{self.port}']
        lines += [f'Host: {name}' for name in ([host] if isinstance(host, str) else host)]
        lines += [f'{name}: {value}' for name, value in headers]
        if body:
            lines.append(f'Content-Length: {len(body)}')
        lines += ['Connection: close', '', '']
        return await self.exchange('\r\n'.join(lines).encode('latin-1') + body, method)

    async def exchange(self, data, method='GET'):
        """Sends @data as it is, and reads one response up to the end of the connection."""
        reader, writer = await asyncio.open_connection(self.address, self.port, limit=2 ** 26,
                                                       ssl=self.ssl)
        try:
            writer.write(data)
            head = await within(reader.readuntil(b'\r\n\r\n'), f'a response to {data[:80]!r}')
            status, headers = parse_head(head)
            response = Response(status, headers, b'')
            if method != 'HEAD' and status not in (101, 204, 304):
                length = response.get('Content-Length')
                if length is not None:
                    response.body = await within(reader.readexactly(int(length)), 'the body')
                elif 'chunked' in (response.get('Transfer-Encoding') or ''):
                    response.body = unchunk(await within(reader.read(), 'the body'))
                else:
                    response.body = await within(reader.read(), 'the body')
            return response
        finally:
            writer.close()

    async def get(self, path, *headers, **options):
        return await self.request('GET', path, *headers, **options)

    async def sessions(self):
        """The sessions as /sessions lists them."""
        path = '/sessions' + (f'?token={self.token}' if self.token else '')
        response = await self.get(path)
        assert response.status == 200, response
        return response.json['sessions']

    async def session(self, name=None):
        """One session as it is listed; the only one if no name is given."""
        sessions = [s for s in await self.sessions() if name in (None, s['name'])]
        assert len(sessions) == 1, sessions
        return sessions[0]

    async def wait_sessions(self, count):
        async def has_count():
            return len(await self.sessions()) == count

        await wait_for(has_count, f'{count} sessions')

    async def wait_state(self, state, name=None):
        async def has_state():
            session = await self.session(name)
            return session if session['state'] == state else None

        return await wait_for(has_state, f'the state {state}')

    async def wait_held(self, name=None):
        """Until the session stays at one step, though it runs; returns it."""
        last, since = None, 0
        loop = asyncio.get_running_loop()

        async def is_held():
            nonlocal last, since
            session = await self.session(name)
            if last is None or session['step'] != last['step']:
                last, since = session, loop.time()
            return last if loop.time() - since > 0.3 else None

        return await wait_for(is_held, 'a session that is held')

    def view_token(self):
        text = (self.runtime / 'stepcast' / 'access').read_text()
        named = re.search(r'view\W+([0-9a-f]{32})\b', text)
        return named.group(1)

    # -- WebSockets --

    async def connect(self, path='/ws', **query):
        """A plain client."""
        return PlainClient(await self.open(path, query))

    async def connect_v1(self, path='/ws', **query):
        return V1Client(await self.open(path, query, subprotocols=['stepcast.v1']))

    async def open(self, path, query, **options):
        if self.token and 'token' not in query:
            query = {**query, 'token': self.token}
        if query:
            path = self.path_of(path, **query)
        scheme = 'ws'
        if self.ssl is not None:
            scheme, options['ssl'] = 'wss', self.ssl
        return await within(
            websockets.connect(f'{scheme}://{self.address}:{self.port}{path}', compression=None,
                               max_size=None, ping_interval=None, close_timeout=2, **options),
            f'the handshake of {path}')

    async def connect_raw(self, path='/ws', **options):
        client = RawClient(self)
        await client.open(path, **options)
        return client

    async def connect_raw_v1(self, path='/ws', *, headers=(), receive_bytes=None, **query):
        client = RawV1Client(self)
        await client.open(self.path_of(path, **query) if query else path, headers=headers,
                          receive_bytes=receive_bytes, protocol='stepcast.v1')
        return client

    @staticmethod
    def path_of(path, **query):
        return path + '?' + urllib.parse.urlencode(query)


def unchunk(data):
    body = b''
    while data:
        size, _, data = data.partition(b'\r\n')
        size = int(size, 16)
        body, data = body + data[:size], data[size + 2:]
    return body


class Client:
    """A WebSocket client over python3-websockets."""

    def __init__(self, socket_):
        self.socket = socket_

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def close(self):
        # What was received and not taken would keep the answer to the close from being read.
        draining = asyncio.ensure_future(self.drain())
        await self.socket.close()
        await draining

    async def drain(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await self.socket.recv()

    async def send(self, text):
        await within(self.socket.send(text), f'sending {text[:60]!r}')

    async def send_text(self, text):
        await self.send(text)

    async def receive(self):
        return await within(self.socket.recv(), 'a message')

    async def wait_closed(self):
        """Reads on to the end; returns the code and reason of the close."""
        await within(self.drain(), 'the end of the connection')
        await within(self.socket.wait_closed(), 'the end of the connection')
        return self.socket.close_code, self.socket.close_reason


class PlainClient(Client):
    """Speaks the plain protocol."""

    async def frame(self):
        message = await self.receive()
        assert is_frame(message), f'not a frame: {message}'
        return message

    async def step(self):
        """The step number of the next message, which is a frame."""
        return step_of(await self.frame())

    async def steps(self, count):
        return [await self.step() for _ in range(count)]

    async def told(self, kind=None):
        """The next message, which is no frame: its content."""
        message = await self.receive()
        assert not is_frame(message), f'a frame: {message[:200]}'
        return content_of(message, kind)

    async def until_told(self, kind):
        """Reads frames until something else is told, which is @kind: the frames and its content."""
        frames = []
        while is_frame(message := await self.receive()):
            frames.append(message)
        return frames, content_of(message, kind)

    async def ask(self, command, kind):
        """Sends a command to a session that sends no frames meanwhile: its answer."""
        await self.send(command)
        return await self.told(kind)

    async def refused(self, command, code):
        """Sends a command that is refused: the message."""
        await self.send(command)
        _, error = await self.until_told('error')
        assert error['code'] == code, f'{command!r}: {error}'
        assert isinstance(error['message'], str) and error['message'], error
        return error['message']

    async def stop(self):
        """Stops: the frames that still came, and the answer."""
        await self.send('stop')
        return await self.until_told('stopped')

    async def assert_silent(self):
        """No frame is under way: three round trips bring nothing but their own answers."""
        for _ in range(3):
            answer = await self.ask('no-such-command', 'error')
            assert answer['code'] == 'bad-request', answer


def content_of(message, kind):
    told = json.loads(message)
    assert len(told) == 1, f'more than one member: {message}'
    if kind is not None:
        assert kind in told, f'not {kind!r}: {message}'
        return told[kind]
    return told


class V1Speech:
    """Speaks stepcast.v1, over what has receive() and send_text()."""

    last_id = 0

    async def message(self):
        """The next message as a dictionary; a frame has its picture as `svg`."""
        text = await self.receive()
        head, newline, svg = text.partition('\n')
        message = json.loads(head)
        assert isinstance(message, dict) and isinstance(message.get('type'), str), text[:300]
        assert (message['type'] == 'frame') == bool(newline), text[:300]
        if newline:
            message['svg'] = svg
        return message

    async def until(self, *kinds, condition=lambda message: True):
        """Reads on to a message of one of @kinds that fulfils @condition; returns all up to it."""
        messages = []
        while True:
            message = await self.message()
            messages.append(message)
            if message['type'] in kinds and condition(message):
                return messages

    async def next(self, *kinds, condition=lambda message: True):
        return (await self.until(*kinds, condition=condition))[-1]

    async def next_state(self, state):
        return await self.next('state', condition=lambda message: message['state'] == state)

    async def send_json(self, **members):
        await self.send_text(json.dumps(members))

    async def ask(self, kind, **members):
        """Sends a request, reads on to its answer: (what came before it, the answer)."""
        if 'id' not in members:
            self.last_id += 1
            members['id'] = self.last_id
        await self.send_json(type=kind, **members)
        messages = await self.until('answer', 'error',
                                    condition=lambda m: m.get('id') == members['id'])
        return messages[:-1], messages[-1]

    async def answered(self, kind, **members):
        _, answer = await self.ask(kind, **members)
        assert answer['type'] == 'answer', answer
        return answer

    async def refused(self, kind, code, **members):
        _, answer = await self.ask(kind, **members)
        assert answer['type'] == 'error' and answer['code'] == code, answer
        assert isinstance(answer['message'], str) and answer['message'], answer
        return answer


class V1Client(V1Speech, Client):
    """Speaks stepcast.v1."""


# ---- a client that does what it should not ----

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def make_frame(opcode, payload=b'', fin=True, mask=True, reserved=0, length=None):
    """A frame as it stands on the wire; @length is what it claims to have."""
    if isinstance(payload, str):
        payload = payload.encode()
    length = len(payload) if length is None else length
    data = bytes([(0x80 if fin else 0) | (reserved << 4) | opcode])
    bit = 0x80 if mask else 0
    if length < 126:
        data += bytes([bit | length])
    elif length < 65536:
        data += bytes([bit | 126]) + struct.pack('>H', length)
    else:
        data += bytes([bit | 127]) + struct.pack('>Q', length)
    if mask:
        key = b'\x12\x34\x56\x78'
        repeated = (key * (len(payload) // 4 + 1))[:len(payload)]
        masked = int.from_bytes(payload, 'big') ^ int.from_bytes(repeated, 'big')
        data += key + masked.to_bytes(len(payload), 'big')
    else:
        data += payload
    return data


class RawClient:
    """A socket, and RFC 6455 by hand: it reads only when it is told to."""

    def __init__(self, service):
        self.service = service
        self.buffer = bytearray()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.socket.close()

    async def open(self, path='/ws', headers=(), receive_bytes=None, protocol=None, check=True,
                   request=None):
        """Shakes hands. The receive buffer can be made small, so that little is under way."""
        loop = asyncio.get_running_loop()
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if self.service.token and 'token=' not in path:
            path += ('&' if '?' in path else '?') + f'token={self.service.token}'
        await within(loop.sock_connect(self.socket, ('127.0.0.1', self.service.port)),
                     'a connection')
        if request is None:
            lines = [f'GET {path} HTTP/1.1', f'Host: 127.0.0.1:{self.service.port}',
                     'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
                     f'Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}']
            if protocol:
                lines.append(f'Sec-WebSocket-Protocol: {protocol}')
            lines += [f'{name}: {value}' for name, value in headers]
            request = '\r\n'.join([*lines, '', '']).encode()
        await self.send(request)
        head = await self.read_head()
        self.status, self.headers = parse_head(head)
        self.response = Response(self.status, self.headers, b'')
        if check:
            assert self.status == 101, f'{self.status} {self.headers}'

    async def read_head(self):
        while b'\r\n\r\n' not in self.buffer:
            assert await self.fill(), f'closed in the response: {bytes(self.buffer)!r}'
        head, _, rest = bytes(self.buffer).partition(b'\r\n\r\n')
        self.buffer = bytearray(rest)
        return head

    async def send(self, data):
        await within(asyncio.get_running_loop().sock_sendall(self.socket, data),
                     f'sending {len(data)} bytes')

    async def send_frame(self, opcode, payload=b'', **options):
        await self.send(make_frame(opcode, payload, **options))

    async def send_text(self, text):
        await self.send_frame(TEXT, text)

    async def fill(self):
        """More of what the server sent; false at its end."""
        data = await within(asyncio.get_running_loop().sock_recv(self.socket, 1 << 18),
                            'bytes from the server')
        self.buffer += data
        return bool(data)

    async def take(self, count):
        while len(self.buffer) < count:
            if not await self.fill():
                raise EOFError
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def frame(self):
        """(opcode, payload) of the next frame. The server neither masks nor fragments."""
        first, second = await self.take(2)
        assert first & 0x80, 'a fragment from the server'
        assert not first & 0x70, 'a reserved bit from the server'
        assert not second & 0x80, 'a masked frame from the server'
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack('>H', await self.take(2))
        elif length == 127:
            length, = struct.unpack('>Q', await self.take(8))
        return first & 15, await self.take(length)

    async def text(self):
        """The next text message; a frame of any other kind is wrong here, but that the service may
        ask whether we are there."""
        opcode, payload = await self.frame()
        while opcode == PING:
            opcode, payload = await self.frame()
        assert opcode == TEXT, f'opcode {opcode}: {payload[:100]!r}'
        return payload.decode()

    async def step(self):
        return step_of(await self.text())

    async def until(self, opcode):
        return await self.until_opcode(opcode)

    async def until_opcode(self, opcode):
        """Reads on to a frame of that kind: its payload."""
        while True:
            kind, payload = await self.frame()
            if kind == opcode:
                return payload
            assert kind != CLOSE, f'closed: {payload!r}'

    async def close_code(self):
        """Reads on to the close: its code, or None where it has none. Then the connection ends."""
        payload = await self.until_opcode(CLOSE)
        code = struct.unpack('>H', payload[:2])[0] if payload else None
        await self.send_frame(CLOSE, payload[:2])
        return code

    async def eof(self):
        """Reads on to the end of the connection, with or without a reset."""
        try:
            while await self.fill():
                self.buffer.clear()
        except ConnectionError:
            pass

    def reset(self):
        """Vanishes: the kernel sends RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()

    def half_close(self):
        """A FIN, and no close frame."""
        self.socket.shutdown(socket.SHUT_WR)


class RawV1Client(V1Speech, RawClient):
    """Speaks stepcast.v1 by hand: it can vanish, and come back."""

    async def receive(self):
        return await self.text()

    async def frames(self, count):
        return [await self.next('frame') for _ in range(count)]

    async def serials(self, count):
        return [frame['serial'] for frame in await self.frames(count)]

    async def ack(self, serial, **members):
        await self.send_json(type='ack', serial=serial, **members)

    async def leave(self, code=None):
        """By a close with @code, or else by RST."""
        if code is None:
            self.reset()
            return
        await self.send_frame(CLOSE, struct.pack('>H', code))
        await self.until_opcode(CLOSE)
        self.socket.close()


class TestCase(unittest.IsolatedAsyncioTestCase):
    maxDiff = 2000

    async def asyncSetUp(self):
        # unittest turns asyncio's debug mode on, which costs ten times what the test does.
        asyncio.get_running_loop().set_debug(False)

    def assert_consecutive(self, steps, first=None):
        """Each step once, in order."""
        steps = list(steps)
        self.assertTrue(steps)
        if first is None:
            first = steps[0]
        for index, step in enumerate(steps):
            if step != first + index:
                self.fail(f'step {step} came as number {index}, where {first + index} should have: '
                          f'{steps[max(0, index - 3):index + 3]}')


def main():
    if not os.access(STEPCASTD, os.X_OK):
        sys.exit(f'STEPCASTD names no executable: {STEPCASTD}')
    unittest.main(verbosity=2)
