#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the service beside its yardsticks and prints one table in Markdown.

Each row starts its servers anew, takes the service and the yardsticks turn by turn in the same run, and tells
the median of its runs with the spread. A missed target is told, not an error; a row that can't be measured
says why. The exit status is 0 but where a program broke.
"""

import argparse
import dataclasses
import datetime
import json
import math
import os
import pathlib
import platform
import resource
import sys
import traceback

import chart
import rows_dbus
import rows_page
import rows_programs
import rows_sessions
import rows_transport
import rows_viewers
from harness import Bench, Skip

ROWS = {**rows_sessions.ROWS, **rows_transport.ROWS, **rows_viewers.ROWS, **rows_programs.ROWS, **rows_dbus.ROWS,
        **rows_page.ROWS}

DEFAULT_RUNS = 5
MARKS = {True: 'yes', False: '**no**', None: ''}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog='rows: ' + ', '.join(ROWS))
    parser.add_argument('--build', type=pathlib.Path, required=True, help='build folder')
    parser.add_argument('--rows', default=','.join(ROWS), help='which, with commas between')
    parser.add_argument('--runs', type=int, help=f'of each figure ({DEFAULT_RUNS}, quick: 1)')
    parser.add_argument('--quick', action='store_true', help='one short run each: does it work?')
    parser.add_argument('--soak-frames', type=int, help='of the row soak (a million)')
    parser.add_argument('--json', type=pathlib.Path, help='write the lines there, too')
    parser.add_argument('--markdown', type=pathlib.Path, help='write the table there, too')
    parser.add_argument('--chart', type=pathlib.Path, help='write a chart there, an SVG')
    parser.add_argument('--soak-plot', type=pathlib.Path, help='write a plot of the row soak there, an SVG')
    arguments = parser.parse_args()
    arguments.rows = arguments.rows.split(',')
    arguments.runs = arguments.runs or (1 if arguments.quick else DEFAULT_RUNS)
    unknown = [name for name in arguments.rows if name not in ROWS]
    if unknown:
        parser.error(f'no such row: {", ".join(unknown)}')
    return arguments


class Output:
    """The table, on the standard output as it grows and in a file."""

    def __init__(self, path):
        self.file = path.open('w', encoding='utf-8') if path else None

    def line(self, text):
        print(text, flush=True)
        if self.file:
            print(text, file=self.file, flush=True)


def machine():
    return {'date': datetime.date.today().isoformat(), 'processors': os.cpu_count(), 'platform': platform.platform(),
            'load_average': os.getloadavg()[0]}


def print_head(output, about, runs):
    output.line(f'{about["date"]}, {about["processors"]} processors, {about["platform"]}, {runs} runs of each figure: '
                f'median (spread); load average {about["load_average"]:.1f}\n')
    output.line('| row | what | target | figure | yardstick | met |')
    output.line('| --- | --- | --- | --- | --- | --- |')


def is_told(value):
    """Whether there is something to tell; JSON knows no NaN."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def run_row(bench, output, name):
    """The row's lines, printed; the errors that are ours are told on stderr."""
    try:
        lines = ROWS[name](bench)
    except Skip as why:
        output.line(f'| {name} | skipped: {why} | | | | |')
        return []
    for line in lines:
        output.line(f'| {name} | {line.what} | {line.target} | {line.figure} | {line.yardstick} | {MARKS[line.met]} |')
    return [{'row': name, **{key: value for key, value in dataclasses.asdict(line).items() if is_told(value)}}
            for line in lines]


def raise_limits():
    """Thousands of viewers are as many descriptors, on both sides."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def write_results(arguments, results):
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')
    if arguments.chart:
        arguments.chart.write_text(chart.draw_ratios(results), encoding='utf-8')
    if arguments.soak_plot:
        arguments.soak_plot.write_text(chart.draw_soak(results), encoding='utf-8')


def main():
    arguments = parse_arguments()
    raise_limits()
    bench = Bench(arguments.build, arguments.runs, arguments.quick, arguments.soak_frames)
    output = Output(arguments.markdown)
    results = {'about': machine() | {'runs': arguments.runs, 'quick': arguments.quick}, 'lines': []}
    broken = False
    print_head(output, results['about'], arguments.runs)
    for name in arguments.rows:
        try:
            results['lines'] += run_row(bench, output, name)
        except Exception:
            traceback.print_exc()
            output.line(f'| {name} | broke: see stderr | | | | |')
            broken = True
        write_results(arguments, results)
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
