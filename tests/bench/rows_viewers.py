# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What viewers cost: watching, compression, being there, coming all at once, and staying for a million frames."""

import json
import time

from harness import Line, Skip, Table

SHARED = '/sessions/shared/ws'

WATCHED_LEAST = 0.95

COMPRESSED_SIZE = 50_000
COMPRESSED_VIEWERS = 100
COMPRESSED_TIMES = 20.0

IDLE_KB = 8.0
# A server that has served some has its code and its first buffers in memory.
IDLE_WARM = 20
IDLE_AT_ONCE = 200

BURST = 200
BURST_MS = 50.0

# A million of 1 KB would be over in three seconds.
SOAK_BYTES = 100_000
SOAK_FRAMES = 1_000_000
SOAK_QUICK_FRAMES = 20_000
SOAK_DEADLINE_SECONDS = 1800
SOAK_SETTLED = 0.1
# The threads of GLib's pool that the start needed have gone home by then.
SOAK_REST_SECONDS = 17
SOAK_FLAT = 0.05


def _steps(server):
    return json.loads(server.get('/sessions/shared'))['step']


def _paces(server, seconds):
    """Steps a second, and a second of the service's CPU."""
    first, began, cpu = _steps(server), time.monotonic(), server.cpu_seconds()
    server.wait(seconds)
    steps = _steps(server) - first
    return steps / (time.monotonic() - began), steps / (server.cpu_seconds() - cpu)


def _watch(bench, server, viewers, seconds, table):
    """Beside so many viewers, as a share of what it is without any before and after."""
    before = _paces(server, seconds)
    with bench.client_beside(server, path=SHARED, connections=viewers, command='none') as client:
        server.wait(0.5)
        watched = _paces(server, seconds)
        if client.poll() is not None:
            raise Skip('bench-client ended')
    server.wait(0.2)
    after = _paces(server, seconds)
    table[f'{viewers} rate'].add(watched[0])
    table[f'{viewers} share'].add(2 * watched[0] / (before[0] + after[0]))
    table[f'{viewers} cpu share'].add(2 * watched[1] / (before[1] + after[1]))


def watching(bench):
    """Steps/s of attractor with 1 and 10 viewers of the latest frame at the default max-fps, and with none."""
    table = Table()
    for _ in bench.runs():
        with bench.shared_session('attractor', start=True) as server:
            server.wait(0.5)
            for viewers in (1, 10):
                _watch(bench, server, viewers, bench.seconds(3.0, 1.0), table)
    return [Line(f'attractor with {viewers} watching: steps/s, of those with none', f'≥ {WATCHED_LEAST} ×',
                 table[f'{viewers} share'].text('×', 3),
                 f'{table[f"{viewers} rate"].text("steps/s", 0)} watched; '
                 f'{table[f"{viewers} cpu share"].text("×", 3)} per second of the service’s CPU',
                 table[f'{viewers} share'].median >= WATCHED_LEAST)
            for viewers in (1, 10)]


def _cpu_per_frame_us(report):
    if not report['frames']:
        raise Skip(f'no frame came: {report["other_answer"]}')
    return report['server_cpu_seconds'] / report['frames'] * 1e6


def _check_deflated(report):
    """Compressed is what was sent to all, and what is in it is the frame."""
    inflated = report['inflated']
    if report['deflated'] < report['connections'] or not report['compressed']:
        raise Skip(f'permessage-deflate was negotiated by {report["deflated"]} of {report["connections"]}, '
                   f'{report["compressed"]} frames were compressed')
    if inflated['broken'] or not inflated['frames'] or \
            abs(inflated['bytes'] / inflated['frames'] - COMPRESSED_SIZE) > COMPRESSED_SIZE / 50:
        raise Skip(f'what was inflated is not the frame: {inflated}')


def _measure_compression(bench, viewers, seconds, table):
    path = bench.scratch('frame.svg')
    options = {'connections': viewers, 'seconds': seconds, 'at_once': IDLE_AT_ONCE, 'all_stay': True}
    with bench.shared_session('pattern', '--validate=off', delivery='every',
                              bytes=f'uint32 {COMPRESSED_SIZE}') as server:
        plain = bench.client(server, path=SHARED, **options)
        path.write_bytes(server.get('/sessions/shared/frame.svg'))
        service = bench.client(server, path=SHARED + '?compress=true', deflate=True, **options)
    table['plain'].add(_cpu_per_frame_us(plain))
    with bench.soup('--frame', str(path)) as server:
        soup = bench.client(server, deflate=True, **options)
    _check_deflated(soup)
    table['soup'].add(_cpu_per_frame_us(soup))
    table['soup share'].add(soup['bytes'] / soup['frames'] / COMPRESSED_SIZE)
    _check_deflated(service)
    table['service'].add(_cpu_per_frame_us(service))
    table['share'].add(service['bytes'] / service['frames'] / COMPRESSED_SIZE)
    table['times'].add(_cpu_per_frame_us(soup) / _cpu_per_frame_us(service))


def compression(bench):
    """50 KB frames to 100 viewers with permessage-deflate: compressed once, against once for each by libsoup."""
    table = Table()
    viewers = 10 if bench.quick else COMPRESSED_VIEWERS
    why = ''
    for _ in bench.runs():
        try:
            _measure_compression(bench, viewers, bench.seconds(5.0, 1.0), table)
        except Skip as reason:
            why = str(reason)
            break
    what = f'50 KB compressed to {viewers} viewers'
    soup = f'libsoup {table["soup"].text("µs", 0)} to {table["soup share"].median:.0%} of its size'
    if why and not table['times'].values:
        return [Line(f'{what}: CPU per delivered frame', '', f'skipped: {why}', soup if table['soup'].values else '')]
    times = table['times']
    return [
        Line(f'{what}: frames per CPU second, of libsoup’s own deflate', f'≥ {COMPRESSED_TIMES:.0f} ×',
             times.text('×', 1), f'{soup}; service {table["service"].text("µs")} to {table["share"].median:.0%}',
             None if bench.quick else times.median >= COMPRESSED_TIMES, case=what, peer='libsoup', ratio=times.median),
        Line(f'{what}: CPU per delivered frame', '', table['service'].text('µs'),
             f'{table["plain"].text("µs")} not compressed'),
    ]


def _kb_per_viewer(bench, make_server, viewers, path):
    with make_server() as server:
        for _ in range(2):
            bench.client(server, path=path, connections=IDLE_WARM, command='none', warmup=0.2, seconds=0.1)
        report = bench.client(server, path=path, connections=viewers, at_once=IDLE_AT_ONCE, command='none',
                              warmup=1.0, seconds=0.1, all_stay=True)['server']
    return (report['rss_kb_after'] - report['rss_kb_before']) / viewers


def _idle_service(bench):
    return bench.shared_session('pattern')


def _idle_peers(bench):
    return {
        'floor': lambda: bench.floor(1000),
        'lws': lambda: bench.lws(1000),
        'Node ws': lambda: bench.node_ws(1000),
        'uvicorn': lambda: bench.fastapi('prebuilt', size=1000),
    }


def _peers_words(bench, measure, unit, digits):
    """What each peer takes, once: they are there for the order of magnitude."""
    words = []
    for name, make_server in _idle_peers(bench).items():
        try:
            words.append(f'{name} {measure(make_server):.{digits}f} {unit}')
        except Skip as why:
            words.append(f'{name} skipped: {why}')
    return '; '.join(words)


def idle_viewers(bench):
    """RSS of viewers that joined a session that stands still."""
    lines = []
    for viewers in (100,) if bench.quick else (1000, 5000):
        series = Table()['kb']
        for _ in bench.runs():
            series.add(_kb_per_viewer(bench, lambda: _idle_service(bench), viewers, SHARED))
        peers = '' if viewers > 1000 else _peers_words(
            bench, lambda make: _kb_per_viewer(bench, make, min(viewers, 1000), '/ws'), 'KB', 1)
        lines.append(Line(f'{viewers} idle viewers: RSS each', f'≤ {IDLE_KB:.0f} KB', series.text('KB', 1), peers,
                          None if bench.quick else series.median <= IDLE_KB))
    return lines


def _burst_ms(bench, make_server, path):
    with make_server() as server:
        bench.client(server, path=path, command='none', warmup=0.1, seconds=0.0)
        return bench.client(server, path=path, connections=BURST, command='none', warmup=0.1, seconds=0.0,
                            all_stay=True)['connect_burst_ms']


def burst(bench):
    """200 viewers that come at once: from the first connect() to the last 101."""
    series = Table()['ms']
    for _ in bench.runs():
        series.add(_burst_ms(bench, lambda: _idle_service(bench), SHARED))
    peers = _peers_words(bench, lambda make: _burst_ms(bench, make, '/ws'), 'ms', 1)
    return [Line(f'{BURST} viewers at once: to the last 101', f'≤ {BURST_MS:.0f} ms', series.text('ms', 1), peers,
                 series.median <= BURST_MS)]


def _drift(samples, name, end):
    """How much the most is above the least from a tenth of the way on."""
    settled = [sample[name] for sample in samples if sample['frames'] >= SOAK_SETTLED * end]
    return max(settled) / min(settled) - 1.0 if settled and min(settled) else float('nan')


def _soak_report(bench, frames):
    with bench.shared_session('pattern', '--validate=off', bytes=f'uint32 {SOAK_BYTES}') as server:
        server.wait(bench.seconds(SOAK_REST_SECONDS, 0.1))
        report = bench.report('bench-soak', end_after=SOAK_DEADLINE_SECONDS + 60, port=server.port,
                              server_pid=server.pid, session='shared', frames=frames, deadline=SOAK_DEADLINE_SECONDS)
        if server.process.poll() is not None:
            raise Skip(f'stepcastd ended: {server.words()}')
    if not report['samples']:
        raise Skip(f'no frame came: {report["other_answer"]}')
    return report


def soak(bench):
    """A million frames to eight viewers of one session: three get every frame, two the latest, two read slowly and
    one comes and goes. Once, however many runs are asked for."""
    frames = SOAK_QUICK_FRAMES if bench.quick else bench.soak_frames or SOAK_FRAMES
    report = _soak_report(bench, frames)
    samples = report['samples']
    every = [viewer for viewer in report['viewers'] if viewer['kind'] == 'every']
    delivered = min(viewer['frames'] for viewer in every)
    missing = sum(viewer['missing'] + viewer['out_of_order'] for viewer in every)
    counts = ', '.join(f'{viewer["kind"]} {viewer["frames"]}' for viewer in report['viewers'])
    visits = max(viewer['visits'] for viewer in report['viewers'])
    lines = [
        Line(f'soak, {frames} frames: frame numbers missing for those who get every one', '0', f'{missing}',
             f'{counts}; {visits} visits; {report["seconds"]:.0f} s, {delivered / report["seconds"]:.0f} frames/s',
             missing == 0 and every[0]['frames'] >= frames, values=report),
    ]
    for name, words, unit in (('rss_kb', 'RSS', ' KB'), ('fds', 'descriptors', ''), ('threads', 'threads', '')):
        drift = _drift(samples, name, frames)
        lines.append(Line(f'soak: {words}, the most above the least from 10 % on', f'≤ {SOAK_FLAT:.0%}',
                          f'{drift:.1%}', f'{samples[0][name]}{unit} at first, {samples[-1][name]}{unit} at last',
                          None if bench.quick else drift <= SOAK_FLAT))
    return lines


ROWS = {
    'watching': watching,
    'compression': compression,
    'idle-viewers': idle_viewers,
    'burst': burst,
    'soak': soak,
}
