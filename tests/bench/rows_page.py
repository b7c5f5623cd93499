# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page in headless Chromium: its first picture, its pictures a second, its memory, its size."""

import contextlib
import functools
import http.server
import json
import pathlib
import sys
import threading
import time
import urllib.parse

from harness import HERE, Line, Series, Skip, Table

sys.path.insert(0, str(HERE.parent / 'browser'))

import chromium  # noqa: E402

PATIENCE_SECONDS = 30
WARM_UP_SECONDS = 2.0
WINDOW_SECONDS = 8.0
PAUSE_SECONDS = 0.05

# An hour of 30 frames a second; in a quick run a minute.
HEAP_FRAMES = 108_000
HEAP_QUICK_FRAMES = 1_800
HEAP_SAMPLES = 10
HEAP_FRAME_BYTES = 2_000

SMALL, LARGE = 10_000, 100_000

# Runs before the page does. It counts a picture when an image comes into sight: that is done in an animation frame, so
# that the display's next frame has it; and while something is measured it keeps what the browser says of long tasks,
# their scripts, and shifts.
PROBE = '''
(() => {
  const probe = window.probe = { first: null, shown: 0, tasks: null, scripts: null, shifts: 0, sockets: [] };
  const look = (records) => {
    for (const { target, type } of records) {
      if (type !== 'attributes' || target.localName !== 'img' || target.hidden || !target.src.startsWith('blob:'))
        continue;
      probe.shown++;
      // The first task after the frame of the display that has it.
      if (probe.shown === 1)
        requestAnimationFrame(() => setTimeout(() => { probe.first = performance.now(); }));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, attributeFilter: ['hidden'] });
  const observe = (type, tell) => {
    if (PerformanceObserver.supportedEntryTypes.includes(type))
      new PerformanceObserver((list) => list.getEntries().forEach(tell)).observe({ type, buffered: true });
  };
  observe('longtask', ({ duration }) => probe.tasks?.push(duration));
  observe('long-animation-frame', ({ scripts }) => scripts.forEach(({ duration }) => probe.scripts?.push(duration)));
  observe('layout-shift', ({ value }) => { probe.shifts += value; });
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...members) {
      super(...members);
      probe.sockets.push(this);
    }
  };
})();
'''


class Browser:
    """A Chromium as long as the with block, with the probe in each page."""

    def __init__(self, *flags, events=False):
        if chromium.find_missing():
            raise Skip(f'no {chromium.find_missing()} here')
        self.driver = chromium.launch(*flags, log='performance' if events else 'browser')
        self.cdp('Page.addScriptToEvaluateOnNewDocument', source=PROBE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def cdp(self, command, **members):
        return self.driver.execute_cdp_cmd(command, members)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def open(self, url):
        """Loads a page, and waits for its first picture: the milliseconds from when it was asked for."""
        self.driver.get(url)
        return self.wait(lambda: self.js('return window.probe && probe.first'), 'a picture')

    def wait(self, condition, what, seconds=PATIENCE_SECONDS):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(PAUSE_SECONDS)
        raise Skip(f'{what} did not come within {seconds} s')

    def measure(self, seconds):
        """What the probe saw in so many seconds."""
        self.js('Object.assign(probe, { tasks: [], scripts: [], began: performance.now(), before: probe.shown, shifts: 0 })')
        time.sleep(seconds)
        return self.js('''
          const seconds = (performance.now() - probe.began) / 1000;
          const { tasks, scripts } = probe;
          probe.tasks = probe.scripts = null;
          return { pictures: probe.shown - probe.before, seconds, rate: (probe.shown - probe.before) / seconds,
                   tasks, scripts, shifts: probe.shifts };
        ''')

    def heap_mb(self):
        self.cdp('HeapProfiler.collectGarbage')
        return self.cdp('Runtime.getHeapUsage')['usedSize'] / 1e6

    def rss_mb(self):
        """Of all its processes: what is no script's, such as blobs and pictures."""
        return sum(_read_rss_mb(pid) for pid in _list_descendants(self.driver.service.process.pid))


def _list_descendants(root):
    children = {}
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text(encoding='utf-8', errors='replace').rpartition(')')[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _read_rss_mb(pid):
    with contextlib.suppress(OSError, IndexError):
        status = pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8', errors='replace')
        return int(status.split('VmRSS:')[1].split()[0]) / 1024
    return 0.0


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@contextlib.contextmanager
def _bare_server():
    """Serves page_bare.html; yields its origin."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(_Handler, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(server, generator, **parameters):
    return f'http://127.0.0.1:{server.port}/?' + urllib.parse.urlencode({'generator': generator, **parameters})


def _bare_page(origin, server, generator, size, **parameters):
    query = urllib.parse.urlencode({'generator': generator, **parameters})
    return f'{origin}/page_bare.html?' + urllib.parse.urlencode({
        'service': f'ws://127.0.0.1:{server.port}/ws?{query}', 'width': size['width'], 'height': size['height']})


def page_first(bench):
    """From the navigation to the first picture in sight, the browser's cache empty."""
    first = Series()
    with bench.stepcastd() as server, Browser() as browser:
        browser.cdp('Network.setCacheDisabled', cacheDisabled=True)
        for _ in bench.runs():
            first.add(browser.open(_page(server, 'attractor')))
    return [Line('navigation to the first picture', '≤ 1000 ms', first.text('ms', 0), met=first.median <= 1000)]


def page_paint(bench):
    """Pictures a second where the frames are small: what a display of 60 Hz asks for."""
    table = Table()
    cases = {'pattern, 10 KB': ('pattern', {'bytes': SMALL}), 'attractor': ('attractor', {})}
    with bench.stepcastd() as server, Browser() as browser:
        for _ in bench.runs():
            for name, (generator, parameters) in cases.items():
                browser.open(_page(server, generator, **parameters))
                browser.measure(bench.seconds(WARM_UP_SECONDS))
                table[name].add(browser.measure(bench.seconds(WINDOW_SECONDS, 2))['rate'])
    return [Line(f'{name}: pictures a second', '≥ 55', series.text(digits=1), met=series.median >= 55)
            for name, series in table.items()]


def _take_turns(bench, table, browser, server, origin, size_bytes):
    """The page and the bare one, one after the other; which is first changes."""
    browser.open(_page(server, 'pattern', bytes=size_bytes))
    size = browser.js('const image = document.querySelector("img:not([hidden])").getBoundingClientRect();'
                      'return { width: image.width, height: image.height }')
    urls = {'page': _page(server, 'pattern', bytes=size_bytes),
            'bare': _bare_page(origin, server, 'pattern', size, bytes=size_bytes)}
    for i in bench.runs():
        for name in sorted(urls, reverse=i % 2 == 0):
            browser.open(urls[name])
            browser.measure(bench.seconds(WARM_UP_SECONDS))
            report = browser.measure(bench.seconds(WINDOW_SECONDS, 3))
            pictures = max(report['pictures'], 1)
            table[f'{name} rate'].add(report['rate'])
            table[f'{name} tasks'].add(sum(task > 50 for task in report['tasks']) / pictures)
            table[f'{name} scripts'].add(sum(script > 50 for script in report['scripts']) / pictures)
            table[f'{name} shifts'].add(report['shifts'])


def page_large(bench):
    """Frames of 100 KB, beside a page that does nothing but show them."""
    table = Table()
    with _bare_server() as origin, bench.stepcastd(f'--allow-origin={origin}') as server, \
            Browser('--disable-frame-rate-limit', '--disable-gpu-vsync') as browser:
        _take_turns(bench, table, browser, server, origin, LARGE)
    ratio = table['page rate'].median / table['bare rate'].median
    scripts = table['page scripts']
    return [
        Line('pattern, 100 KB: pictures a second', '≥ 0.9 × bare', f'{table["page rate"].text(digits=1)}, {ratio:.2f} ×',
             f'{table["bare rate"].text(digits=1)} bare', ratio >= 0.9),
        Line('pattern, 100 KB: scripts over 50 ms a picture', '0, or as bare', scripts.text(digits=3),
             f'{table["bare scripts"].text(digits=3)} bare', scripts.median <= table['bare scripts'].median),
        Line('pattern, 100 KB: tasks over 50 ms a picture, the browser’s drawing among them', '',
             table['page tasks'].text(), f'{table["bare tasks"].text()} bare'),
        Line('layout shift while pictures change', '0', table['page shifts'].text(digits=4), met=table['page shifts'].worst == 0),
    ]


def page_heap(bench):
    """An hour of 30 frames a second, as fast as it goes."""
    frames = HEAP_QUICK_FRAMES if bench.quick else HEAP_FRAMES
    heap, rss = [], []
    with bench.stepcastd() as server, Browser('--disable-frame-rate-limit', '--disable-gpu-vsync') as browser:
        browser.open(_page(server, 'pattern', bytes=HEAP_FRAME_BYTES))
        browser.js('probe.sockets.at(-1).send(JSON.stringify({ type: "options", id: 1e9, "max-fps": 240 }))')
        began = time.monotonic()
        for i in range(HEAP_SAMPLES + 1):
            browser.wait(lambda least=(i + 1) * frames / (HEAP_SAMPLES + 1):
                         browser.js('return probe.shown') >= least, 'the frames', frames)
            heap.append(browser.heap_mb())
            rss.append(browser.rss_mb())
        rate = browser.js('return probe.shown') / (time.monotonic() - began)
    # The first of them is the warm-up.
    change = max(abs(mb / heap[0] - 1) for mb in heap[1:])
    return [
        Line(f'heap of the tab over {frames:,} frames', 'flat within 10 %',
             f'{heap[0]:.2f} → {heap[-1]:.2f} MB ({min(heap):.2f}–{max(heap):.2f})', f'{rate:.0f} pictures a second',
             change <= 0.1, values={'heap_mb': heap}),
        Line('RSS of all of Chromium meanwhile', '', f'{rss[0]:.0f} → {rss[-1]:.0f} MB', values={'rss_mb': rss}),
    ]


def _find_generator_with_metrics(server):
    generators = json.loads(server.get('/generators'))['generators']
    return next((generator['name'] for generator in generators if generator['metrics']), generators[0]['name'])


def page_size(bench):
    """All that the page loads by HTTP until its pictures and its plot are there, with the heads of the answers."""
    with bench.stepcastd() as server, Browser(events=True) as browser:
        generator = _find_generator_with_metrics(server)
        browser.cdp('Network.enable')
        browser.cdp('Network.setCacheDisabled', cacheDisabled=True)
        browser.open(_page(server, generator))
        time.sleep(WARM_UP_SECONDS)
        events = [json.loads(entry['message'])['message'] for entry in browser.driver.get_log('performance')]
    urls = {event['params']['requestId']: event['params']['request']['url'] for event in events
            if event['method'] == 'Network.requestWillBeSent'}
    sizes = {urls[event['params']['requestId']]: event['params']['encodedDataLength'] for event in events
             if event['method'] == 'Network.loadingFinished'
             and urls.get(event['params']['requestId'], '').startswith('http')}
    total = sum(sizes.values()) / 1000
    return [Line(f'the page by HTTP, {len(sizes)} answers', '≤ 100 KB', f'{total:.1f} KB', met=total <= 100,
                 values={urllib.parse.urlparse(url).path: size for url, size in sizes.items()})]


ROWS = {
    'page-first': page_first,
    'page-paint': page_paint,
    'page-large': page_large,
    'page-heap': page_heap,
    'page-size': page_size,
}
