#!/usr/bin/python3
"""A Lissajous figure that turns for ever: stepcastd -- python3 examples/lissajous.py"""
from itertools import count
from math import sin, tau

for step in count():
    phase = step / 240
    points = " ".join(f"{200 + 170 * sin(3 * t + phase):.1f},{200 + 170 * sin(4 * t + phase / 3):.1f}"
                      for t in (tau * i / 600 for i in range(600)))
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><rect width="400" height="400" fill="#14213d"/>'
          f'<polygon points="{points}" fill="none" stroke="hsl({step / 4 % 360:.0f},80%,70%)" stroke-width="3"/></svg>', flush=True)
