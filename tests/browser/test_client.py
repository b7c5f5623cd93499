#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The JavaScript client on a page of somebody else's, in a real browser, against the real service.

The page comes from another origin, and has a content security policy as strict as there is. What is
between it and the service can be cut and can refuse WebSockets.
"""

import contextlib
import http.server
import signal
import socket
import struct
import threading

from browser import EXAMPLES, BrowserTest, main

try:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass  # main() says so

PAGE = '''<!DOCTYPE html>
<html lang="en">
<head><title>Elsewhere</title><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module" src="page.js"></script></head>
<body><div id="picture"></div></body>
</html>
'''

# follow () is what a page does with the client; it keeps what it was told.
SCRIPT = '''
import * as stepcast from '%(service)sstepcast.js';

window.stepcast = stepcast;
window.follow = (url, options, paints = Infinity) => {
  const container = document.createElement('div');
  document.body.append(container);
  const session = new stepcast.StepcastSession(url, options);
  const picture = new stepcast.StepcastPicture(container);
  const told = { session, picture, frames: [], shown: [], hellos: [], connections: [], errors: [] };

  session.addEventListener('hello', ({ detail }) => told.hellos.push(detail));
  session.addEventListener('connection', ({ detail }) => told.connections.push(detail));
  session.addEventListener('error', ({ detail }) => told.errors.push(detail));
  session.addEventListener('frame', ({ detail: { header, svg } }) => {
    told.frames.push({ ...header });
    picture.show(svg, header);
  });
  for (const type of ['shown', 'broken', 'dropped'])
    picture.addEventListener(type, ({ detail }) => {
      if (type === 'shown')
        told.shown.push(detail);
      if (told.shown.length <= paints)
        session.acknowledge(detail);
    });
  return window.told = told;
};
window.isReady = true;
'''

POLICY = ("default-src 'none'; script-src 'self' %(service)s; connect-src %(service)s %(proxy)s "
          "ws://127.0.0.1:*; img-src blob: data:; "
          "require-trusted-types-for 'script'; trusted-types 'none'")


class Elsewhere:
    """A web server of somebody else's."""

    def __init__(self):
        elsewhere = self
        self.addresses = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                is_script = self.path == '/page.js'
                is_example = self.path == '/embed.html'
                body = (SCRIPT % elsewhere.addresses if is_script else PAGE).encode()
                if is_example:
                    body = (EXAMPLES / 'embed.html').read_bytes()
                self.send_response(200)
                self.send_header('Content-Type', 'text/javascript' if is_script else 'text/html')
                if not is_example:
                    self.send_header('Content-Security-Policy', POLICY % elsewhere.addresses)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        # Another site, not only another port.
        self.origin = f'http://localhost:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Proxy:
    """What is between a page and the service: it passes bytes on, until it does not."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.address = f'http://127.0.0.1:{self.port}/'
        self.target = 0
        self.blocks_websockets = False
        self.lock = threading.Lock()
        self.sockets = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client:
            head = b''
            while b'\r\n\r\n' not in head:
                data = client.recv(65536)
                if not data:
                    return
                head += data
            if self.blocks_websockets and b'upgrade: websocket' in head.lower():
                client.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n'
                               b'Connection: close\r\n\r\n')
                return
            with socket.create_connection(('127.0.0.1', self.target)) as service:
                with self.lock:
                    self.sockets |= {client, service}
                service.sendall(head)
                back = threading.Thread(target=self.pump, args=(service, client), daemon=True)
                back.start()
                self.pump(client, service)
                back.join()
                with self.lock:
                    self.sockets -= {client, service}

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def cut(self):
        """Drops all connections, as a cable that is pulled and a host that finds out."""
        with self.lock:
            for end in self.sockets:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


class ClientTest(BrowserTest):
    def open(self, *args):
        """The page, and the service; a session `mine` that runs is on it."""
        self.elsewhere = Elsewhere()
        self.addCleanup(self.elsewhere.close)
        self.proxy = Proxy()
        self.addCleanup(self.proxy.close)
        self.begin(f'--allow-origin={self.elsewhere.origin}',
                   f'--allow-host=127.0.0.1:{self.proxy.port}', *args)
        self.proxy.target = self.service.port
        self.elsewhere.addresses = {'service': self.service.address, 'proxy': self.proxy.address}
        self.open_session()
        self.open_page()

    def open_page(self):
        self.driver.get(self.elsewhere.origin)
        self.wait(lambda: self.js('return window.isReady'), 'the module')

    def open_session(self, name='mine'):
        self.service.ask('POST', 'sessions', {'generator': 'attractor', 'name': name})
        self.service.ask('PATCH', f'sessions/{name}', {'do': 'start'})

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def call(self, what):
        """What a promise of the session's brings: its value, or the code that it is refused with."""
        return self.driver.execute_async_script(f'''
          const done = arguments[arguments.length - 1];
          told.session.{what}.then((value) => done({{ value: value ?? null }}),
                                   ({{ code, name }}) => done({{ code, name }}));
        ''')

    def follow(self, path='sessions/mine', through=None, role='control', paints=None, **options):
        address = (through or self.service).address
        self.js('window.told = follow(arguments[0], arguments[1], arguments[2] ?? undefined)',
                 address + path, {'token': self.service.token(role), **options}, paints)

    def told(self, what):
        return self.js(f'return told.{what}')

    def describe(self):
        return f'{self.js("return JSON.stringify(window.told?.connections)")}; {super().describe()}'

    def wait_connection(self, connection):
        self.wait(lambda: self.told('session.connection') == connection, connection)

    def wait_shown(self, more=3):
        """Until so many more pictures are in sight than there were."""
        count = self.told('shown.length') + more
        self.wait(lambda: self.told('shown.length') >= count, f'{more} more pictures')

    def wait_viewers(self, count, name='mine'):
        self.wait(lambda: self.service.ask('GET', f'sessions/{name}')['viewers'] == count,
                  f'{count} viewers')

    # ---- The element ----

    def add_element(self, role='control'):
        self.js('''
          const view = document.createElement('stepcast-view');
          Object.assign(view, { src: arguments[0], token: arguments[1], controls: true });
          view.told = [];
          for (const type of ['hello', 'state', 'frame', 'shown', 'connection', 'error'])
            view.addEventListener(type, () => view.told.push(type));
          document.body.append(window.view = view);
        ''', self.service.address + 'sessions/mine', self.service.token(role))
        return self.driver.find_element(By.TAG_NAME, 'stepcast-view')

    def part(self, element, name):
        return element.shadow_root.find_element(By.CSS_SELECTOR, f'[part~="{name}"]')

    def picture_of(self, element):
        return self.js('''
          const image = arguments[0].shadowRoot.querySelector('img:not([hidden])');
          return image && image.naturalWidth > 0 && image.getBoundingClientRect().width > 100
            ? image.src : null;
        ''', element)

    def wait_next_picture(self, element):
        last = self.picture_of(element)
        self.wait(lambda: self.picture_of(element) not in (None, last), 'the next picture')

    def wait_state(self, element, state):
        self.wait(lambda: element.get_attribute('state') == state, state)

    def test_the_element_shows_and_steers(self):
        self.open()
        element = self.add_element()
        self.wait_next_picture(element)
        self.wait_next_picture(element)
        self.assertEqual(element.get_attribute('connection'), 'open')
        self.assertLessEqual({'hello', 'frame', 'shown', 'connection'}, set(self.js(
            'return view.told')))

        self.part(element, 'stop').click()
        self.wait_state(element, 'stopped')
        self.assertFalse(self.part(element, 'stop').is_enabled())
        self.assertRegex(self.part(element, 'status').text, r'stopped at step [\d,]+')
        self.part(element, 'start').click()
        self.wait_state(element, 'running')
        self.wait_next_picture(element)

        # Keys, where the picture has the focus.
        self.js('view.shadowRoot.querySelector("[part=picture]").focus()')
        keys = self.driver.switch_to.active_element
        keys.send_keys(Keys.SPACE)
        self.wait_state(element, 'paused')
        step = self.js('return view.session.step')
        keys.send_keys('.')
        self.wait(lambda: self.js('return view.session.step') == step + 1, 'a step')
        keys.send_keys('s')
        self.wait_state(element, 'stopped')
        self.assert_quiet_console()

    def test_the_element_comes_and_goes(self):
        self.open()
        element = self.add_element(role='view')
        self.wait_next_picture(element)
        self.wait_viewers(1)
        self.assertEqual(self.js('return [view.src, view.getAttribute("src")]'),
                         [self.service.address + 'sessions/mine'] * 2)
        for name in ('start', 'step', 'stop'):
            self.assertFalse(self.part(element, name).is_enabled())
        self.js('view.controls = false')
        self.assertIsNone(element.get_attribute('controls'))
        self.assertFalse(self.part(element, 'controls').is_displayed())

        # What is moved stays; what is taken out leaves, and what is put back returns.
        self.js('const div = document.createElement("div"); document.body.append(div); '
                 'view.first = view.session; div.append(view);')
        self.wait_next_picture(element)
        self.assertTrue(self.js('return view.session === view.first'))
        self.js('view.remove()')
        self.wait_viewers(0)
        self.assertIsNone(self.js('return view.session'))
        self.js('document.body.append(view)')
        self.wait_next_picture(element)

        self.service.ask('DELETE', 'sessions/mine')
        self.wait(lambda: element.get_attribute('connection') == 'closed', 'the end')
        self.wait(lambda: 'ended' in self.part(element, 'message').text, 'a message')
        self.open_session()
        self.part(element, 'retry').click()
        self.wait_next_picture(element)
        self.assert_quiet_console()

    def test_the_example(self):
        self.open()
        self.driver.get(f'{self.elsewhere.origin}/embed.html#{self.service.address}?'
                        f'token={self.service.token("view")}&session=mine')
        element = self.driver.find_element(By.TAG_NAME, 'stepcast-view')
        self.wait_next_picture(element)
        self.wait(lambda: self.js('return document.querySelector("#small img:not([hidden])")'),
                  'the small picture')
        self.wait(lambda: 'running at step' in self.js('return step.value'), 'the step')
        self.wait_viewers(2)
        self.assertFalse(self.part(element, 'start').is_enabled())
        self.assert_quiet_console()

    # ---- Coming back ----

    def kill(self):
        self.service.end(signal.SIGKILL)
        self.wait_connection('reconnecting')

    def test_a_session_of_its_own_after_a_crash(self):
        self.open()
        self.follow('ws?generator=attractor&a=1.5')
        self.wait_connection('open')
        self.call('start()')
        self.wait_shown()
        self.assertIn('step', self.call('set({ a: 1.25, seed: "18446744073709551615" })')['value'])

        self.kill()
        self.assertEqual(self.call('stop()'), {'code': 'closed', 'name': 'RequestError'})
        self.assertEqual(self.told('session.values.a'), 1.25)
        self.assertTrue(self.told('picture.current'))
        self.wait(lambda: self.told('session.retryAt'), 'a plan')
        self.service.start()
        self.wait_connection('open')
        self.assertIsNone(self.told('hellos.at(-1).resumed'))
        self.assertEqual(self.told('session.state'), 'idle')
        self.assertEqual(self.told('session.values.a'), 1.25)
        self.assertEqual(self.told('session.values.seed'), '18446744073709551615')
        self.call('start()')
        self.wait_shown()
        self.assertEqual(self.told('errors'), [])

        self.js('told.session.close()')
        self.wait(lambda: not self.service.ask('GET', 'sessions')['sessions'], 'its end')
        self.assertEqual(self.told('session.connection'), 'closed')

    def test_somebodys_session_after_a_crash(self):
        self.open()
        self.follow()
        self.wait_shown()
        self.kill()
        self.service.start()
        self.wait_connection('closed')
        self.assertEqual(self.told('connections.at(-1).error.code'), 'unknown-session')
        self.assertIsNone(self.told('session.retryAt'))

        self.open_session()
        self.js('told.session.retryNow()')
        self.wait_connection('open')
        self.wait_shown()

    def test_a_shutdown(self):
        self.open()
        self.follow()
        self.wait_shown()
        self.service.end()
        self.wait_connection('reconnecting')
        self.assertEqual(self.told('connections.at(-1).code'), 1001)

        # It does not wait when the network is back.
        self.service.start()
        self.open_session()
        self.js('dispatchEvent(new Event("online"))')
        self.wait_connection('open')
        self.wait_shown()

    def test_a_wrong_token(self):
        self.open()
        self.js('follow(arguments[0], { token: "0".repeat(32) })',
                 self.service.address + 'sessions/mine')
        self.wait_connection('closed')
        self.assertEqual(self.told('connections.at(-1).error.code'), 'permission-denied')

    def test_a_bad_request(self):
        self.open()
        self.follow('ws?generator=no-such-thing')
        self.wait_connection('closed')
        self.assertEqual(self.told('connections.at(-1).error.code'), 'unknown-generator')
        self.assertEqual(self.told('connections.at(-1).code'), 1008)
        self.assert_quiet_console()

    def test_a_lost_connection_is_resumed(self):
        self.open()
        self.follow(through=self.proxy)
        self.wait_shown()
        for _ in range(2):
            count = self.told('hellos.length')
            self.proxy.cut()
            self.wait(lambda: self.told('hellos.length') > count, 'the next hello')
            self.wait_shown()
        self.assertEqual(len({hello['viewer'] for hello in self.told('hellos')}), 1)
        self.assertEqual(self.told('hellos.at(-1).resumed'), {'missed': 0})
        self.assertEqual(self.told('connections.map(({ connection }) => connection)'),
                         ['open', 'reconnecting', 'open', 'reconnecting', 'open'])
        self.assert_quiet_console()

    def test_every_frame_comes_once_over_many_connections(self):
        self.open()
        self.follow('ws?generator=attractor', through=self.proxy, delivery='every')
        self.wait_connection('open')
        name = self.told('session.name')
        self.call('start()')
        for _ in range(2):
            self.wait_shown()
            count = self.told('hellos.length')
            self.proxy.cut()
            self.wait(lambda: self.told('hellos.length') > count, 'the next hello')
        self.wait_shown()
        serials = self.told('frames.map(({ serial }) => serial)')
        self.assertEqual(serials, list(range(serials[0], serials[0] + len(serials))))
        self.assertEqual(self.told('session.name'), name)
        self.assertEqual(self.told('hellos.slice(1).map(({ resumed }) => resumed.missed)'), [0, 0])

    # ---- Without WebSocket ----

    def test_events_stand_in(self):
        self.open()
        self.proxy.blocks_websockets = True
        self.follow(through=self.proxy)
        self.wait_connection('events')
        self.wait_shown()
        self.assertEqual(self.told('session.role'), 'control')
        self.assertEqual(self.told('session.generator'), 'attractor')
        self.assertIn('a', self.told('session.values'))
        serials = self.told('frames.map(({ serial }) => serial)')
        self.assertEqual(serials, sorted(set(serials)))

        report = self.call('stop()')['value']
        self.assertGreater(report['step'], 0)
        self.wait(lambda: self.told('session.state') == 'stopped', 'the stop')
        self.assertEqual(self.call('pause()')['code'], 'bad-state')
        self.assertIn('step', self.call('set({ a: 1.25 })')['value'])
        self.wait(lambda: self.told('session.values.a') == 1.25, 'the value')
        self.assertNotIn('code', self.call('start()'))
        self.wait(lambda: self.told('session.run') == 2, 'the next run')
        self.wait_shown()

        # Back, as soon as it can.
        self.proxy.blocks_websockets = False
        self.js('told.session.retryNow()')
        self.wait_connection('open')
        self.wait_shown()
        self.wait_viewers(1)
        self.assertEqual(self.told('session.run'), 2)

    def test_events_end_with_the_session(self):
        self.open()
        self.follow(through=self.proxy, events='always')
        self.wait_connection('events')
        self.wait_shown()
        self.service.ask('DELETE', 'sessions/mine')
        self.wait_connection('closed')
        self.assertEqual(self.told('connections.at(-1).error.code'), 'unknown-session')

    def test_a_session_of_its_own_needs_a_websocket(self):
        self.open()
        self.proxy.blocks_websockets = True
        self.follow('ws?generator=attractor', through=self.proxy)
        self.wait(lambda: 'WebSocket' in (self.told('connections.at(-1)?.reason') or ''),
                  'the reason')
        self.proxy.blocks_websockets = False
        self.wait_connection('open')
        self.assertEqual(self.told('session.state'), 'idle')

    def test_events_for_a_view_link(self):
        self.open()
        self.follow(events='always', role='view')
        self.wait_connection('events')
        self.wait_shown()
        self.assertEqual(self.told('session.role'), 'view')
        self.assertEqual(self.call('stop()')['code'], 'permission-denied')

    # ---- Roles and paces ----

    def test_a_view_link(self):
        self.open()
        self.follow(role='view')
        self.wait_shown()
        self.assertEqual(self.told('session.role'), 'view')
        for what in ('start()', 'stop()', 'pause()', 'stepBy()', 'set({ a: 1 })', 'setRate(5)'):
            self.assertEqual(self.call(what)['code'], 'permission-denied', what)
        self.wait_shown()
        self.assert_quiet_console()

    def test_a_tab_that_does_not_paint_gets_nothing(self):
        self.open()
        self.follow(paints=1)
        self.js('window.stalled = told')
        # What came before it said for the first time what it shows is the socket's pace.
        self.wait(lambda: self.js('return stalled.shown.length'), 'a picture')
        self.follow()
        self.wait_shown(20)
        count = self.js('return stalled.frames.length')
        self.wait_shown(20)
        self.assertEqual(self.js('return stalled.frames.length'), count)
        # It is shown the present as soon as it paints again.
        self.js('stalled.session.acknowledge(stalled.shown.at(-1))')
        self.wait(lambda: self.js('return stalled.frames.length') > count, 'the next frame')

    def hide(self, is_hidden):
        """A browser without a screen shows all its tabs: this one is told that nobody sees it."""
        self.js("""
          Object.defineProperty(document, 'hidden', { configurable: true, value: arguments[0] });
          document.dispatchEvent(new Event('visibilitychange'));
        """, is_hidden)

    def test_a_hidden_tab_decodes_nothing(self):
        self.open()
        self.follow()
        self.wait_shown()
        self.hide(True)
        step = self.told('session.step')
        self.wait(lambda: self.service.ask('GET', 'sessions/mine')['step'] > step + 100, 'steps')
        frames, shown = self.told('frames.length'), self.told('shown.length')
        self.wait(lambda: self.service.ask('GET', 'sessions/mine')['step'] > step + 200, 'steps')
        self.assertEqual((self.told('frames.length'), self.told('shown.length')), (frames, shown))
        self.hide(False)
        self.wait_shown()
        self.assert_quiet_console()

    # ---- The picture ----

    def wait_display(self):
        self.wait(lambda: self.js('return display.length'), 'a decoded picture')

    def draw_one(self, step):
        """Until it is decoded, and waits for the display."""
        self.js('draw(arguments[0])', step)
        self.wait_display()

    def wait_heard(self, what):
        self.wait(lambda: self.js('return heard.includes(arguments[0])', what), what)

    def test_the_picture_keeps_what_is_in_sight(self):
        self.open()
        self.js('''
          window.urls = new Set();
          const { createObjectURL, revokeObjectURL } = URL;
          URL.createObjectURL = (blob) => {
            const url = createObjectURL.call(URL, blob);
            urls.add(url);
            window.mostUrls = Math.max(window.mostUrls ?? 0, urls.size);
            return url;
          };
          URL.revokeObjectURL = (url) => { urls.delete(url); revokeObjectURL.call(URL, url); };

          // A frame of the display comes when this test says so.
          window.display = [];
          window.requestAnimationFrame = (callback) => display.push(callback);
          window.flip = () => display.splice(0).forEach((callback) => callback());

          window.picture = new stepcast.StepcastPicture(document.querySelector('#picture'));
          window.heard = [];
          for (const type of ['shown', 'broken', 'dropped'])
            picture.addEventListener(type, ({ detail }) => heard.push(`${type} ${detail.step}`));
          window.draw = (step) => picture.show(
            `<svg xmlns="http://www.w3.org/2000/svg" width="${100 + step}" height="50"/>`, { step });
        ''')
        self.draw_one(1)
        self.js('for (let step = 2; step <= 50; step++) draw(step); flip();')
        self.wait_display()
        self.js('flip()')
        self.wait_heard('shown 50')
        # The first began at once, and all between it and the newest were never looked at.
        self.assertEqual(self.js('return heard'), ['shown 1', 'shown 50'])
        self.assertEqual(self.js('return picture.naturalSize'), {'width': 150, 'height': 50})
        self.assertEqual(self.js('return urls.size'), 1)
        self.assertLessEqual(self.js('return mostUrls'), 2)

        self.js('picture.show("<svg xmlns=", { step: 51 })')
        self.wait_heard('broken 51')
        self.assertEqual(self.js('return picture.current.header.step'), 50)
        self.assertIn('width="150"', self.js('return picture.current.svg'))
        self.assertEqual(self.js('return urls.size'), 1)

        self.draw_one(52)
        self.js('draw(53); picture.drop(); flip();')
        self.wait_heard('shown 52')
        self.draw_one(54)
        self.js('draw(55); picture.clear(); flip();')
        self.wait_heard('dropped 54')
        self.assertIsNone(self.js('return picture.current'))
        self.assertEqual(self.js('return urls.size'), 0)
        self.assertEqual(self.js('return heard.slice(3)'),
                         ['dropped 53', 'shown 52', 'dropped 55', 'dropped 54'])
        self.assert_quiet_console()


if __name__ == '__main__':
    main()
