# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames that cost no computing: what the transport costs, and what a viewer that never reads costs the others."""

from harness import Line, Skip, Table, busy, frames_per_cpu, rate, until_busy

# What is asked of the service at each size, as a share of what the floor delivers per CPU second.
SHARES = {1_000: 0.5, 10_000: 0.8, 100_000: 0.8, 1_000_000: 0.8}
UVICORN_SIZES = (1_000, 10_000)
UVICORN_TIMES = 3.0

STALL_SIZE = 100_000
STALL_QUEUE_KB = 128
# The bound on unsent bytes with which a floor keeps a viewer's kernel queue as short as the service must.
LOWAT = 65536
# A server's next frame is not its last: one is being written, one waits, and the latest is kept. A floor that sends
# the same megabyte again and again has it in the nearest cache.
FRAMES = 3
# What malloc's arenas and the page-wise count move by themselves in such a run.
STALL_NOISE_KB = 512


def pattern(size):
    return f'/ws?generator=pattern&bytes={size}'


def size_text(size):
    return f'{size // 1_000_000} MB' if size >= 1_000_000 else f'{size // 1_000} KB'


def _measure(bench, size, make_server, client, pause_us, **options):
    """One server's report; a client that waits must have been faster than the server."""
    with make_server() as server:
        def once():
            report = client(server, seconds=bench.seconds(1.0), pause_us=pause_us, **options)
            _check_size(report, size)
            return report
        return once() if pause_us or options.get('connections', 1) > 1 else until_busy(once)


def _check_size(report, size):
    """Frames that are not what was asked for would compare apples with pears."""
    if not report['frames']:
        raise Skip(f'no frame came: {report["other_answer"]}')
    each = report['bytes'] / report['frames']
    if abs(each - size) > size / 50:
        raise Skip(f'frames of {each:.0f} bytes came where {size} were asked for')


def _transport(bench, size, pause_us=0, **options):
    """The service, the floor and uvicorn side by side, as series of frames per CPU second."""
    table = Table()
    for _ in bench.runs():
        floor = _measure(bench, size, lambda: bench.floor(size), bench.client, pause_us, **options)
        table['floor'].add(frames_per_cpu(floor))
        table['floor busy'].add(busy(floor))
        bounded = _measure(bench, size, lambda: bench.floor(size, LOWAT, FRAMES), bench.client, pause_us, **options)
        service = _measure(bench, size, lambda: bench.stepcastd('--validate=off'), bench.client, pause_us,
                           path=pattern(size), **options)
        table['service'].add(frames_per_cpu(service))
        table['service busy'].add(busy(service))
        table['share'].add(frames_per_cpu(service) / frames_per_cpu(floor))
        table['bounded share'].add(frames_per_cpu(service) / frames_per_cpu(bounded))
        if options:
            continue
        try:
            uvicorn = _measure(bench, size, lambda: bench.fastapi('prebuilt', size=size), bench.fastapi_client,
                               pause_us)
        except Skip as why:
            table['skipped'].add(str(why))
            continue
        table['uvicorn'].add(frames_per_cpu(uvicorn))
        table['times uvicorn'].add(frames_per_cpu(service) / frames_per_cpu(uvicorn))
    return table


def _seconds_per_gb(series, size):
    return f'{1e9 / size / series.median:.2f} s/GB'


def _transport_lines(what, size, table):
    lines = [Line(f'{what}: per CPU second, of the floor’s', f'≥ {SHARES[size]} ×', table['share'].text('×'),
                  f'floor {_seconds_per_gb(table["floor"], size)}, busy {table["floor busy"].median:.0%}; '
                  f'service {_seconds_per_gb(table["service"], size)}, busy {table["service busy"].median:.0%}; '
                  f'{table["bounded share"].text("×")} of a floor with a 64 KB queue and three frames',
                  table['share'].median >= SHARES[size])]
    uvicorn = table['uvicorn']
    if uvicorn.values:
        asked = size in UVICORN_SIZES
        lines.append(Line(f'{what}: of uvicorn’s', f'≥ {UVICORN_TIMES:.0f} ×' if asked else '',
                          table['times uvicorn'].text('×'), f'uvicorn {_seconds_per_gb(uvicorn, size)}',
                          table['times uvicorn'].median >= UVICORN_TIMES if asked else None))
    elif table['skipped'].values:
        lines.append(Line(f'{what}: of uvicorn’s', '', table["skipped"].values[0]))
    return lines


def transport(bench):
    """To one viewer that waits for every byte: mostly, each write wakes it."""
    lines = []
    for size in SHARES:
        lines += _transport_lines(f'{size_text(size)} to one viewer', size, _transport(bench, size))
    return lines


def transport_paced(bench):
    """To one viewer that looks away for 1 ms whenever it has read everything: whole windows pile up."""
    lines = []
    for size in SHARES:
        lines += _transport_lines(f'{size_text(size)} to one paced viewer', size,
                                  _transport(bench, size, pause_us=1000))
    return lines


def transport_many(bench):
    """To 100 and 1000 viewers, each of its own session."""
    lines = []
    for connections in (100, 1000):
        table = _transport(bench, 10_000, connections=connections)
        lines += _transport_lines(f'10 KB to {connections} viewers', 10_000, table)
    return lines


def _stalled_rates(bench):
    """Frames/s of three viewers, alone and beside one that never reads."""
    table = Table()
    options = {'path': pattern(STALL_SIZE), 'seconds': bench.seconds(2.0, 1.0)}
    for run in bench.runs():
        with bench.stepcastd('--validate=off') as server:
            if run % 2 == 0:
                alone = bench.client(server, connections=3, **options)
            beside = bench.client(server, connections=4, stalled=1, **options)
            if run % 2 == 1:
                alone = bench.client(server, connections=3, **options)
        table['alone'].add(rate(alone))
        table['beside'].add(rate(beside))
        table['ratio'].add(rate(beside) / rate(alone))
        table['cpu ratio'].add(frames_per_cpu(beside) / frames_per_cpu(alone))
    return table


def _stalled_growth(bench, **options):
    """What a viewer that does not read adds to a server that has served one that does, in KB, and its report."""
    with bench.stepcastd('--validate=off') as server:
        before = bench.client(server, path=pattern(STALL_SIZE), connections=1, seconds=3.0)['server']
        kept = bench.client(server, path=pattern(STALL_SIZE), connections=1, stalled=1, **options)['server']
    return kept['rss_kb_max'] - before['rss_kb_max'], kept


def stalled(bench):
    """A viewer that never reads, one that stops reading after two seconds, and three that read beside one."""
    seconds = bench.seconds(60.0, 10.0)
    growth_kb, kept = _stalled_growth(bench, seconds=seconds)
    queue_kb = kept['stalled_queue_max'] / 1024
    late_kb, late = _stalled_growth(bench, stall_after=2.0, seconds=bench.seconds(5.0, 2.0))
    most_kb = 2 * STALL_SIZE / 1024 + STALL_NOISE_KB
    rates = _stalled_rates(bench)
    return [
        Line(f'a viewer that never reads, {seconds:.0f} s: RSS growth', f'≤ 2 frames + {STALL_NOISE_KB} KB of noise',
             f'{growth_kb} KB', f'to {kept["rss_kb_max"]} KB', growth_kb <= most_kb),
        Line('a viewer that never reads: its kernel queue', f'≤ {STALL_QUEUE_KB} KB', f'{queue_kb:.0f} KB',
             met=0 < queue_kb <= STALL_QUEUE_KB),
        Line('a viewer that stops reading after 2 s: RSS growth', f'≤ 2 frames + {STALL_NOISE_KB} KB of noise',
             f'{late_kb} KB', f'to {late["rss_kb_max"]} KB', late_kb <= most_kb),
        Line('a viewer that never reads: the others’ rate, of that without it', '± 5 %', rates['ratio'].text('×'),
             f'{rates["alone"].text("frames/s", 0)} without; {rates["cpu ratio"].text("×")} per CPU second',
             abs(rates['ratio'].median - 1.0) <= 0.05),
    ]


ROWS = {
    'transport': transport,
    'transport-paced': transport_paced,
    'transport-many': transport_many,
    'stalled': stalled,
}
