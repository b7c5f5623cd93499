#!/usr/bin/python3
"""Watch an optimiser at work: stepcastd -- python3 examples/optimise.py [SEED]

150 towns and one tour through them, made shorter by 2-opt: a stretch of the tour is turned
round wherever that helps. Prints a picture whenever the tour became shorter, and ends when no turn
helps any more. What goes to standard error is told as a message.
"""
import random
import sys
from math import dist

towns = [(rng.uniform(20, 380), rng.uniform(20, 380))
         for rng in [random.Random(int(sys.argv[1]) if sys.argv[1:] else 7)] for _ in range(150)]


def show(tour):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in tour)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in tour)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
          f'<polygon points="{path}" fill="#deddda" stroke="#1c71d8" stroke-width="2"/>{dots}</svg>', flush=True)


def shorten(tour):
    for i in range(len(tour) - 1):
        for k in range(i + 1, len(tour)):
            a, b, c, d = tour[i - 1], tour[i], tour[k], tour[(k + 1) % len(tour)]
            if k - i < len(tour) - 1 and dist(a, c) + dist(b, d) < dist(a, b) + dist(c, d) - 1e-9:
                return tour[:i] + tour[i:k + 1][::-1] + tour[k + 1:]
    return None


while towns:
    show(towns)
    last, towns = towns, shorten(towns)
print(f"length {sum(map(dist, last, last[1:] + last[:1])):.0f}", file=sys.stderr)
