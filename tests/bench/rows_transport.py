# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames that cost no computing: what the transport costs, and what a viewer that never reads costs the others."""

import dataclasses

from harness import BUSY_LEAST, Line, Skip, Table, busy, frames_per_cpu, rate, until_busy

# What is asked of the service at each size, as a share of what the floor delivers per CPU second.
SHARES = {1_000: 0.5, 10_000: 0.8, 100_000: 0.8, 1_000_000: 0.8}
UVICORN_SIZES = (1_000, 10_000)
UVICORN_TIMES = 3.0
# "Never behind by more than noise": the same server measured against itself differs by so much.
NOT_BEHIND = 0.95
FAIR_SPREAD = 0.2

STALL_SIZE = 100_000
STALL_QUEUE_KB = 128
# The bound on unsent bytes with which a floor keeps a viewer's kernel queue as short as the service must.
LOWAT = 65536
# A server's next frame is not its last: one is being written, one waits, and the latest is kept. A floor that sends
# the same megabyte again and again has it in the nearest cache.
FRAMES = 3
BY_TURNS_FROM = 100_000
# What malloc's arenas and the page-wise count move by themselves in such a run.
STALL_NOISE_KB = 512

# So many handshakes under way at once: a burst is a row of its own.
AT_ONCE = 200
# A process for each viewer, of which each takes 1 MB frames through two pipes: 1000 of them want the whole memory.
WEBSOCKETD_MOST_BYTES = 100_000_000

PEERS = {
    'floor': 'the floor’s',
    'uvicorn': 'uvicorn’s',
    'node-ws': 'Node ws’s',
    'lws': 'libwebsockets’',
    'websocketd': 'websocketd’s',
}


@dataclasses.dataclass
class Case:
    """What is measured: frames of size to so many viewers, and how the client behaves."""
    what: str
    size: int
    viewers: int = 1
    pause_us: int = 0
    seconds: float = 1.0
    warmup: float = 0.3
    # Of each viewer's frames the least is at most so much below the most; None: told only.
    fair_spread: float | None = None


def pattern(size):
    return f'/ws?generator=pattern&bytes={size}'


def size_text(size):
    return f'{size // 1_000_000} MB' if size >= 1_000_000 else f'{size // 1_000} KB'


def _measure(bench, case, make_server, client, **options):
    """One server's report; a client that waits must have been faster than the server."""
    if case.viewers > 1:
        options |= {'connections': case.viewers, 'at_once': AT_ONCE}
    with make_server() as server:
        def once():
            report = client(server, seconds=bench.seconds(case.seconds), warmup=case.warmup, pause_us=case.pause_us,
                            all_stay=True, **options)
            _check_size(report, case.size)
            return report
        if case.pause_us or case.viewers > 1 or bench.quick:
            return once()
        return until_busy(once)


def _check_size(report, size):
    """Frames that are not what was asked for would compare apples with pears."""
    if not report['frames']:
        raise Skip(f'no frame came: {report["other_answer"]}')
    each = report['bytes'] / report['frames']
    if abs(each - size) > size / 50:
        raise Skip(f'frames of {each:.0f} bytes came where {size} were asked for')


def _measure_service(bench, case):
    """One viewer has a session of its own, which begins with it; many look at one, and each gets every frame."""
    if case.viewers == 1:
        return _measure(bench, case, lambda: bench.stepcastd('--validate=off'), bench.client, path=pattern(case.size))
    return _measure(bench, case,
                    lambda: bench.shared_session('pattern', '--validate=off', delivery='every',
                                                 bytes=f'uint32 {case.size}'),
                    bench.client, path='/sessions/shared/ws')


def _measure_peer(bench, case, peer):
    size = case.size
    if peer == 'uvicorn':
        return _measure(bench, case, lambda: bench.fastapi('prebuilt', size=size), bench.fastapi_client)
    if peer == 'websocketd' and case.viewers * size > WEBSOCKETD_MOST_BYTES:
        raise Skip(f'a process and its pipes for each of {case.viewers} viewers')
    make = {'floor': bench.floor, 'node-ws': bench.node_ws, 'lws': bench.lws, 'websocketd': bench.websocketd}[peer]
    return _measure(bench, case, lambda: make(size), bench.client)


def _measure_by_turns(bench, case, peer):
    """The peer again, as it is where each frame is another: three copies by turns, and for the floor the short queue
    that the service keeps. None where that is not asked."""
    if peer == 'floor':
        return _measure(bench, case, lambda: bench.floor(case.size, LOWAT, FRAMES), bench.client)
    if case.size < BY_TURNS_FROM or peer not in ('lws', 'node-ws'):
        return None
    make = {'lws': bench.lws, 'node-ws': bench.node_ws}[peer]
    return _measure(bench, case, lambda: make(case.size, FRAMES), bench.client)


def _spread(report):
    """How far the viewer that got the least is behind the one that got the most."""
    return 1.0 - report['frames_min'] / report['frames_max'] if report['frames_max'] else 1.0


def _add(table, name, report):
    table[name].add(frames_per_cpu(report))
    table[f'{name} busy'].add(busy(report))
    table[f'{name} spread'].add(_spread(report))


def _transport(bench, case):
    """The service and its peers by turns, as series of frames per CPU second; and why a peer is not there."""
    table = Table()
    skipped = {}
    for _ in bench.runs():
        service = _measure_service(bench, case)
        _add(table, 'service', service)
        table['service rate'].add(rate(service))
        for peer in PEERS:
            if peer in skipped:
                continue
            try:
                report = _measure_peer(bench, case, peer)
                by_turns = _measure_by_turns(bench, case, peer)
            except Skip as why:
                skipped[peer] = str(why)
                continue
            _add(table, peer, report)
            table[f'{peer} ratio'].add(frames_per_cpu(service) / frames_per_cpu(report))
            if by_turns is not None:
                table[f'{peer} by turns'].add(frames_per_cpu(service) / frames_per_cpu(by_turns))
    return table, skipped


def _seconds_per_gb(table, name, size):
    return f'{1e9 / size / table[name].median:.2f} s/GB, busy {table[f"{name} busy"].median:.0%}'


def _least(case, peer):
    """What the service's share of that peer's figure must be, or None."""
    if peer == 'floor':
        return SHARES[case.size]
    if peer == 'uvicorn' and case.size in UVICORN_SIZES:
        return UVICORN_TIMES
    return NOT_BEHIND if peer in ('node-ws', 'lws') else None


def _says_nothing(case, peer, table):
    """Where only one of the two had a reader that was faster than it, the readers were measured."""
    if case.pause_us or case.viewers > 1:
        return False
    return (table['service busy'].median >= BUSY_LEAST) != (table[f'{peer} busy'].median >= BUSY_LEAST)


def _peer_line(case, peer, table):
    ratio = table[f'{peer} ratio']
    least = _least(case, peer)
    says_nothing = _says_nothing(case, peer, table)
    service = f'; service {_seconds_per_gb(table, "service", case.size)}' if peer == 'floor' else ''
    by_turns = table[f'{peer} by turns']
    turns = f'; {by_turns.text("×")} of one with {"a 64 KB queue and " if peer == "floor" else ""}three frames ' \
        'by turns' if by_turns.values else ''
    judged = '; not judged: only one of them was busy' if says_nothing else ''
    return Line(f'{case.what}: per CPU second, of {PEERS[peer]}', '' if least is None else f'≥ {least:g} ×',
                ratio.text('×'), f'{peer} {_seconds_per_gb(table, peer, case.size)}{service}{turns}{judged}',
                None if least is None or says_nothing else ratio.median >= least,
                case=case.what, peer=peer, ratio=None if says_nothing else ratio.median,
                values={'ratios': ratio.values, 'frames_per_cpu_second': {
                    'service': table['service'].values, peer: table[peer].values},
                        'ratios_by_turns': by_turns.values})


def _fairness_line(case, table, skipped):
    spread = table['service spread']
    peers = '; '.join(f'{peer} {table[f"{peer} spread"].median:.0%}' for peer in PEERS if peer not in skipped)
    return Line(f'{case.what}: whole frames, the slowest viewer behind the fastest',
                '' if case.fair_spread is None else f'≤ {case.fair_spread:.0%}',
                f'{spread.median:.0%}, {table["service rate"].median / case.viewers:.1f} frames/s each', peers,
                None if case.fair_spread is None else spread.worst <= case.fair_spread)


def _transport_lines(bench, case):
    table, skipped = _transport(bench, case)
    lines = []
    for peer, words in PEERS.items():
        if peer in skipped:
            lines.append(Line(f'{case.what}: per CPU second, of {words}', '', f'skipped: {skipped[peer]}'))
        else:
            lines.append(_peer_line(case, peer, table))
    if case.viewers > 1:
        lines.append(_fairness_line(case, table, skipped))
    return lines


def transport(bench):
    """To one viewer that waits for every byte: mostly, each write wakes it."""
    lines = []
    for size in SHARES:
        lines += _transport_lines(bench, Case(f'{size_text(size)} to one viewer', size))
    return lines


def transport_paced(bench):
    """To one viewer that looks away for 1 ms whenever it has read everything: whole windows pile up."""
    lines = []
    for size in (10_000, 1_000_000) if bench.quick else SHARES:
        lines += _transport_lines(bench, Case(f'{size_text(size)} to one paced viewer', size, pause_us=1000))
    return lines


def _many_cases(bench):
    if bench.quick:
        return [Case('10 KB to 20 viewers', 10_000, 20), Case('1 MB to 20 viewers', 1_000_000, 20)]
    return [
        Case('10 KB to 100 viewers', 10_000, 100),
        Case('10 KB to 1000 viewers', 10_000, 1000, seconds=4.0, warmup=1.0),
        # A frame to each is a gigabyte.
        Case('1 MB to 1000 viewers', 1_000_000, 1000, seconds=12.0, warmup=4.0, fair_spread=FAIR_SPREAD),
    ]


def transport_many(bench):
    """To many viewers of one session, each of which gets every frame; the peers send one shared frame."""
    lines = []
    for case in _many_cases(bench):
        lines += _transport_lines(bench, case)
    return lines


def transport_sessions(bench):
    """To many viewers, each of a session of its own: as many generators, runs and windows."""
    lines = []
    for viewers in (20,) if bench.quick else (100, 1000):
        case = Case(f'10 KB to {viewers} viewers, each of its own session', 10_000, viewers, warmup=1.0)
        table = Table()
        for _ in bench.runs():
            floor = _measure(bench, case, lambda: bench.floor(case.size), bench.client)
            service = _measure(bench, case, lambda: bench.stepcastd('--validate=off'), bench.client,
                               path=pattern(case.size))
            _add(table, 'floor', floor)
            _add(table, 'service', service)
            table['ratio'].add(frames_per_cpu(service) / frames_per_cpu(floor))
        lines.append(Line(f'{case.what}: per CPU second, of the floor’s', '', table['ratio'].text('×'),
                          f'floor {_seconds_per_gb(table, "floor", case.size)}; '
                          f'service {_seconds_per_gb(table, "service", case.size)}, '
                          f'spread {table["service spread"].median:.0%}'))
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
    'transport-sessions': transport_sessions,
    'stalled': stalled,
}
