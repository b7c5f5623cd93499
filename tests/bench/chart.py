#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the benchmarks' JSON as SVG: the ratios of the table, and the plot of the soak.

The pictures have no background and follow a reader's light or dark theme; where that is not known, their greys
can be read on both.
"""

import argparse
import json
import math
import pathlib
import sys
from xml.sax.saxutils import escape

WIDTH = 800
FONT = 'font-family="system-ui, sans-serif"'
STYLE = """<style>
text { fill: #57606a } .strong { fill: #24292f } .grid { stroke: #d0d7de } .one { stroke: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .strong { fill: #e6edf3 } .grid { stroke: #3d444d } .one { stroke: #9198a1 } }
</style>"""

# In the order of the legend; colours that stand apart on white and on black, and for most of the colour-blind.
PEERS = {
    'floor': ('floor: send() in a loop', '#8b949e'),
    'lws': ('libwebsockets', '#3987e5'),
    'node-ws': ('Node ws', '#2ea66a'),
    'uvicorn': ('uvicorn', '#d68a00'),
    'websocketd': ('websocketd', '#c2569b'),
    'fastapi': ('FastAPI', '#e0603c'),
    'libsoup': ('libsoup', '#8a6fd6'),
}

LEFT = 216
RIGHT = 56
BAR = 9
BAR_STEP = 11
GROUP_GAP = 9
TOP = 62
BOTTOM = 26
TICKS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]


def _text(x, y, words, size=11, anchor='start', style=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def _times(ratio):
    return f'{ratio:.2f}×' if ratio < 10 else f'{ratio:.0f}×'


def _cases(results):
    """The lines with a ratio, by their case, in the table's order. What was paced is in the table only."""
    cases = {}
    for line in results['lines']:
        if line.get('peer') in PEERS and math.isfinite(line.get('ratio', math.nan)) and line['ratio'] > 0 \
                and line['row'] != 'transport-paced':
            cases.setdefault(line['case'], {})[line['peer']] = line['ratio']
    return cases


class _Axis:
    """From a ratio to a place, by its logarithm."""

    def __init__(self, ratios):
        self.least = max([tick for tick in TICKS if tick <= min(ratios, default=1)] or [TICKS[0]])
        self.least = min(self.least, 0.5)
        self.most = min([tick for tick in TICKS if tick >= max(ratios, default=2)] or [TICKS[-1]])

    def x(self, ratio):
        share = math.log(min(max(ratio, self.least), self.most) / self.least) / math.log(self.most / self.least)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        return [tick for tick in TICKS if self.least <= tick <= self.most]


def _caption(results):
    about = results.get('about', {})
    if not about:
        return ''
    return f'{about["date"]}, {about["processors"]} processors, {"short runs" if about["quick"] else about["runs"]}' + \
        ('' if about['quick'] else ' runs')


def _legend(peers):
    parts = []
    x = 12
    for peer in peers:
        words, colour = PEERS[peer]
        parts.append(f'<rect x="{x}" y="31" width="10" height="10" rx="2" fill="{colour}"/>')
        parts.append(_text(x + 14, 40, words))
        x += 30 + 6.1 * len(words)
    return parts


def _grid(axis, height):
    parts = []
    for tick in axis.ticks():
        x = axis.x(tick)
        style = 'one' if tick == 1 else 'grid'
        parts.append(f'<path class="{style}" d="M{x:.1f} {TOP - 6}V{height - BOTTOM}"/>')
        parts.append(_text(x, height - BOTTOM + 14, f'{tick:g}×', anchor='middle'))
    return parts


def _group(axis, y, case, ratios):
    parts = [_text(LEFT - 10, y + len(ratios) * BAR_STEP / 2 + 3, case, anchor='end', style=' class="strong"')]
    for peer, ratio in ratios.items():
        first, last = sorted((axis.x(1), axis.x(ratio)))
        parts.append(f'<rect x="{first:.1f}" y="{y}" width="{max(last - first, 1):.1f}" height="{BAR}" '
                     f'fill="{PEERS[peer][1]}"/>')
        parts.append(_text(max(axis.x(ratio), axis.x(1)) + 4, y + 8, _times(ratio), size=9))
        y += BAR_STEP
    return parts


def draw_ratios(results):
    """The chart of all lines that name a peer and a ratio."""
    cases = _cases(results)
    cases = {case: {peer: ratios[peer] for peer in PEERS if peer in ratios} for case, ratios in cases.items()}
    axis = _Axis([ratio for ratios in cases.values() for ratio in ratios.values()])
    peers = [peer for peer in PEERS if any(peer in ratios for ratios in cases.values())]
    height = TOP + sum(len(ratios) * BAR_STEP + GROUP_GAP for ratios in cases.values()) + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}" {FONT}>', '<title>Stepcast beside others</title>', STYLE,
             _text(12, 20, 'Stepcast beside others: so many times as good (1× is as good as they are)', 14,
                   style=' class="strong" font-weight="600"'), *_legend(peers), *_grid(axis, height),
             _text(12, height - BOTTOM + 14, _caption(results), 9)]
    y = TOP
    for case, ratios in cases.items():
        parts += _group(axis, y, case, ratios)
        y += len(ratios) * BAR_STEP + GROUP_GAP
    return '\n'.join([*parts, '</svg>']) + '\n'


SOAK_LEFT = 60
PANEL = 96
PANEL_STEP = 128


def _panel(samples, name, words, colour, y, most_frames):
    """One quantity over the frames, from zero, with a bar of 5 % above the least from a tenth of the way on."""
    values = [sample[name] for sample in samples]
    top = max(values) * 1.15 or 1
    width = WIDTH - SOAK_LEFT - RIGHT

    def place(sample):
        return (f'{SOAK_LEFT + sample["frames"] / most_frames * width:.1f} '
                f'{y + PANEL * (1 - sample[name] / top):.1f}')

    settled = [sample[name] for sample in samples if sample['frames'] >= most_frames / 10]
    parts = [_text(12, y - 6, words, 12, style=' class="strong" font-weight="600"')]
    if settled:
        upper, lower = (y + PANEL * (1 - value / top) for value in (min(settled) * 1.05, min(settled)))
        parts.append(f'<rect x="{SOAK_LEFT + width / 10:.1f}" y="{upper:.1f}" width="{width * 0.9:.1f}" '
                     f'height="{lower - upper:.1f}" fill="{colour}" fill-opacity="0.2"/>')
    for value, where in ((0, y + PANEL), (max(values), y + PANEL * (1 - max(values) / top))):
        parts.append(f'<path class="grid" d="M{SOAK_LEFT} {where:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(SOAK_LEFT - 6, where + 4, f'{value:g}', anchor='end'))
    parts.append(f'<path fill="none" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round" '
                 f'd="M{"L".join(place(sample) for sample in samples)}"/>')
    return parts


def draw_soak(results):
    """RSS, descriptors and threads over the frames of the row soak."""
    reports = [line['values'] for line in results['lines'] if line['row'] == 'soak' and 'values' in line]
    if not reports or not reports[0]['samples']:
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 40"><text x="12" y="24" fill="#808080">'
                'No soak was run</text></svg>\n')
    report = reports[0]
    samples = [{**sample, 'rss_mb': round(sample['rss_kb'] / 1024, 1)} for sample in report['samples']]
    frames = max(report['asked'], samples[-1]['frames'])
    height = 60 + 3 * PANEL_STEP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}" {FONT}>', '<title>Soak</title>', STYLE,
             _text(12, 20, f'{frames:,} frames to eight viewers in {report["seconds"]:.0f} s'.replace(',', '\u202f'),
                   14, style=' class="strong" font-weight="600"'),
             _text(WIDTH - RIGHT, 20, 'band: 5 % above the least, from 10 % on', anchor='end')]
    for i, (name, words, colour) in enumerate((('rss_mb', 'RSS, MB', '#3987e5'), ('fds', 'descriptors', '#2ea66a'),
                                               ('threads', 'threads', '#d68a00'))):
        parts += _panel(samples, name, words, colour, 56 + i * PANEL_STEP, frames)
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = SOAK_LEFT + share * (WIDTH - SOAK_LEFT - RIGHT)
        parts.append(_text(x, height - 12, f'{share * frames:,.0f}'.replace(',', '\u202f'), anchor='middle'))
    return '\n'.join([*parts, '</svg>']) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('json', type=pathlib.Path, nargs='+', help='what build-aux/bench --json wrote; rows of the '
                        'later files take the place of those of the earlier')
    parser.add_argument('--chart', type=pathlib.Path, help='write the chart of the ratios there')
    parser.add_argument('--soak-plot', type=pathlib.Path, help='write the plot of the soak there')
    arguments = parser.parse_args()
    rows = {}
    about = {}
    for path in arguments.json:
        results = json.loads(path.read_text(encoding='utf-8'))
        about = results['about']
        for name in dict.fromkeys(line['row'] for line in results['lines']):
            rows[name] = [line for line in results['lines'] if line['row'] == name]
    results = {'about': about, 'lines': [line for lines in rows.values() for line in lines]}
    if arguments.chart:
        arguments.chart.write_text(draw_ratios(results), encoding='utf-8')
    if arguments.soak_plot:
        arguments.soak_plot.write_text(draw_soak(results), encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
