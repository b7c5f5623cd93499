# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every row needs: servers with an end, the load client, samples and lines of the table."""

import dataclasses
import http.client
import json
import os
import pathlib
import select
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

# How many times a measurement is taken again where the server was not what limited it.
BUSY_TRIES = 4
BUSY_LEAST = 0.9


class Skip(Exception):
    """A row, or its yardstick, that can't be measured here; the text says why."""


@dataclasses.dataclass
class Line:
    """One line of the table. met: None where there is nothing to meet."""
    what: str
    target: str
    figure: str
    yardstick: str = ''
    met: bool | None = None


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

    def __init__(self, command, env=None):
        self.log = tempfile.TemporaryFile('w+')
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=env)
        self.pid = self.process.pid
        try:
            self.port = self._read_port()
        except Exception:
            self.close()
            raise

    def _read_port(self):
        ready, _, _ = select.select([self.process.stdout], [], [], START_DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else ''
        if not line.startswith('Listening on '):
            raise Skip(f'{self.process.args[0]} did not say where it listens: {line.strip()!r} {self.words()}')
        return int(line.split()[2].split('/')[2].rpartition(':')[2])

    def words(self):
        """The last that it said on stderr."""
        self.log.seek(0)
        return self.log.read()[-500:].strip()

    def get_health(self):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=START_DEADLINE_SECONDS)
        try:
            connection.request('GET', '/health')
            return connection.getresponse().read()
        finally:
            connection.close()

    def wait_until_answering(self):
        self.get_health()
        return time.monotonic() - self.began

    def rss_mb(self):
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text(encoding='ascii')
        return int(status.split('VmRSS:')[1].split()[0]) / 1024

    def wait(self, seconds):
        """Lets it be; its end would end the wait."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        raise Skip(f'{self.process.args[0]} ended: {self.words()}')

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(STOP_DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


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

    def __init__(self, build, runs, quick):
        self.programs = pathlib.Path(build) / 'tests/bench'
        self.service = pathlib.Path(build) / 'src/service/stepcastd'
        self.n_runs = runs
        self.quick = quick
        self.home = tempfile.TemporaryDirectory(prefix='stepcast-bench-')

    def runs(self):
        return range(self.n_runs)

    def seconds(self, full, quick=None):
        """A window's length: in a quick run as short as still shows something."""
        if not self.quick:
            return full
        return quick if quick is not None else min(full, 0.5)

    def bus(self):
        return Bus(self.home.name)

    def stepcastd(self, *options, bus=None):
        if not self.service.exists():
            raise Skip('src/service/stepcastd is not built')
        return Server([str(self.service), '--port', '0', '--auth=none', *options],
                      self._private_env(bus))

    def _private_env(self, bus=None):
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
        return env

    def floor(self, size, lowat=0, frames=1):
        """Small frames want bursts, large ones one frame a writable event: 3.2 times faster at 1 MB."""
        burst = 16 if size <= 10_000 else 1
        return Server([str(self.programs / 'bench-floor'), '--size', str(size), '--burst', str(burst),
                       '--lowat', str(lowat), '--frames', str(frames)])

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
            raise Skip('skipped: python3-fastapi, uvicorn or python3-websockets is not installed')

    def client(self, server, **options):
        """Runs bench-client against server; options are its, with underscores. Returns its report."""
        report = self._report('bench-client', port=server.port, server_pid=server.pid, **options)
        if report['opened'] == 0:
            raise Skip(f'the server accepted no WebSocket: {report["other_answer"]}')
        return report

    def dbus_client(self, server, bus, **options):
        """Runs bench-dbus-client against the service on bus. Returns its report."""
        report = self._report('bench-dbus-client', address=bus.address, **options)
        if server.process.poll() is not None:
            raise Skip(f'stepcastd ended: {server.words()}')
        return report

    def viewers_client(self, server, **options):
        """Runs bench-viewers-client against server. Returns its report."""
        return self._report('bench-viewers-client', port=server.port, server_pid=server.pid, **options)

    def _report(self, program, **options):
        command = [str(self.programs / program)]
        for name, value in options.items():
            command.append(f'--{name.replace("_", "-")}' + ('' if value is True else f'={value}'))
        done = subprocess.run(command, capture_output=True, text=True, timeout=CLIENT_DEADLINE_SECONDS, check=False)
        if done.returncode != 0:
            raise Skip(f'{program} failed: {done.stderr.strip()}')
        return json.loads(done.stdout)

    def fastapi_client(self, server, **options):
        """The cure's own words: it begins at "status" and answers nothing to "stop"."""
        return self.client(server, command='status', stop_unanswered=True, **options)


def rate(report):
    return report['frames'] / report['seconds']


def frames_per_cpu(report):
    return report['frames'] / report['server_cpu_seconds']


def busy(report):
    return report['server_cpu_seconds'] / report['seconds']


def until_busy(measure):
    """Where the server had time to wait, the client or the machine was measured: once more, and the best of it."""
    best = None
    for _ in range(BUSY_TRIES):
        report = measure()
        if best is None or busy(report) > busy(best):
            best = report
        if busy(best) >= BUSY_LEAST:
            break
    return best


