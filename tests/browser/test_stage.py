#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The picture's stage and the figures in a real browser, without a service.

Without Chromium, its driver or Selenium the test is skipped.
"""

import sys
import unittest

import chromium

SKIP = 77
PATIENCE_S = 30

# As much as a display's pixel: what is rounded to whole ones.
PIXEL = 1.01

PROBE = '''
  // What is in sight whenever the display is painted, and whenever anything of the picture has changed.
  const paper = document.querySelector('#paper');
  const look = () => [...paper.querySelectorAll('img')].filter(
    (image) => !image.hidden && image.complete && image.naturalWidth > 0).length;
  const seen = window.seen = { painted: 0, empty: 0, shown: 0 };
  new MutationObserver(() => { if (look() === 0) seen.empty++; }).observe(
    paper, { subtree: true, attributes: true, childList: true });
  const paint = () => { seen.painted++; if (look() !== 1) seen.empty++; requestAnimationFrame(paint); };
  requestAnimationFrame(paint);
'''

SHIFTS = '''
  window.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
    .observe({ type: 'layout-shift', buffered: true });
'''

# The colours of a row of a screenshot, from (x, y) on, as [red, green, blue, …].
READ_ROW = '''
  const [png, x, y, width, done] = arguments;
  const image = new Image();
  image.onload = () => {
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(x, y, width, 1);
    done(Array.from({ length: width }, (_, i) => [...data.slice(4 * i, 4 * i + 3)]));
  };
  image.src = `data:image/png;base64,${png}`;
'''


def make_frame(x=100, width=400, height=300, view_box='0 0 400 300', fill='#000', more=''):
    """A rectangle of 50 × 50 units, its corner at (x, 100)."""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{view_box}">'
            f'<rect x="{x}" y="100" width="50" height="50" fill="{fill}"/>{more}</svg>')


class StageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = chromium.SourceServer()
        cls.addClassCleanup(cls.server.close)
        cls.driver = chromium.launch()
        cls.addClassCleanup(cls.driver.quit)
        cls.driver.set_script_timeout(PATIENCE_S)

    def setUp(self):
        self.open()
        self.js('localStorage.clear()')
        self.open()

    def tearDown(self):
        severe = [entry['message'] for entry in self.driver.get_log('browser') if entry['level'] == 'SEVERE']
        self.assertEqual(severe, [])

    # ---- What a person does and sees ----

    def open(self):
        self.driver.get(self.server.address + 'stage.html')
        self.wait('window.test !== undefined')

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def cdp(self, command, **members):
        return self.driver.execute_cdp_cmd(command, members)

    def wait(self, condition, *arguments):
        """Waits until a condition in JavaScript holds at a frame of the display."""
        value = self.driver.execute_async_script(f'''
          const done = arguments[arguments.length - 1];
          const end = performance.now() + {PATIENCE_S - 5} * 1000;
          const look = () => {{
            const value = {condition};
            if (value || performance.now() > end) done(value);
            else requestAnimationFrame(look);
          }};
          look();
        ''', *arguments)
        self.assertTrue(value, f'{condition} did not come')
        return value

    def show(self, svg, run=1):
        self.assertTrue(self.driver.execute_async_script(
            'test.show(arguments[0], { run: arguments[1], step: 1 }).then(arguments[2])', svg, run))

    def rect(self, selector='#paper'):
        return self.js('const { left, top, width, height } = document.querySelector(arguments[0])'
                       '.getBoundingClientRect(); return { left, top, width, height }', selector)

    def press(self, key, code='', modifiers=0):
        for kind in ('keyDown', 'keyUp'):
            self.cdp('Input.dispatchKeyEvent', type=kind, key=key, code=code, modifiers=modifiers)

    def mouse(self, kind, x, y, **members):
        self.cdp('Input.dispatchMouseEvent', type=kind, x=x, y=y, **members)

    def wheel(self, x, y, dy, dx=0, modifiers=0):
        before = self.rect()
        self.mouse('mouseWheel', x, y, deltaX=dx, deltaY=dy, modifiers=modifiers)
        self.wait('Object.entries(arguments[0]).some(([key, value]) => '
                  'Math.abs(document.querySelector("#paper").getBoundingClientRect()[key] - value) > 0.01)', before)

    def touch(self, kind, *points):
        self.cdp('Input.dispatchTouchEvent', type=kind,
                 touchPoints=[{'x': x, 'y': y, 'id': i} for i, (x, y) in enumerate(points)])

    def read_row(self, x, y, width):
        png = self.driver.get_screenshot_as_base64()
        return self.driver.execute_async_script(READ_ROW, png, round(x), round(y), width)

    def text(self, selector):
        return self.js('return document.querySelector(arguments[0]).textContent', selector)

    def assert_rect(self, rect, expected, delta=PIXEL):
        for key, value in expected.items():
            self.assertAlmostEqual(rect[key], value, delta=delta, msg=f'{key} of {rect}')

    # ---- Where the picture is ----

    def test_fit(self):
        self.show(make_frame())
        view, paper = self.rect('.stage-view'), self.rect()
        self.assertAlmostEqual(paper['width'] / paper['height'], 4 / 3, delta=0.01)
        self.assertGreater(paper['width'], view['width'] * 0.6)
        self.assertGreaterEqual(paper['left'], view['left'])
        self.assertLessEqual(paper['left'] + paper['width'], view['left'] + view['width'])

        # Never over the tools.
        tools = self.rect('.stage-tools')
        self.assertGreaterEqual(paper['top'], tools['top'] + tools['height'])

        self.js('document.querySelector("#stage").style.width = "300px"')
        self.wait('document.querySelector("#paper").getBoundingClientRect().width < 300')
        paper = self.rect()
        self.assertGreater(paper['width'], 200)
        self.assertAlmostEqual(paper['width'] / paper['height'], 4 / 3, delta=0.02)

    def test_actual_size(self):
        self.show(make_frame())
        self.press('1')
        paper = self.rect()
        self.assertEqual((paper['width'], paper['height']), (400, 300))
        self.assertEqual(paper['left'] % 1, 0)
        self.assertEqual(paper['top'] % 1, 0)
        self.assertEqual(self.text('.stage-zoom'), '100\u00a0%')

        # What has a viewBox only is a pixel a unit; a length may have a unit.
        self.js('test.stage.fit()')
        self.show('<svg xmlns="http://www.w3.org/2000/svg" viewBox="-5 -5 123 77"/>')
        self.press('1')
        self.assert_rect(self.rect(), {'width': 123, 'height': 77}, 0.02)
        self.show('<svg xmlns="http://www.w3.org/2000/svg" width="2in" height="1in"/>')
        self.press('1')
        self.assert_rect(self.rect(), {'width': 192, 'height': 96}, 0.02)

    def test_zoom_around_the_pointer(self):
        self.show(make_frame())
        x, y = 200, 300
        for dy, modifiers in ((-120, 0), (-120, 0), (-5, 2), (120, 0), (-240, 0)):
            before = self.rect()
            self.wheel(x, y, dy, modifiers=modifiers)
            after = self.rect()
            factor = after['width'] / before['width']
            self.assertGreater((factor - 1) * -dy, 0)
            self.assert_rect(after, {'left': x - (x - before['left']) * factor,
                                     'top': y - (y - before['top']) * factor}, delta=1 + factor / 2)
            # A gesture of its own.
            self.driver.execute_async_script('setTimeout(arguments[0], 300)')

    def test_trackpad_pans(self):
        self.show(make_frame())
        self.js('test.stage.zoomBy(4)')
        before = self.rect()
        self.wheel(300, 300, 7, dx=11)
        self.assert_rect(self.rect(), {**before, 'left': before['left'] - 11, 'top': before['top'] - 7})

    def test_drag(self):
        self.show(make_frame())
        fit = self.rect()
        for is_zoomed in (False, True):
            if is_zoomed:
                self.js('test.stage.zoomBy(3)')
            before = self.rect()
            self.mouse('mousePressed', 300, 300, button='left', buttons=1, clickCount=1)
            self.mouse('mouseMoved', 320, 290, button='left', buttons=1)
            self.mouse('mouseMoved', 340, 285, button='left', buttons=1)
            self.mouse('mouseReleased', 340, 285, button='left', clickCount=1)
            self.mouse('mouseMoved', 400, 400)
            moved = (40, -15) if is_zoomed else (0, 0)
            self.assert_rect(self.rect(), {**before, 'left': before['left'] + moved[0],
                                           'top': before['top'] + moved[1]})

        # It can't be lost.
        self.js('test.stage.panBy(1e6, 1e6)')
        view, paper = self.rect('.stage-view'), self.rect()
        self.assertLess(paper['left'], view['left'] + view['width'])
        self.assertLess(paper['top'], view['top'] + view['height'])
        self.press('f')
        self.assert_rect(self.rect(), fit)

    def test_double_click(self):
        self.show(make_frame())
        fit = self.rect()
        for is_close in (True, False):
            for count in (1, 2):
                self.mouse('mousePressed', 300, 300, button='left', buttons=1, clickCount=count)
                self.mouse('mouseReleased', 300, 300, button='left', clickCount=count)
            self.assertEqual(self.js('return test.stage.isFit'), not is_close)
        self.assert_rect(self.rect(), fit)

    def test_pinch(self):
        self.cdp('Emulation.setTouchEmulationEnabled', enabled=True, maxTouchPoints=2)
        self.addCleanup(self.cdp, 'Emulation.setTouchEmulationEnabled', enabled=False)
        self.show(make_frame())
        for _ in range(2):
            before = self.rect()
            self.touch('touchStart', (250, 300), (350, 300))
            for spread in (60, 80, 100):
                self.touch('touchMove', (300 - spread, 300), (300 + spread, 300))
            self.touch('touchEnd')
            after = self.rect()
            # Browsers hold back the first pixels, until they know that it is a pinch.
            factor = after['width'] / before['width']
            self.assertGreater(factor, 1.5)
            self.assertLess(factor, 2.05)
            self.assert_rect(after, {'left': 300 - (300 - before['left']) * factor,
                                     'top': 300 - (300 - before['top']) * factor}, 12)

        before = self.rect()
        self.touch('touchStart', (250, 300))
        for x in (280, 310, 350):
            self.touch('touchMove', (x, 300))
        self.touch('touchEnd')
        self.assertGreater(self.rect()['left'], before['left'] + 60)

    def test_keyboard(self):
        self.assertFalse(self.js('return test.stage.handleKey(new KeyboardEvent("keydown", { key: "+" }))'))
        self.show(make_frame())
        fit = self.rect()
        self.press('ArrowRight')
        self.assert_rect(self.rect(), fit)
        self.press('+')
        self.press('+')
        zoomed = self.rect()
        self.assertAlmostEqual(zoomed['width'] / fit['width'], 1.25 ** 2, delta=0.01)
        for key, side, sign in (('ArrowRight', 'left', -1), ('ArrowLeft', 'left', 1),
                                ('ArrowDown', 'top', -1), ('ArrowUp', 'top', 1)):
            before = self.rect()
            self.press(key)
            self.assertGreater((self.rect()[side] - before[side]) * sign, 20)
        self.assert_rect(self.rect(), zoomed)
        self.press('-')
        self.press('-')
        self.assertAlmostEqual(self.rect()['width'], fit['width'], delta=PIXEL)
        self.assertFalse(self.js('return test.stage.isFit'))
        self.press('f')
        self.assertTrue(self.js('return test.stage.isFit'))
        # Others' keys stay theirs.
        for key in ('a', ' ', 'Enter'):
            self.assertFalse(self.js('return test.stage.handleKey(new KeyboardEvent("keydown", { key: arguments[0] }))',
                                     key))
        self.assertFalse(self.js(
            'return test.stage.handleKey(new KeyboardEvent("keydown", { key: "f", ctrlKey: true }))'))

    def test_fullscreen(self):
        self.show(make_frame())
        self.press('F', 'KeyF', modifiers=8)
        self.wait('document.fullscreenElement === document.querySelector("#stage")')
        self.wait('document.querySelector(".stage-full").getAttribute("aria-pressed") === "true"')
        self.wait('document.querySelector("#stage").getBoundingClientRect().width === innerWidth')
        self.press('F', 'KeyF', modifiers=8)
        self.wait('document.fullscreenElement === null')

    def test_tools(self):
        self.assertFalse(self.js('return document.querySelector(".stage-tools").checkVisibility()'))
        self.show(make_frame())
        names = self.js('return [...document.querySelectorAll(".stage-tools :is(button, select)")]'
                        '.map((tool) => tool.getAttribute("aria-label"))')
        self.assertEqual(names, ['Zoom out', 'Zoom in', 'Fit', '1:1, the picture’s own size', 'Ground', 'Fullscreen'])
        for tool, condition in (('in', '!test.stage.isFit'), ('actual', 'test.stage.zoom === 1'),
                                ('out', 'test.stage.zoom === 0.8'), ('fit', 'test.stage.isFit')):
            self.js('document.querySelector(arguments[0]).click()', f'.stage-{tool}')
            self.assertTrue(self.js(f'return {condition}'), tool)

    # ---- From frame to frame ----

    def test_zoom_is_kept(self):
        self.show(make_frame())
        self.js('test.stage.zoomBy(5); test.stage.panBy(-33, 21)')
        before = self.rect()
        scale = before['width'] / 400
        self.show(make_frame(x=110))
        self.assertEqual(self.rect(), before)

        # With twice the pixels, and the same in it.
        self.show(make_frame(width=800, height=600))
        self.assert_rect(self.rect(), before)

        # It has grown at its left and its right side.
        self.show(make_frame(width=800, view_box='-100 0 800 300'))
        self.assert_rect(self.rect(), {'left': before['left'] - 100 * scale, 'top': before['top'],
                                       'width': before['width'] * 2, 'height': before['height']})

        # A new run keeps it, too.
        self.show(make_frame(), run=2)
        self.assert_rect(self.rect(), before)

    def test_fit_is_kept(self):
        self.show(make_frame())
        self.show(make_frame(width=300, height=900, view_box='0 0 300 900'))
        paper, view = self.rect(), self.rect('.stage-view')
        self.assertAlmostEqual(paper['height'] / paper['width'], 3, delta=0.02)
        self.assertLessEqual(paper['top'] + paper['height'], view['top'] + view['height'])

    def test_never_empty(self):
        self.show(make_frame())
        self.js(PROBE)
        for i in range(40):
            self.show(make_frame(x=i * 5, width=400 + i % 3))
        self.driver.execute_async_script('''
          test.stage.addEventListener('broken', () => requestAnimationFrame(arguments[0]), { once: true });
          test.stage.show('<svg xmlns="http://www.w3.org/2000/svg"><g></svg>', {});
        ''')
        seen = self.js('return window.seen')
        self.assertGreater(seen['painted'], 40)
        self.assertEqual(seen['empty'], 0)
        self.assertIn('x="195"', self.js('return test.stage.current.svg'))

    def test_nothing_shifts(self):
        self.js(SHIFTS)
        for i in range(5):
            self.show(make_frame(width=400 + 50 * i))
            self.js('test.numbers.addProgress({ run: 1, step: arguments[0], metrics: {} })', i)
        self.js('test.stage.zoomBy(3)')
        self.show(make_frame(width=300))
        self.assertEqual(self.js('return window.shifts'), [])

    def test_dimmed(self):
        self.show(make_frame())
        self.js('test.stage.dim(true)')
        self.wait('getComputedStyle(document.querySelector(".stage-view")).opacity === "0.5"')
        self.js('test.stage.dim(false)')
        self.wait('getComputedStyle(document.querySelector(".stage-view")).opacity === "1"')

    # ---- What it looks like ----

    def assert_sharp(self, zoom):
        """The left edge of the rectangle, in the middle of the stage: no pixel between white and black."""
        self.js('test.stage.actualSize(); test.stage.zoomBy(arguments[0])', zoom)
        view, paper = self.rect('.stage-view'), self.rect()
        self.js('test.stage.panBy(arguments[0], arguments[1])',
                view['left'] + view['width'] / 2 - paper['left'] - 100 * zoom,
                view['top'] + view['height'] / 2 - paper['top'] - 125 * zoom)
        paper = self.rect()
        edge = paper['left'] + 100 * zoom
        row = self.read_row(edge - 10, paper['top'] + 125 * zoom, 20)
        self.assertEqual([sum(pixel) for pixel in row], [765] * 10 + [0] * 10)

    def test_sharp(self):
        self.show(make_frame())
        for zoom in (1, 2, 8, 64):
            with self.subTest(zoom=zoom):
                self.assert_sharp(zoom)

        # Likewise after another frame.
        self.show(make_frame(more='<path d="M0 0h400" stroke="red"/>'))
        self.assert_sharp(8)

    def corner(self):
        """The colours beside the picture's upper left corner, inside."""
        paper = self.rect()
        return self.read_row(paper['left'] + 3, paper['top'] + 3, 40)

    def test_grounds(self):
        self.show(make_frame())
        self.assertEqual(self.corner()[0], [255, 255, 255])
        self.js('test.stage.ground = "dark"')
        self.assertLess(max(self.corner()[0]), 64)
        self.js('test.stage.ground = "checker"')
        self.assertEqual(len({tuple(pixel) for pixel in self.corner()}), 2)
        self.js('test.stage.ground = "light"')
        self.assertEqual(self.corner()[0], [255, 255, 255])

        # By its choice on the page; and remembered.
        self.js('const choice = document.querySelector(".stage-ground"); choice.value = "dark";'
                'choice.dispatchEvent(new Event("change"))')
        self.open()
        self.assertEqual(self.js('return document.querySelector(".stage-ground").value'), 'dark')
        self.show(make_frame())
        self.assertLess(max(self.corner()[0]), 64)

    def test_automatic_ground(self):
        ground = 'document.querySelector("#paper").dataset.ground'
        self.show(make_frame(fill='#eee'))
        self.wait(f'{ground} === "dark"')
        # It does not change in a run.
        self.show(make_frame(fill='#111'))
        self.assertEqual(self.js(f'return {ground}'), 'dark')
        self.show(make_frame(fill='#111'), run=2)
        self.wait(f'{ground} === "light"')
        # What brings its ground along needs none.
        self.show(make_frame(more='<rect width="400" height="300" fill="#fff"/>'), run=3)
        self.assertEqual(self.js(f'return {ground}'), 'light')

    def test_no_storage(self):
        script = self.cdp('Page.addScriptToEvaluateOnNewDocument', source='''
          Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });
        ''')
        try:
            self.open()
            self.js('test.stage.ground = "dark"')
            self.assertEqual(self.js('return test.stage.ground'), 'dark')
            self.js('test.numbers.setMetrics([{ name: "a" }])')
            self.js('document.querySelector("[data-over=time]").click()')
        finally:
            self.cdp('Page.removeScriptToEvaluateOnNewDocument', **script)

    # ---- The figures ----

    def plot(self, n=100, run=1):
        self.js('''
          const [n, run] = arguments;
          for (let step = 1; step <= n; step++)
            test.numbers.addProgress({ run, step, time: 1000 + step / 2, 'steps-per-second': 2,
                                       metrics: { energy: step * 10, heat: -step / 1000, odd: null } });
        ''', n, run)
        self.wait('document.querySelector(".plot canvas") && document.querySelector(".plot").ariaLabel?.includes('
                  '`step ${arguments[0].toLocaleString("en")} `)', n)

    def set_metrics(self):
        self.js('test.numbers.setMetrics([{ name: "energy", summary: "Energy", unit: "J" }, { name: "heat" },'
                '{ name: "odd" }])')

    def values(self):
        return self.js('return [...document.querySelectorAll(".plot-value")].map((node) => node.textContent)')

    def point_at(self, fraction):
        over = self.rect('.plot canvas')
        self.mouse('mouseMoved', over['left'] + over['width'] * fraction, over['top'] + over['height'] / 2)

    def test_plot(self):
        self.set_metrics()
        self.assertEqual(self.values(), ['–', '–', '–'])
        self.plot()
        self.assertEqual(self.values(), ['1,000\u00a0J', '-0.1', '–'])
        self.assertEqual(self.js('return document.querySelector(".plot").role'), 'img')
        self.assertIn('Energy: 1,000\u00a0J', self.js('return document.querySelector(".plot").ariaLabel'))

        self.point_at(0.5)
        self.wait('!document.querySelector(".plot-where").hidden')
        step = int(self.text('.plot-where'))
        self.assertAlmostEqual(step, 50, delta=15)
        self.assertEqual(self.values(), [f'{step * 10}\u00a0J', f'{-step / 1000:g}', '–'])

        # New values don't push away what is looked at.
        self.js('test.numbers.addProgress({ run: 1, step: 101, time: 1050.5, metrics: { energy: 5000, heat: 1 } })')
        self.wait('document.querySelector(".plot").ariaLabel.includes("step 101 ")')
        self.assertNotIn('5,000\u00a0J', self.values())
        self.mouse('mouseMoved', 5, 500)
        self.wait('document.querySelector(".plot-value").textContent === "5,000\u00a0J"')

        self.js('document.querySelector("[data-over=time]").click()')
        self.point_at(0.999)
        self.wait('document.querySelector(".plot-where").textContent === "0:50"')

    def test_new_run(self):
        self.set_metrics()
        self.plot()
        self.plot(n=1, run=2)
        self.assertEqual(self.values()[0], '10\u00a0J')
        self.point_at(0.5)
        self.wait('document.querySelector(".plot-where").textContent === "1"')
        self.mouse('mouseMoved', 5, 500)

        # Another generator has other metrics, or none.
        self.js('test.numbers.setMetrics([{ name: "other" }])')
        self.assertEqual(self.values(), ['–'])
        self.wait('document.querySelectorAll(".plot canvas").length === 1')
        self.js('test.numbers.setMetrics([])')
        self.assertFalse(self.js('return document.querySelector(".metrics").checkVisibility()'))

    def test_hidden_line(self):
        self.set_metrics()
        self.plot()
        before = self.js('return document.querySelector(".plot canvas").toDataURL()')
        self.js('document.querySelector(".plot-legend button").click()')
        self.wait('document.querySelector(".plot canvas").toDataURL() !== arguments[0]', before)
        self.assertEqual(self.js('return document.querySelector(".plot-legend button").ariaPressed'), 'false')

    def test_bounded(self):
        track = self.js('''
          const track = new test.Track(['a', 'b']);
          let most = 0;
          for (let step = 1; step <= 123456; step++) {
            track.add(step, step / 10, { a: step === 54321 ? 99 : Math.sin(step), b: step === 777 ? -5 : undefined });
            most = Math.max(most, track.length);
          }
          const [steps, a, b] = track.read('step');
          const times = track.read('time')[0];
          return { most, length: track.length, first: steps[0], last: steps.at(-1), times: [times[0], times.at(-1)],
                   high: Math.max(...a), low: Math.min(...b), isSorted: steps.every((x, i) => i === 0 || x >= steps[i - 1]),
                   lengths: [steps.length, a.length, b.length] };
        ''')
        self.assertLessEqual(track['most'], 2000)
        self.assertGreaterEqual(track['length'], 900)
        self.assertEqual((track['first'], track['last']), (1, 123456))
        self.assertEqual(track['times'], [0.1, 12345.6])
        self.assertEqual((track['high'], track['low']), (99, -5))
        self.assertTrue(track['isSorted'])
        self.assertEqual(set(track['lengths']), {track['length']})

    def test_figures(self):
        self.assertFalse(self.js('return document.querySelector(".figures").checkVisibility()'))
        self.js('test.numbers.showFigures({ stepsPerSecond: 1234.5, missed: 0, roundTripSeconds: 0.0123, viewers: null })')
        told = self.js('return [...document.querySelectorAll(".figures > div:not([hidden])")]'
                       '.map((row) => [row.querySelector("dt").textContent, row.querySelector("dd").textContent])')
        self.assertEqual(told, [['Steps/s', '1,235'], ['Missed', '0'], ['Round trip', '12\u00a0ms']])
        self.js('test.numbers.showFigures({ missed: 3 })')
        self.assertEqual(self.text('[data-figure=missed] dd'), '3')
        self.assertEqual(self.text('[data-figure=stepsPerSecond] dd'), '1,235')

    def test_colour_scheme(self):
        self.addCleanup(self.cdp, 'Emulation.setEmulatedMedia', features=[])
        self.set_metrics()
        for scheme, colour in (('dark', [0x99, 0xc1, 0xf1]), ('light', [0x1a, 0x5f, 0xb4])):
            self.cdp('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
            self.plot()
            self.wait('''(() => {
              const canvas = document.querySelector('.plot canvas');
              const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] === 255 && arguments[0].every((part, j) => Math.abs(data[i + j] - part) < 3))
                  return true;
              return false;
            })()''', colour)


if __name__ == '__main__':
    if chromium.find_missing():
        print(f'skipped: no {chromium.find_missing()} here')
        sys.exit(SKIP)
    unittest.main(verbosity=2)
