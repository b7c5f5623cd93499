# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions that compute: fairness, speed, stop and /health beside 64 of them."""

import math

from harness import Line, Skip, Table, frames_per_cpu, rate

ATTRACTOR = '/ws?generator=attractor'
# The attractor's step is 5 ms at its default of 142,500 iterations: a hundred times as many take 500 ms.
SLOW_ATTRACTOR = ATTRACTOR + '&iterations=14250000'

SESSIONS = 64
# Until 64 sessions on two cores have had their first frame, and a fair share of the second.
WARMUP_SECONDS = 1.0
# With three frames each, one more or less is already an index of 0.95: about 25 each on two free cores.
FAIRNESS_SECONDS = 4.0


def _fastapi_best(bench):
    """FastAPI-C's best frames/s, of which form and number of clients, and how many of 64 never began."""
    forms = ['executor'] if bench.quick else ['executor', 'pool', 'thread']
    rates = {}
    never_began = 0
    for form in forms:
        for connections in (1, 2, 16, SESSIONS):
            with bench.fastapi(form, 'c') as server:
                report = bench.fastapi_client(server, connections=connections, seconds=bench.seconds(1.5))
            rates[f'{form}, {connections} clients'] = rate(report)
            if (form, connections) == ('executor', SESSIONS):
                never_began = report['never_started']
    best = max(rates, key=rates.get)
    return rates[best], best, never_began


def sessions(bench):
    """64 sessions of attractor against one alone and against FastAPI-C's best."""
    table = Table()
    why = ''
    for _ in bench.runs():
        with bench.stepcastd() as server:
            alone = bench.client(server, path=ATTRACTOR, seconds=bench.seconds(1.5))
            together = bench.client(server, path=ATTRACTOR, connections=SESSIONS, warmup=WARMUP_SECONDS,
                                    seconds=FAIRNESS_SECONDS)
        table['starved'].add(together['never_started'])
        table['jain'].add(together['jain'])
        table['least'].add(together['frames_min'])
        table['most'].add(together['frames_max'])
        table['alone'].add(frames_per_cpu(alone))
        table['ratio'].add(frames_per_cpu(together) / frames_per_cpu(alone))
        table['rate'].add(rate(together))
        try:
            best, which, never_began = _fastapi_best(bench)
        except Skip as reason:
            why = str(reason)
            continue
        table['fastapi'].add(best)
        table['rate ratio'].add(rate(together) / best)
        table['fastapi starved'].add(never_began)

    best_text = why or f'{table["fastapi"].text("frames/s", 0)} FastAPI-C ({which})'
    starved_text = why or f'{table["fastapi starved"].text(digits=0)} FastAPI-C executor'
    return [
        Line('64 sessions: never got a frame', '0', table['starved'].text(digits=0),
             starved_text, table['starved'].worst == 0),
        Line('64 sessions: Jain index of steps', '≥ 0.98', table['jain'].text(digits=4),
             f'{table["least"].median:.0f} to {table["most"].median:.0f} frames each',
             met=table['jain'].median >= 0.98),
        Line('64 sessions: frames per CPU second, of one alone', '≥ 0.95', table['ratio'].text(),
             f'{table["alone"].text("frames/CPU s", 0)} alone', table['ratio'].median >= 0.95),
        Line('64 sessions: frames/s of all', '≥ FastAPI-C’s best', table['rate'].text('frames/s', 0),
             best_text, None if why else table['rate ratio'].median >= 1.0,
             case='64 sessions: frames/s', peer=None if why else 'fastapi', ratio=table['rate ratio'].median),
    ]


def _pair(bench, server, client, **options):
    one = client(server, connections=1, seconds=bench.seconds(1.5), **options)
    two = client(server, connections=2, seconds=bench.seconds(1.5), **options)
    return rate(two) / rate(one)


def two_sessions(bench):
    """Two sessions against one: whether they run beside each other."""
    table = Table()
    why = ''
    for _ in bench.runs():
        with bench.stepcastd() as server:
            table['ratio'].add(_pair(bench, server, bench.client, path=ATTRACTOR))
        for step in ('c', 'python'):
            try:
                with bench.fastapi('executor', step) as server:
                    table[step].add(_pair(bench, server, bench.fastapi_client))
            except Skip as reason:
                why = str(reason)
    yardstick = why or f'{table["c"].text("×")} FastAPI-C, {table["python"].text("×")} FastAPI-Python'
    return [Line('two sessions against one', '≥ 1.85 ×', table['ratio'].text('×'), yardstick,
                 table['ratio'].median >= 1.85)]


def _fastapi_stop(bench, stop):
    """p50 and worst time from stop to last frame of the executor form, as TARGETS tells it."""
    parts = []
    for step in ('python', 'c'):
        for connections in (1, SESSIONS):
            series = Table()
            never_began = 0
            for _ in bench.runs():
                with bench.fastapi('executor', step) as server:
                    report = bench.fastapi_client(server, connections=connections, seconds=bench.seconds(1.0),
                                                  stop=stop, stop_deadline_ms=600)
                latencies = report['stop']['last_frame_ms']
                series['p50'].add(latencies.get('p50'))
                series['max'].add(latencies.get('max'))
                never_began = report['never_started']
            began = f', {never_began} never began' if never_began else ''
            more = '> ' if series['max'].worst >= 600 else ''
            parts.append(f'FastAPI-{step}, {connections}: {series["p50"].median:.1f} / '
                         f'{more}{min(series["max"].worst, 600):.0f} ms{began}')
    return '; '.join(parts)


def _fastapi_stop_or_why(bench, stop):
    try:
        return _fastapi_stop(bench, stop)
    except Skip as why:
        return str(why)


def _measure_stops(bench, path, **options):
    """Runs of 64 sessions of which some are stopped, as series; all must answer and then be silent."""
    table = Table()
    for _ in bench.runs():
        with bench.stepcastd() as server:
            report = bench.client(server, path=path, connections=SESSIONS, warmup=WARMUP_SECONDS, seconds=0.2,
                                  idle_round_trips=200, **options)
        stop = report['stop']
        table['never'].add(stop['never_stopped'])
        table['after'].add(stop['frames_after_answer'])
        table['idle'].add(report['idle_round_trip_ms'].get('p50'))
        if stop['answer_ms']['count']:
            table['p50'].add(stop['answer_ms']['p50'])
            table['p99'].add(stop['answer_ms']['p99'])
            table['max'].add(stop['answer_ms']['max'])
            table['above idle'].add(stop['answer_ms']['p99'] - report['idle_round_trip_ms'].get('p50', 0.0))
    return table


def _promises(what, table):
    return [
        Line(f'{what}: never stopped', '0', f'{table["never"].worst:.0f}', met=table['never'].worst == 0),
        Line(f'{what}: frames after the answer', '0', f'{table["after"].worst:.0f}', met=table['after'].worst == 0),
    ]


def stop_one(bench):
    """One of 64 running sessions is stopped, then another."""
    table = _measure_stops(bench, ATTRACTOR, stop='one', stop_rounds=20 if bench.quick else 100, stop_gap_ms=20)
    return [
        Line('stop one of 64: p99 to the answer, above idle', '≤ 2 ms', table['above idle'].text('ms'),
             f'idle round trip p50 {table["idle"].text("ms")}; {_fastapi_stop_or_why(bench, "one")}',
             table['above idle'].median <= 2.0),
        *_promises('stop one of 64', table),
    ]


def stop_all(bench):
    """All 64 running sessions are stopped at once."""
    table = _measure_stops(bench, ATTRACTOR, stop='all', stop_rounds=2 if bench.quick else 5, stop_gap_ms=400)
    return [
        Line('stop all 64: p50 to the answer', '≤ 2 ms', table['p50'].text('ms'),
             _fastapi_stop_or_why(bench, 'all'), table['p50'].median <= 2.0),
        Line('stop all 64: p99 to the answer', '≤ 5 ms', table['p99'].text('ms'), met=table['p99'].median <= 5.0),
        *_promises('stop all 64', table),
    ]


def stop_slow(bench):
    """A step of 500 ms that looks at its cancellable."""
    table = _measure_stops(bench, SLOW_ATTRACTOR, stop='all', stop_rounds=2 if bench.quick else 5, stop_gap_ms=300)
    return [
        Line('stop all 64 in steps of 500 ms: p99 to the answer', '≤ 20 ms', table['p99'].text('ms'),
             f'max {table["max"].text("ms")}', table['p99'].median <= 20.0),
        *_promises('stop in steps of 500 ms', table),
    ]


def health(bench):
    """GET /health, each on a connection of its own, beside 64 sessions."""
    table = Table()
    why = ''
    options = {'connections': SESSIONS, 'warmup': WARMUP_SECONDS, 'seconds': bench.seconds(2.0, 1.0),
               'health_interval_ms': 10}
    for _ in bench.runs():
        with bench.stepcastd() as server:
            report = bench.client(server, path=ATTRACTOR, **options)['health']
        table['failed'].add(report['failed'])
        for name in ('p50', 'p99', 'max'):
            table[name].add(report['ms'].get(name))
        try:
            with bench.fastapi('executor', 'python') as server:
                peer = bench.fastapi_client(server, **options)['health']
        except Skip as reason:
            why = str(reason)
            continue
        table['peer'].add(peer['ms'].get('p99'))
        table['share'].add(report['ms'].get('p99', math.inf) / peer['ms'].get('p99', math.nan))
    yardstick = why or f'{table["peer"].text("ms", 0)} FastAPI-Python executor'
    return [
        Line('/health beside 64 sessions: p99', '≤ 3 ms', table['p99'].text('ms'),
             f'p50 {table["p50"].text("ms")}, {table["failed"].worst:.0f} failed',
             table['p99'].median <= 3.0 and table['failed'].worst == 0),
        Line('/health beside 64 sessions: max', '≤ 20 ms', table['max'].text('ms'), met=table['max'].worst <= 20.0),
        Line('/health beside 64 sessions: p99, of FastAPI-Python’s', '≤ 1/50', table['share'].text(digits=4),
             yardstick, None if why else table['share'].median <= 1 / 50,
             case='/health beside 64 sessions', peer=None if why else 'fastapi', ratio=1 / table['share'].median),
    ]


ROWS = {
    'sessions': sessions,
    'two-sessions': two_sessions,
    'stop-one': stop_one,
    'stop-all': stop_all,
    'stop-slow': stop_slow,
    'health': health,
}
