#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the service beside its yardsticks and prints one table in Markdown.

Each row starts its servers anew, takes the service and the yardstick turn by turn in the same run, and tells
the median of its runs with the spread. A missed target is told, not an error; a row that can't be measured
says why. The exit status is 0 but where a program broke.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import sys
import traceback

import rows_dbus
import rows_programs
import rows_sessions
import rows_transport
import rows_viewers
from harness import Bench, Skip

ROWS = {**rows_sessions.ROWS, **rows_transport.ROWS, **rows_programs.ROWS, **rows_dbus.ROWS,
        **rows_viewers.ROWS}

DEFAULT_RUNS = 5
MARKS = {True: 'yes', False: '**no**', None: ''}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog='rows: ' + ', '.join(ROWS))
    parser.add_argument('--build', type=pathlib.Path, required=True, help='build folder')
    parser.add_argument('--rows', default=','.join(ROWS), help='which, with commas between')
    parser.add_argument('--runs', type=int, help=f'of each figure ({DEFAULT_RUNS}, quick: 1)')
    parser.add_argument('--quick', action='store_true', help='one short run each: does it work?')
    parser.add_argument('--json', type=pathlib.Path, help='write the lines there, too')
    arguments = parser.parse_args()
    arguments.rows = arguments.rows.split(',')
    arguments.runs = arguments.runs or (1 if arguments.quick else DEFAULT_RUNS)
    unknown = [name for name in arguments.rows if name not in ROWS]
    if unknown:
        parser.error(f'no such row: {", ".join(unknown)}')
    return arguments


def print_head(runs):
    print(f'{os.cpu_count()} processors, {platform.platform()}, {runs} runs of each figure: median (spread); '
          f'load average {os.getloadavg()[0]:.1f}\n')
    print('| row | what | target | figure | yardstick | met |')
    print('| --- | --- | --- | --- | --- | --- |', flush=True)


def run_row(bench, name):
    """The row's lines, printed; the errors that are ours are told on stderr."""
    try:
        lines = ROWS[name](bench)
    except Skip as why:
        print(f'| {name} | skipped: {why} | | | | |', flush=True)
        return []
    for line in lines:
        print(f'| {name} | {line.what} | {line.target} | {line.figure} | {line.yardstick} | {MARKS[line.met]} |',
              flush=True)
    return [{'row': name, **dataclasses.asdict(line)} for line in lines]


def main():
    arguments = parse_arguments()
    bench = Bench(arguments.build, arguments.runs, arguments.quick)
    lines = []
    broken = False
    print_head(arguments.runs)
    for name in arguments.rows:
        try:
            lines += run_row(bench, name)
        except Exception:
            traceback.print_exc()
            print(f'| {name} | broke: see stderr | | | | |', flush=True)
            broken = True
    if arguments.json:
        arguments.json.write_text(json.dumps(lines, indent=2, ensure_ascii=False) + '\n', encoding='utf-8')
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
