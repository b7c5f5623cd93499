# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What idle viewers cost: memory, each turn of the main loop, and a burst of more."""

from harness import Line, Table

VIEWERS = (0, 1000, 5000)
BURST = 200
MAX_KB = 8.0
MAX_BURST_MS = 50.0
# What a turn may take beside thousands, of what it takes beside none.
MAX_TURN = 1.5


def _measure(bench, n_viewers):
    table = Table()
    for _ in bench.runs():
        with bench.stepcastd('--max-viewers=20000') as server:
            report = bench.viewers_client(server, viewers=n_viewers, burst=BURST, bursts=3 if bench.quick else 5,
                                          messages=300 if bench.quick else 2000)
        table['rss'].add(report['rss_bytes_per_viewer'] / 1024 if n_viewers else None)
        table['message'].add(report['message_cpu_us'])
        table['request'].add(report['request_cpu_us'])
        table['burst'].add(report['burst_all_ms']['p50'])
        table['connect'].add(report['connect_cpu_us'])
    return table


def idle_viewers(bench):
    tables = {n_viewers: _measure(bench, n_viewers) for n_viewers in VIEWERS}
    alone = tables[0]['message'].median
    lines = []
    for n_viewers, table in tables.items():
        beside = f'beside {n_viewers:,} idle viewers'
        if n_viewers:
            lines.append(Line(f'{n_viewers:,} idle viewers: RSS of each', f'≤ {MAX_KB:.0f} KB', table['rss'].text('KB', 1),
                              met=table['rss'].median <= MAX_KB))
        lines.append(Line(f'a message and its answer {beside}: CPU', f'≤ {MAX_TURN} × that beside none' if n_viewers else '',
                          table['message'].text('µs', 1), f'GET /health {table["request"].text("µs", 0)}',
                          table['message'].median <= MAX_TURN * alone if n_viewers else None))
        lines.append(Line(f'{BURST} connects at once {beside}: all served', f'≤ {MAX_BURST_MS:.0f} ms',
                          table['burst'].text('ms', 1), f'CPU of each {table["connect"].text("µs", 0)}',
                          table['burst'].median <= MAX_BURST_MS))
    return lines


ROWS = {
    'idle-viewers': idle_viewers,
}
