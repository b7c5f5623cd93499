# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service's start, and the benchmarks that are programs of their own."""

import json
import subprocess

from harness import Line, Skip, Table
from rows_sessions import ATTRACTOR

# Long enough for everything that is put off until the main context is idle.
IDLE_SECONDS = 1.0
PROGRAM_DEADLINE_SECONDS = 300

# What is asked of a program's figure, by row and name; the others are told and not judged.
AT_LEAST = {
    ('svg-writer', 'mb_per_s'): 1000,
    ('svg-writer', 'times_g_ascii_formatd'): 20,
    # MB/s through the splitter and the allow-list; its documents of tiny elements are there to be told.
    ('splitter', 'paths'): 100,
    ('splitter', 'paths_in_lines'): 100,
    ('splitter', 'circles'): 100,
}


def _measure_start(bench, make_server, client, table, **options):
    with make_server() as server:
        table['answers'].add(server.wait_until_answering() * 1e3)
        server.wait(bench.seconds(IDLE_SECONDS))
        table['rss'].add(server.rss_mb())
        report = client(server, seconds=0.2, **options)
        table['first frame'].add(report['first_frame_ms'].get('max'))


def start(bench):
    """From exec to /health, from start to the first frame, and what it holds while nobody asks."""
    service, peer = Table(), Table()
    why = ''
    for _ in bench.runs():
        _measure_start(bench, bench.stepcastd, bench.client, service, path=ATTRACTOR)
        try:
            _measure_start(bench, lambda: bench.fastapi('executor', 'c'), bench.fastapi_client, peer)
        except Skip as reason:
            why = str(reason)

    def yardstick(name, unit):
        return why or f'{peer[name].text(unit, 1)} FastAPI-C'

    return [
        Line('exec to answering /health', '≤ 100 ms', service['answers'].text('ms', 1), yardstick('answers', 'ms'),
             service['answers'].median <= 100.0),
        Line('start to the first frame', '≤ 50 ms', service['first frame'].text('ms', 1),
             yardstick('first frame', 'ms'), service['first frame'].median <= 50.0),
        Line('RSS idle', '≤ 20 MB', service['rss'].text('MB', 1), yardstick('rss', 'MB'),
             service['rss'].median <= 20.0),
    ]


def _run_program(bench, name):
    """The object of its last line, "RESULT {…}"."""
    path = bench.programs / f'bench-{name}'
    if not path.exists():
        raise Skip(f'bench-{name} is not built')
    done = subprocess.run([path], capture_output=True, text=True, timeout=PROGRAM_DEADLINE_SECONDS, check=False)
    results = [line for line in done.stdout.splitlines() if line.startswith('RESULT ')]
    if done.returncode != 0 or not results:
        raise Skip(f'bench-{name} failed ({done.returncode}): {done.stderr.strip()[-200:]}')
    return json.loads(results[-1].removeprefix('RESULT '))


def _figures(result, prefix=''):
    """Every number of the object and of the objects in it, with its name."""
    for key, value in result.items():
        if isinstance(value, dict):
            yield from _figures(value, f'{prefix}{key} ')
        elif isinstance(value, (int, float)):
            yield prefix + key, value


def _program(name):
    def row(bench):
        table = Table()
        for _ in bench.runs():
            for key, value in _figures(_run_program(bench, name)):
                table[key].add(value)
        return [_program_line(name, key, series) for key, series in table.items()]
    row.__doc__ = f'The program bench-{name}.'
    return row


def _program_line(name, key, series):
    least = AT_LEAST.get((name, key))
    digits = 0 if series.median >= 100 else 2 if series.median >= 0.1 else 4
    if least is None:
        return Line(f'{name}: {key}', '', series.text(digits=digits))
    return Line(f'{name}: {key}', f'≥ {least}', series.text(digits=digits), met=series.median >= least)


ROWS = {
    'start': start,
    'svg-writer': _program('svg-writer'),
    'splitter': _program('splitter'),
    'generators': _program('generators'),
}
