# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every row needs: servers with an end, the load client, samples and lines of the table."""

import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import select
import socket
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent

# FastAPI, uvicorn and websockets are Debian's, for Debian's Python, whatever else is first in PATH.
SYSTEM_PYTHON = '/usr/bin/python3'

START_DEADLINE_SECONDS = 20
STOP_DEADLINE_SECONDS = 10
# A run's own phases are bounded in the client; this is for a client that hangs.
CLIENT_DEADLINE_SECONDS = 300

# More viewers than the service lets in by itself.
SHARED_SETTINGS = {'max-viewers': 'uint32 65536'}

# How many times a measurement is taken again where the server was not what limited it.
BUSY_TRIES = 4
BUSY_LEAST = 0.9


class Skip(Exception):
    """A row, or its yardstick, that can't be measured here; the text says why."""


@dataclasses.dataclass
class Line:
    """One line of the table. met: None where there is nothing to meet. case, peer and ratio are for the chart: in
    this case the service is so many times as good as that peer. values is whatever a program may want to know."""
    what: str
    target: str
    figure: str
    yardstick: str = ''
    met: bool | None = None
    case: str | None = None
    peer: str | None = None
    ratio: float | None = None
    values: dict | None = None


class Series:
    """The same figure from several runs."""

    def __init__(self):
        self.values = []

    def add(self, value):
        if value is not None:
            self.values.append(value)

    @property
    def median(self):
        return statistics.median(self.values) if self.values else float('nan')

    @property
    def worst(self):
        return max(self.values, default=float('nan'))

    def text(self, unit='', digits=2):
        if not self.values:
            return 'no sample'
        unit = f' {unit}' if unit else ''
        if len(self.values) == 1:
            return f'{self.median:.{digits}f}{unit}'
        return (f'{self.median:.{digits}f}{unit} '
                f'({min(self.values):.{digits}f}–{max(self.values):.{digits}f})')


class Table:
    """Series by name, made when they are first asked for."""

    def __init__(self):
        self._series = {}

    def __getitem__(self, name):
        return self._series.setdefault(name, Series())

    def items(self):
        return self._series.items()


class Server:
    """A process that prints "Listening on http://HOST:PORT/…" and lives as long as the with block."""

    def __init__(self, command, env=None, port=None):
        """port: where it will listen, of a program that doesn't say so."""
        self.log = tempfile.TemporaryFile('w+')
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=env)
        self.pid = self.process.pid
        try:
            self.port = self._read_port() if port is None else self._wait_for_port(port)
        except Exception:
            self.close()
            raise

    def _read_port(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else ''
        if not line.startswith('Listening on '):
            raise Skip(f'{self.process.args[0]} did not say where it listens: {line.strip()!r} {self.words()}')
        return int(line.split()[2].split('/')[2].rpartition(':')[2])

    def _wait_for_port(self, port):
        deadline = self.began + START_DEADLINE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return port
            time.sleep(0.01)
        raise Skip(f'{self.process.args[0]} does not listen: {self.words()}')

    def words(self):
        """The last that it said on stderr."""
        self.log.seek(0)
        return self.log.read()[-500:].strip()

    def get(self, path):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=START_DEADLINE_SECONDS)
        try:
            connection.request('GET', path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def get_health(self):
        return self.get('/health')

    def wait_until_answering(self):
        self.get_health()
        return time.monotonic() - self.began

    def rss_mb(self):
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text(encoding='ascii')
        return int(status.split('VmRSS:')[1].split()[0]) / 1024

    def cpu_seconds(self):
        """Of the process's CPU clock, whose number clock_getcpuclockid(3) makes so."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def wait(self, seconds):
        """Lets it be; its end would end the wait."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        raise Skip(f'{self.process.args[0]} ended: {self.words()}')

    def close(self):
        end_process(self.process)
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def end_process(process):
    process.terminate()
    try:
        process.wait(STOP_DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port():
    """For a program that can't take any port and tell: nobody else takes this one so soon."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]


class Bus:
    """A dbus-daemon of our own that lives as long as the with block."""

    def __init__(self, folder):
        try:
            self.process = subprocess.Popen(
                ['dbus-daemon', '--session', '--nofork', '--nopidfile', '--print-address',
                 f'--address=unix:dir={folder}'],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except FileNotFoundError:
            raise Skip('dbus-daemon is not installed') from None
        ready, _, _ = select.select([self.process.stdout], [], [], START_DEADLINE_SECONDS)
        self.address = self.process.stdout.readline().strip() if ready else ''
        if not self.address:
            self.close()
            raise Skip('dbus-daemon did not say where it listens')

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Bench:
    """The programs of one build, and how long and how often to run them."""

    def __init__(self, build, runs, quick, soak_frames=None):
        self.programs = pathlib.Path(build) / 'tests/bench'
        self.service = pathlib.Path(build) / 'src/service/stepcastd'
        self.schemas = pathlib.Path(build) / 'data'
        self.n_runs = runs
        self.quick = quick
        self.soak_frames = soak_frames
        self.home = tempfile.TemporaryDirectory(prefix='stepcast-bench-')

    def runs(self):
        return range(self.n_runs)

    def seconds(self, full, quick=None):
        """A window's length: in a quick run as short as still shows something."""
        if not self.quick:
            return full
        return quick if quick is not None else min(full, 0.5)

    def scratch(self, name):
        return pathlib.Path(self.home.name) / name

    def bus(self):
        return Bus(self.home.name)

    def stepcastd(self, *options, bus=None, settings=None):
        if not self.service.exists():
            raise Skip('src/service/stepcastd is not built')
        return Server([str(self.service), '--port', '0', '--auth=none', *options],
                      self._private_env(bus, settings))

    def create_session(self, bus, generator, name, start=False, **parameters):
        """An idle session that everybody may join. parameters: as GVariant text, e.g. bytes='uint32 1000'."""
        values = ', '.join(f'{key!r}: <{value}>' for key, value in parameters.items())
        options = f"{{'name': <'{name}'>, 'start': <{str(start).lower()}>, 'parameters': <@a{{sv}} {{{values}}}>}}"
        try:
            done = subprocess.run(
                ['gdbus', 'call', '--session', '--dest', 'org.stepcast.Stepcast1',
                 '--object-path', '/org/stepcast/Stepcast1',
                 '--method', 'org.stepcast.Stepcast1.Manager.CreateSession', generator, options],
                env={**os.environ, 'DBUS_SESSION_BUS_ADDRESS': bus.address},
                capture_output=True, text=True, timeout=START_DEADLINE_SECONDS, check=False)
        except FileNotFoundError:
            raise Skip('gdbus (libglib2.0-bin) is not installed') from None
        if done.returncode != 0:
            raise Skip(f'no session: {done.stderr.strip()}')

    @contextlib.contextmanager
    def shared_session(self, generator, *options, delivery='latest', start=False, **parameters):
        """A service with one session, "shared", that viewers join and get by this delivery. Yields the server."""
        with self.bus() as bus, \
                self.stepcastd(*options, bus=bus, settings=SHARED_SETTINGS | {'delivery': f"'{delivery}'"}) as server:
            self.create_session(bus, generator, 'shared', start, **parameters)
            yield server

    def _private_env(self, bus=None, settings=None):
        """Not the user's settings, tokens or bus."""
        env = {name: value for name, value in os.environ.items() if name != 'DBUS_SESSION_BUS_ADDRESS'}
        env['GSETTINGS_BACKEND'] = 'memory'
        if bus is not None:
            env['DBUS_SESSION_BUS_ADDRESS'] = bus.address
        env['HOME'] = self.home.name
        for name in ('XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'):
            path = pathlib.Path(self.home.name) / name.lower()
            path.mkdir(mode=0o700, exist_ok=True)
            env[name] = str(path)
        if settings:
            keyfile = pathlib.Path(env['XDG_CONFIG_HOME']) / 'glib-2.0/settings/keyfile'
            keyfile.parent.mkdir(parents=True, exist_ok=True)
            keyfile.write_text('\n'.join(['[org/stepcast/Stepcast1]'] + [f'{key}={value}' for key, value in
                                                                         settings.items()]) + '\n', encoding='utf-8')
            env['GSETTINGS_BACKEND'] = 'keyfile'
            env['GSETTINGS_SCHEMA_DIR'] = str(self.schemas)
        return env

    def floor(self, size, lowat=0, frames=1):
        return Server([str(self.programs / 'bench-floor'), '--size', str(size), '--burst', str(burst_of(size)),
                       '--lowat', str(lowat), '--frames', str(frames)])

    def lws(self, size, frames=1):
        path = self.programs / 'bench-lws'
        if not path.exists():
            raise Skip('libwebsockets-dev was not there when this was built')
        return Server([str(path), '--size', str(size), '--burst', str(burst_of(size)), '--frames', str(frames)])

    def node_ws(self, size, frames=1):
        """Debian's modules, whichever node comes first in PATH."""
        env = {**os.environ, 'NODE_PATH': '/usr/share/nodejs'}
        try:
            found = subprocess.run(['node', '-e', 'require("ws").WebSocketServer'], env=env, capture_output=True,
                                   timeout=START_DEADLINE_SECONDS, check=False).returncode == 0
        except FileNotFoundError:
            found = False
        if not found:
            raise Skip('node or node-ws is not installed')
        return Server(['node', str(HERE / 'node_ws_server.js'), str(size), str(burst_of(size)), str(frames)], env)

    def websocketd(self, size):
        """A process for each viewer, of a C program that prints one frame a line."""
        port = free_port()
        try:
            return Server(['websocketd', f'--port={port}', '--address=127.0.0.1', '--loglevel=fatal',
                           str(self.programs / 'bench-stdout-frames'), str(size)], port=port)
        except FileNotFoundError:
            raise Skip('websocketd is not installed') from None

    def soup(self, *options):
        return Server([str(self.programs / 'bench-soup'), *options])

    def fastapi(self, form, step='python', size=0):
        library = self.programs / 'libbench-dejong.so'
        self._check_fastapi()
        server = Server([SYSTEM_PYTHON, str(HERE / 'fastapi_server.py'), '--form', form, '--step', step,
                         '--library', str(library), '--size', str(size)])
        server.get_health()
        return server

    def _check_fastapi(self):
        imports = [SYSTEM_PYTHON, '-c', 'import fastapi, uvicorn, websockets']
        if not pathlib.Path(SYSTEM_PYTHON).exists() or \
                subprocess.run(imports, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            raise Skip('python3-fastapi, uvicorn or python3-websockets is not installed')

    def client(self, server, *, all_stay=False, **options):
        """Runs bench-client against server; options are its, with underscores. Returns its report. all_stay: a figure
        where some were closed would be another figure."""
        report = self.report('bench-client', port=server.port, server_pid=server.pid, **options)
        self._check_opened(server, report)
        if all_stay and report['closed']:
            raise Skip(f'{server.process.args[0]} closed {report["closed"]} of {report["connections"]} WebSockets')
        return report

    @staticmethod
    def _check_opened(server, report):
        """A figure of fewer viewers than were asked for would be another figure."""
        if report['opened'] < report['connections']:
            raise Skip(f'{server.process.args[0]} accepted {report["opened"]} of {report["connections"]} WebSockets: '
                       f'{report["other_answer"]} {server.words()}')

    @contextlib.contextmanager
    def client_beside(self, server, **options):
        """bench-client as long as the with block; it is not asked what it saw."""
        process = subprocess.Popen(self._command('bench-client', port=server.port, seconds=CLIENT_DEADLINE_SECONDS,
                                                 **options), stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            end_process(process)

    def dbus_client(self, server, bus, **options):
        """Runs bench-dbus-client against the service on bus. Returns its report."""
        report = self.report('bench-dbus-client', address=bus.address, **options)
        if server.process.poll() is not None:
            raise Skip(f'stepcastd ended: {server.words()}')
        return report

    def _command(self, program, **options):
        command = [str(self.programs / program)]
        for name, value in options.items():
            command.append(f'--{name.replace("_", "-")}' + ('' if value is True else f'={value}'))
        return command

    def report(self, program, *, end_after=CLIENT_DEADLINE_SECONDS, **options):
        """The JSON object that one of our programs prints."""
        try:
            done = subprocess.run(self._command(program, **options), capture_output=True, text=True,
                                  timeout=end_after, check=False)
        except subprocess.TimeoutExpired:
            raise Skip(f'{program} did not end within {end_after} s') from None
        if done.returncode != 0:
            raise Skip(f'{program} failed: {done.stderr.strip()}')
        return json.loads(done.stdout)

    def fastapi_client(self, server, **options):
        """The cure's own words: it begins at "status" and answers nothing to "stop"."""
        return self.client(server, command='status', stop_unanswered=True, **options)


def burst_of(size):
    """Small frames want bursts, large ones one frame a writable event: 3.2 times faster at 1 MB."""
    return 16 if size <= 10_000 else 1


def rate(report):
    return report['frames'] / report['seconds']


def frames_per_cpu(report):
    return report['frames'] / report['server_cpu_seconds']


def busy(report):
    return report['server_cpu_seconds'] / report['seconds']


def until_busy(measure, tries=BUSY_TRIES):
    """Where the server had time to wait, the client or the machine was measured: once more, and the best of it."""
    best = None
    for _ in range(tries):
        report = measure()
        if best is None or busy(report) > busy(best):
            best = report
        if busy(best) >= BUSY_LEAST:
            break
    return best


