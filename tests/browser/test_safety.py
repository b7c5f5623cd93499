#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile pictures, texts and pages, in a real browser.

Hostile documents set a flag, or call a canary: a server that hears whatever is asked of it. That
they would is proved first, where nothing holds them back.
"""

import html
import http.server
import pathlib
import re
import tempfile
import threading
import urllib.parse

from browser import BrowserTest, main

try:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    pass

RUN = "top.hostile='{name}';document.title='{name}';new Image().src='{url}';void 0"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' \
      'width="200" height="100" viewBox="0 0 200 100"'
HTML = 'xmlns="http://www.w3.org/1999/xhtml"'
BOX = '<rect width="200" height="100" fill="#27a"/>'

# What is in the document, by its name. Each gets at the canary in Chromium if it is opened there.
HOSTILE = {
    'script': f'{SVG}><script>{RUN}</script>{BOX}</svg>',
    'script-src': f'{SVG}><script href="{{url}}"/>{BOX}</svg>',
    'script-data': f'{SVG}><script xlink:href="data:text/javascript,new Image().src=%22{{url}}%22"/>'
                   f'{BOX}</svg>',
    'onload': f'{SVG} onload="{RUN}">{BOX}</svg>',
    'onbegin': f'{SVG}>{BOX}<rect width="9" height="9"><animate attributeName="x" to="9" dur="1s" '
               f'onbegin="{RUN}"/></rect></svg>',
    'onerror': f'{SVG}><image href="data:,x" onerror="{RUN}"/>{BOX}</svg>',
    'foreign-image': f'{SVG}>{BOX}<foreignObject width="90" height="90"><img {HTML} src="{{url}}"/>'
                     '</foreignObject></svg>',
    'foreign-handler': f'{SVG}>{BOX}<foreignObject width="90" height="90"><img {HTML} src="data:,x" '
                       f'onerror="{RUN}"/></foreignObject></svg>',
    'foreign-frame': f'{SVG}>{BOX}<foreignObject width="90" height="90"><iframe {HTML} '
                     'src="{url}"/></foreignObject></svg>',
    'foreign-object': f'{SVG}>{BOX}<foreignObject width="90" height="90"><object {HTML} '
                      'data="{url}"/></foreignObject></svg>',
    'foreign-link': f'{SVG}>{BOX}<foreignObject width="90" height="90"><link {HTML} '
                    'rel="stylesheet" href="{url}"/></foreignObject></svg>',
    'refresh': f'{SVG}>{BOX}<foreignObject width="90" height="90"><meta {HTML} '
               'http-equiv="refresh" content="0;url={url}"/></foreignObject></svg>',
    'image': f'{SVG}>{BOX}<image href="{{url}}" width="90" height="90"/></svg>',
    'xlink-image': f'{SVG}>{BOX}<image xlink:href="{{url}}" width="90" height="90"/></svg>',
    'fe-image': f'{SVG}><filter id="f"><feImage href="{{url}}"/></filter>'
                '<rect width="200" height="100" filter="url(#f)"/></svg>',
    'set-image': f'{SVG}>{BOX}<image width="90" height="90"><set attributeName="href" '
                 'to="{url}"/></image></svg>',
    'import': f'{SVG}><style>@import "{{url}}";</style>{BOX}</svg>',
    'import-escaped': f'{SVG}><style>@\\69mport "{{url}}";</style>{BOX}</svg>',
    'background': f'{SVG} style="background-image:url({{url}})">{BOX}</svg>',
    'font': f'{SVG}><style>@font-face {{{{ font-family: x; src: url("{{url}}"); }}}} '
            f'text {{{{ font-family: x; }}}}</style>{BOX}<text y="50">x</text></svg>',
    'stylesheet': f'<?xml-stylesheet type="text/css" href="{{url}}"?>{SVG}>{BOX}</svg>',
    'link': f'{SVG}><a href="javascript:{RUN}">{BOX}</a></svg>',
    'xlink': f'{SVG}><a xlink:href="javascript:{RUN}">{BOX}</a></svg>',
    'set-link': f'{SVG}><a><set attributeName="href" to="javascript:{RUN}"/>{BOX}</a></svg>',
    'link-elsewhere': f'{SVG}><a href="{{url}}" target="_blank">{BOX}</a></svg>',
}

# What is in a picture by right: it leads elsewhere only where it is followed.
ALLOWED = {'link-elsewhere'}

# What is shown as text, or not at all.
MARKUP = "<img src=x onerror=top.hostile='text'>"
RIGHT_TO_LEFT = 'a\u202eb\u2066c'

SHOW = '''
  const [url, svg, done] = arguments;
  const { StepcastPicture } = await import(url);
  const box = document.createElement('div');
  box.id = 'shown-by-the-test';
  box.style.cssText = 'position: fixed; inset: 0; z-index: 1000';
  document.querySelector('#shown-by-the-test')?.remove();
  document.body.append(box);
  const picture = new StepcastPicture(box);
  picture.addEventListener('shown', () => requestAnimationFrame(() => done('shown')));
  picture.addEventListener('broken', () => done('broken'));
  picture.show(svg, {});
'''

WATCH = '''
  window.violations = [];
  addEventListener('securitypolicyviolation',
                   (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
'''


class Canary(http.server.ThreadingHTTPServer):
    """Keeps the paths that it is asked for. Below /pages is what the tests put there, by its name:
    (its type, its text, its policy)."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), CanaryHandler)
        self.heard = []
        self.pages = {}
        self.address = f'http://127.0.0.1:{self.server_port}'
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def make(self, name):
        return HOSTILE[name].format(name=name, url=f'{self.address}/heard/{name}')

    def serve(self, name, kind, text, policy=None):
        self.pages[f'/pages/{name}'] = kind, text, policy
        return f'{self.address}/pages/{name}'


class CanaryHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind, text, policy = self.server.pages.get(self.path, ('text/plain', '', None))
        if self.path.startswith('/heard/'):
            self.server.heard.append(self.path.removeprefix('/heard/'))
        self.send_response(200)
        self.send_header('Content-Type', kind)
        if policy:
            self.send_header('Content-Security-Policy', policy)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class SafetyTest(BrowserTest):
    def setUp(self):
        super().setUp()
        self.canary = Canary()
        self.addCleanup(self.canary.close)
        self.addCleanup(self.close_other_windows)

    def close_other_windows(self):
        first, *others = self.driver.window_handles
        for other in others:
            self.driver.switch_to.window(other)
            self.driver.close()
        self.driver.switch_to.window(first)

    def call_canary(self, name='script'):
        """Opens a hostile document where nothing holds it back, and waits until it is heard: what
        the browser would have asked for before, it has asked for."""
        before = len(self.canary.heard)
        self.driver.get(self.canary.serve(f'free-{name}.svg', 'image/svg+xml',
                                          self.canary.make(name)))
        if 'link' in name and name != 'foreign-link':
            self.click_picture('rect')
        self.wait(lambda: name in self.canary.heard[before:], f'a call by “{name}”')

    def click_picture(self, selector):
        ActionChains(self.driver).move_to_element(
            self.driver.find_element(By.CSS_SELECTOR, selector)).click().perform()

    def assert_silent(self, flag=None):
        self.assertIsNone(flag)
        self.assertEqual(self.canary.heard, [])
        self.call_canary()
        self.assertEqual(self.canary.heard, ['script'])
        self.canary.heard.clear()

    def text_of_page(self):
        return self.driver.execute_script('return document.body?.textContent ?? ""')


class Pictures(SafetyTest):
    def test_they_are_hostile(self):
        for name in HOSTILE:
            with self.subTest(name):
                self.call_canary(name)
                self.close_other_windows()

    def test_the_service_refuses_them(self):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-safety-')
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name) / 'picture.svg'
        self.begin('--', '/usr/bin/python3', '-c',
                   f'import time; print(open({str(path)!r}).read(), flush=True); time.sleep(1000)')
        link = self.service.link
        for name in HOSTILE:
            with self.subTest(name):
                path.write_text(self.canary.make(name))
                self.driver.get(link)
                link = self.service.address
                session = self.wait(self.find_ended, 'the end of the session')
                if name in ALLOWED:
                    self.assertEqual(session['state'], 'running')
                    self.wait(lambda: self.count_pictures() > 0, 'the picture')
                else:
                    self.assertEqual(session['reason']['code'], 'invalid-frame')
                    # The page says so, too; where it is wrong may stand elsewhere.
                    what = re.search(r'column \d+: (.{20})', session['reason']['message'])[1]
                    self.wait(lambda: what in self.text_of_page(), what)
                    self.assertEqual(self.count_pictures(), 0)
                self.assertIsNone(self.driver.execute_script('return window.hostile'))
                # It would wait for its viewer to come back.
                self.service.ask('DELETE', f'sessions/{session["name"]}')
        self.assert_silent()

    def count_pictures(self):
        return self.driver.execute_script(
            'return [...document.images].filter((i) => i.naturalWidth > 0).length')

    def find_ended(self):
        sessions = self.service.ask('GET', 'sessions')['sessions']
        return next((session for session in sessions
                     if session['state'] == 'failed' or session['step'] > 0), None)

    def show_all(self):
        for name in HOSTILE:
            with self.subTest(name):
                outcome = self.driver.execute_async_script(
                    f'(async () => {{ {SHOW} }}).apply(null, arguments)',
                    self.service.address + 'stepcast.js', self.canary.make(name))
                self.assertIn(outcome, ('shown', 'broken'))
                if outcome == 'shown':
                    self.click_picture('#shown-by-the-test')
                self.assertEqual(len(self.driver.window_handles), 1)
        return self.driver.execute_script('return window.hostile')

    def test_the_page_s_picture_keeps_them_silent(self):
        """As if the service had let them through."""
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        self.assert_silent(self.show_all())

    def test_anybody_s_picture_keeps_them_silent(self):
        """Without a policy, too: it is how pictures are shown that holds them back."""
        self.begin()
        self.driver.get(self.canary.serve('own.html', 'text/html', '<!DOCTYPE html><body>'))
        self.assert_silent(self.show_all())

    def test_in_a_tab_of_its_own(self):
        """By the policy that frames have."""
        self.begin('--default-generator=attractor')
        self.service.ask('POST', 'sessions', {'name': 'one'})
        self.service.ask('PATCH', 'sessions/one', {'do': 'step'})
        self.driver.get(self.service.link + '&start=no')
        policy = self.wait(lambda: self.driver.execute_async_script('''
          const done = arguments[0];
          fetch('sessions/one/frame.svg').then((response) => done(
            response.ok ? response.headers.get('Content-Security-Policy') : null));'''), 'a frame')
        for name in HOSTILE:
            with self.subTest(name):
                self.driver.get(self.canary.serve(f'{name}.svg', 'image/svg+xml',
                                                  self.canary.make(name), policy))
                self.assertEqual(self.driver.title, '')
        # Links elsewhere are what they say that they are.
        self.assert_silent()


class Texts(SafetyTest):
    def begin_with_program(self, name, text):
        directory = tempfile.TemporaryDirectory(prefix='stepcast-safety-')
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name) / name
        path.write_text(f'#!/usr/bin/python3\n{text}')
        path.chmod(0o700)
        self.begin('--', str(path))

    def assert_text(self, *texts):
        for text in texts:
            self.wait(lambda: text in self.text_of_page(), repr(text[:80]))
        self.assertEqual(self.driver.execute_script('''
          return [...document.querySelectorAll('[src="x"], [onerror], script:not([src])')].length'''),
            0)
        self.assertIsNone(self.driver.execute_script('return window.hostile ?? null'))
        self.assertLessEqual(self.driver.execute_script(
            'return document.documentElement.scrollWidth - innerWidth'), 0)
        self.assertEqual(self.read_console(), [])

    def test_of_a_program(self):
        """Its name, what it prints for people, and what it says at its end."""
        long = 'm' * 10000
        self.begin_with_program(f'{MARKUP}{RIGHT_TO_LEFT}', f'''
import sys
print("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/>", flush=True)
for line in ({MARKUP!r}, {RIGHT_TO_LEFT!r}, "</pre><script>top.hostile='log'</script>", {long!r}):
    print(line, file=sys.stderr, flush=True)
sys.exit("the end: " + {MARKUP!r})
''')
        self.driver.get(self.service.link)
        self.assert_text(MARKUP, RIGHT_TO_LEFT, "</pre><script>top.hostile='log'</script>",
                         'm' * 1000, f'the end: {MARKUP}')

    def test_of_an_address(self):
        self.begin()
        for text, shown in ((MARKUP, MARKUP), (f'x{RIGHT_TO_LEFT}', '“xa')):
            self.driver.get(f'{self.service.link}&generator={urllib.parse.quote(text)}')
            self.assert_text(shown)
        self.driver.get(f'{self.service.link}&session={urllib.parse.quote(MARKUP)}')
        self.wait(lambda: 'onnect' not in self.driver.title, 'the page')
        self.assertIsNone(self.driver.execute_script('return window.hostile ?? null'))

    def test_of_a_document(self):
        """What a refusal quotes of it."""
        tag = '&lt;img src=x onerror=top.hostile=1&gt;'
        picture = f"<svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:{tag}'/></svg>"
        self.begin('--', '/bin/sh', '-c', f'echo "{picture}"; sleep 1000')
        self.driver.get(self.service.link)
        self.wait(lambda: 'javascript:' in self.text_of_page(), 'the refusal')
        self.assert_text()


class Policy(SafetyTest):
    def watch(self):
        added = self.driver.execute_cdp_cmd('Page.addScriptToEvaluateOnNewDocument',
                                            {'source': WATCH})
        self.addCleanup(self.driver.execute_cdp_cmd, 'Page.removeScriptToEvaluateOnNewDocument',
                        added)

    @property
    def violations(self):
        return self.driver.execute_script('return window.violations')

    def test_normal_use_violates_nothing(self):
        self.watch()
        self.begin()
        self.driver.get(self.service.link)
        self.wait(self.has_picture, 'a picture')
        for key in (Keys.SPACE, '.', Keys.SPACE, '?', Keys.ESCAPE, 's', Keys.SPACE, 'f', '+', '-',
                    '1', Keys.LEFT, 'r'):
            self.driver.find_element(By.TAG_NAME, 'body').send_keys(key)
        self.click_all('button')
        self.click_all('summary')
        self.wait(self.has_picture, 'a picture')
        self.assertEqual(self.violations, [])
        self.assertEqual([line for line in self.read_console() if 'Policy' in line], [])

    def click_all(self, selector):
        for button in self.driver.find_elements(By.CSS_SELECTOR, selector):
            # What closes the session or the page is for other tests.
            if button.is_displayed() and button.is_enabled():
                try:
                    button.click()
                except Exception as error:  # it has gone, or something lies over it
                    self.assertRegex(type(error).__name__, 'Stale|Intercepted|NotInteractable')

    def has_picture(self):
        return self.driver.execute_script(
            'return [...document.images].some((i) => i.src.startsWith("blob:") && i.naturalWidth > 0)')

    def test_what_it_forbids(self):
        """That the watch sees something, and that the policy is in force."""
        self.watch()
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        for attempt in ('document.body.innerHTML = "x"', 'document.write("x")',
                        'document.createElement("script").text = "x"',
                        'trustedTypes.createPolicy("x", {})'):
            with self.subTest(attempt):
                self.assertEqual(self.try_in_page(attempt), 'refused')
        self.try_in_page(f'fetch("{self.canary.address}/heard/fetch").catch(() => 0)')
        self.try_in_page(f'new Image().src = "{self.canary.address}/heard/image"')
        self.wait(lambda: {'connect-src', 'img-src'} <=
                  {text.split(' ')[0] for text in self.violations}, 'the violations')
        self.read_console()
        self.assert_silent()

    def try_in_page(self, attempt):
        return self.driver.execute_script(
            f'try {{ {attempt}; return "done" }} catch {{ return "refused" }}')


class Embedding(SafetyTest):
    """Another site's page: “localhost” is another site than 127.0.0.1."""

    def embed(self, *options):
        self.begin(*options)
        page = f'<!DOCTYPE html><iframe width="900" height="600" src="{html.escape(self.service.link)}">'
        self.driver.get(self.canary.serve('embed.html', 'text/html', page)
                        .replace('127.0.0.1', 'localhost'))
        self.driver.switch_to.frame(self.driver.find_element(By.TAG_NAME, 'iframe'))
        self.addCleanup(self.driver.switch_to.default_content)

    def test_is_refused(self):
        self.embed()
        self.assertEqual(self.driver.execute_script(
            'return document.querySelectorAll("main").length'), 0)
        self.assertIn('frame-ancestors', ' '.join(self.read_console()))

    def test_is_shown_where_it_is_allowed(self):
        self.embed(f'--allow-embedding=http://localhost:{self.canary.server_port}')
        self.wait(lambda: self.driver.execute_script(
            'return [...document.images].some((i) => i.naturalWidth > 0)'), 'a picture')
        self.assert_quiet_console()


if __name__ == '__main__':
    main()
