# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service on a bus: a property and a stop beside 64 sessions, what thousands of sessions leave, and rest."""

import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from harness import Line, Skip, Table

SESSIONS = 64
# The target's own unit.
CHURN = 1000
LANES = 16

# Until all 64 have had their first slices.
WARMUP_MS = 1500

# What ends by itself has ended by then: GLib's pool lets a thread wait for 15 s.
SETTLE_SECONDS = 40
IDLE_SECONDS = 10


def get_state(bench):
    """Properties.Get of State beside 64 sessions that run."""
    table = Table()
    for _ in bench.runs():
        with bench.bus() as bus, bench.stepcastd(bus=bus) as server:
            report = bench.dbus_client(server, bus, mode='get-state', sessions=SESSIONS, warmup_ms=WARMUP_MS,
                                       rounds=200 if bench.quick else 2000, gap_ms=2)
        for name in ('p50', 'p99', 'max'):
            table[name].add(report['answer_ms'][name])
        table['idle'].add(report['idle_round_trip_ms']['p50'])
    return [
        Line('Get State beside 64 sessions: p99', '≤ 3 ms', table['p99'].text('ms'),
             f'idle round trip p50 {table["idle"].text("ms")}', table['p99'].median <= 3.0),
        Line('Get State beside 64 sessions: p50', '', table['p50'].text('ms')),
        Line('Get State beside 64 sessions: max', '', table['max'].text('ms')),
    ]


def _stops(bench, mode, rounds, gap_ms):
    table = Table()
    for _ in bench.runs():
        with bench.bus() as bus, bench.stepcastd(bus=bus) as server:
            report = bench.dbus_client(server, bus, mode=mode, sessions=SESSIONS, warmup_ms=WARMUP_MS,
                                       rounds=rounds, gap_ms=gap_ms)
        for name in ('p50', 'p99', 'max'):
            table[name].add(report['answer_ms'][name])
            table[f'reported {name}'].add(report['reported_ms'][name])
        table['idle'].add(report['idle_round_trip_ms']['p50'])
        table['above idle'].add(report['answer_ms']['p99'] - report['idle_round_trip_ms']['p50'])
    return table


def _reported(table):
    return f'the service says p50 {table["reported p50"].text("ms")}, p99 {table["reported p99"].text("ms")}'


def stop(bench):
    """Stop of one of 64 running sessions, then of all of them at once."""
    one = _stops(bench, 'stop-one', 20 if bench.quick else 200, 20)
    every = _stops(bench, 'stop-all', 2 if bench.quick else 10, 400)
    return [
        Line('Stop one of 64: p99 to the answer, above idle', '≤ 2 ms', one['above idle'].text('ms'),
             f'idle round trip p50 {one["idle"].text("ms")}; {_reported(one)}', one['above idle'].median <= 2.0),
        Line('Stop one of 64: p50 / max', '', f'{one["p50"].text("ms")} / {one["max"].text("ms")}'),
        Line('Stop all 64: p50 to the answer', '≤ 2 ms', every['p50'].text('ms'),
             f'64 idle ones at once p50 {every["idle"].text("ms")}; {_reported(every)}',
             every['p50'].median <= 2.0),
        Line('Stop all 64: p99 to the answer', '≤ 5 ms', every['p99'].text('ms'), f'max {every["max"].text("ms")}',
             every['p99'].median <= 5.0),
    ]


def _churn_lines(bench, lanes):
    count = CHURN // (10 if bench.quick else 1)
    with bench.bus() as bus, bench.stepcastd(bus=bus) as server:
        report = bench.dbus_client(server, bus, mode='churn', generator='pattern', lanes=lanes, samples=3,
                                   sessions=count, server_pid=server.pid)
    samples = report['samples']
    what = f'{3 * count} sessions, {lanes} at a time'
    growth = max(sample['rss_kb'] - samples[0]['rss_kb'] for sample in samples) / 1024
    lines = []
    for name in ('fds', 'threads'):
        numbers = [sample[name] for sample in samples]
        lines.append(Line(f'{what}: {name} after each third', 'the same', ', '.join(map(str, numbers)),
                          met=len(set(numbers)) == 1))
    lines.append(Line(f'{what}: RSS beyond that after the first third', '≤ 1 MiB', f'{growth:.2f} MiB',
                      ', '.join(f'{sample["rss_kb"] / 1024:.1f}' for sample in samples) + ' MiB', growth <= 1.0))
    return lines


def churn(bench):
    """Sessions that are opened, run, step and are closed, one after the other and side by side."""
    return [*_churn_lines(bench, 1), *_churn_lines(bench, LANES)]


def _wait_until_settled(server):
    """GLib's pool, which connected to the bus, has sent its threads home."""
    def has_pooled():
        for task in pathlib.Path(f'/proc/{server.pid}/task').iterdir():
            with contextlib.suppress(OSError):
                name = (task / 'comm').read_text()
                if name.startswith('pool-') and not name.startswith('pool-spawner'):
                    return True
        return False

    end = time.monotonic() + SETTLE_SECONDS
    while has_pooled() and time.monotonic() < end:
        time.sleep(0.1)


def _trace(server):
    """The system calls that it made while strace looked, which also means that it woke up."""
    with tempfile.NamedTemporaryFile('r') as log:
        tracer = subprocess.Popen(['strace', '-f', '-tt', '-o', log.name, '-p', str(server.pid)],
                                  stderr=subprocess.PIPE, text=True)
        try:
            # It tells of itself first, and of each thread that it has.
            line = tracer.stderr.readline()
            if 'attached' not in line:
                raise Skip(f'strace can’t look: {line.strip()}')
            server.wait(IDLE_SECONDS)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate()
        # A call that was under way when it came has no end; one that ended has “ = ”.
        return [line.strip() for line in log.read().splitlines()
                if re.search(r' = |^\d+ \S+ \+\+\+|---', line) and '<detached' not in line]


def idle_wakeups(bench):
    """A service on a bus, without sessions, viewers and watchdog."""
    if shutil.which('strace') is None:
        raise Skip('strace is not installed')
    with bench.bus() as bus, bench.stepcastd(bus=bus) as server:
        _wait_until_settled(server)
        woken = _trace(server)
    return [Line(f'idle on a bus: system calls in {IDLE_SECONDS} s, of all threads', '0', str(len(woken)),
                 '; '.join(woken[:3]), met=not woken)]


ROWS = {
    'dbus-get-state': get_state,
    'dbus-stop': stop,
    'dbus-churn': churn,
    'idle-wakeups': idle_wakeups,
}
