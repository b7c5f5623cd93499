#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The yardstick "FastAPI": the known cure for a handler whose heavy step blocks the event loop.

One endpoint, /ws: on "status" the whole loop of steps moves to a thread, where asyncio.run() gives it an event
loop of its own to send from; on "stop" a flag is cleared. --form chooses the thread: the loop's default
executor, an own pool of 20, or a threading.Thread. It is kept as people write it, faults included; what is
changed for fairness is that nothing is logged. --form prebuilt sends one ready frame for ever from the
server's own loop: what uvicorn's transport costs.
"""

import argparse
import asyncio
import concurrent.futures
import ctypes
import logging
import math
import signal
import socket
import sys
import threading

import fastapi
import fastapi.responses
import uvicorn

# Nobody waits for an hour for a benchmark: a forgotten server ends by itself.
LIFETIME_SECONDS = 3600

PYTHON_ITERATIONS = 34_500
C_ITERATIONS = 142_500
POINTS = 750
SVG_MAX_BYTES = 16384


class PythonStep:
    """De Jong's map in Python: holds the interpreter's lock for about 5 ms."""

    def __init__(self):
        self.x = self.y = 0.1

    def get_step_data(self):
        sin, cos = math.sin, math.cos
        x, y = self.x, self.y
        points = []
        every = PYTHON_ITERATIONS // POINTS
        for i in range(PYTHON_ITERATIONS):
            x, y = sin(1.4 * y) - cos(-2.3 * x), sin(2.4 * x) - cos(-2.1 * y)
            if i % every == 0:
                points.append(f'{(x + 2) * 100:.2f} {(y + 2) * 100:.2f}')
        self.x, self.y = x, y
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
                f'<path fill="none" stroke="black" d="M{" ".join(points)}"/></svg>')


class CStep:
    """The same step in C: ctypes lets go of the interpreter's lock around the call."""

    library = None

    def __init__(self):
        self.state = (ctypes.c_double * 2)(0.1, 0.1)
        self.buffer = ctypes.create_string_buffer(SVG_MAX_BYTES)

    def get_step_data(self):
        size = self.library.dejong_step(self.state, C_ITERATIONS, self.buffer)
        return self.buffer.raw[:size].decode()


def load_c_step(path):
    CStep.library = ctypes.CDLL(path)
    CStep.library.dejong_step.restype = ctypes.c_size_t
    CStep.library.dejong_step.argtypes = (ctypes.c_double * 2, ctypes.c_uint, ctypes.c_char_p)


def start_in_executor(function):
    asyncio.get_running_loop().run_in_executor(None, function)


def make_start_in_pool():
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=20)
    return lambda function: asyncio.get_running_loop().run_in_executor(pool, function)


def start_in_thread(function):
    threading.Thread(target=function, daemon=True).start()


def make_app(form, step, frame):
    app = fastapi.FastAPI()
    start = {'executor': start_in_executor, 'thread': start_in_thread}.get(form)
    if form == 'pool':
        start = make_start_in_pool()

    @app.get('/health', response_class=fastapi.responses.PlainTextResponse)
    async def health():
        return 'ok'

    async def ws(websocket: fastapi.WebSocket):
        await websocket.accept()
        is_running = False
        generator = step()

        async def run_continuous_iterations():
            while is_running:
                svg_string = generator.get_step_data()
                await websocket.send_text(svg_string)

        while True:
            data = await websocket.receive_text()
            if data == 'status':
                is_running = True
                start(lambda: asyncio.run(run_continuous_iterations()))
            elif data == 'stop':
                is_running = False

    async def ws_prebuilt(websocket: fastapi.WebSocket):
        await websocket.accept()
        is_running = False

        async def run():
            while is_running:
                await websocket.send_text(frame)

        while True:
            data = await websocket.receive_text()
            if data == 'status':
                is_running = True
                asyncio.create_task(run())
            elif data == 'stop':
                is_running = False

    app.websocket('/ws')(ws_prebuilt if form == 'prebuilt' else ws)
    return app


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--form', choices=['executor', 'pool', 'thread', 'prebuilt'], default='executor')
    parser.add_argument('--step', choices=['python', 'c'], default='python')
    parser.add_argument('--library', help='the C step, libbench-dejong.so')
    parser.add_argument('--size', type=int, default=10000, help='bytes of the prebuilt frame')
    parser.add_argument('--port', type=int, default=0)
    options = parser.parse_args()

    signal.alarm(LIFETIME_SECONDS)
    if options.step == 'c':
        load_c_step(options.library)
    app = make_app(options.form, CStep if options.step == 'c' else PythonStep, '<' * options.size)

    listener = socket.create_server(('127.0.0.1', options.port))
    print(f'Listening on http://127.0.0.1:{listener.getsockname()[1]}/', flush=True)
    # Every disconnect raises: the tracebacks would be most of the work.
    logging.disable(logging.CRITICAL)
    config = uvicorn.Config(app, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == '__main__':
    sys.exit(main())
