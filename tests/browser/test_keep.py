#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeping a picture, in a real browser, and computing it again by the command line.

STEPCASTD and STEPCAST are the programs to test. Without Chromium, its driver or Selenium the test
is skipped.
"""

import functools
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
import zlib

import browser

STEPCAST = os.environ.get('STEPCAST', 'stepcast')

RECIPE = '{https://stepcast.org/ns/recipe}recipe'
ELEMENT = re.compile(r'<metadata xmlns="http://www\.w3\.org/2000/svg"><recipe [^<]*</recipe></metadata>')

SEED = '18446744073709551615'

# Our own parts, in a page of the service: whatever that page shows beside them.
BEGIN = '''
  const [path, done] = arguments;
  (async () => {
    const { Keep } = await import('/keep.js');
    const { StepcastPicture, StepcastSession } = await import('/stepcast.js');
    const root = document.createElement('div');
    root.id = 'kept';
    document.body.append(root);
    const picture = new StepcastPicture(root);
    const session = new StepcastSession(path);
    for (const type of ['shown', 'broken', 'dropped'])
      picture.addEventListener(type, ({ detail }) => session.acknowledge(detail));
    session.addEventListener('frame', ({ detail }) => picture.show(detail.svg, detail.header));
    const keep = new Keep({ stage: picture, session });
    window.test = { picture, session, keep };
  })().then(() => done(null), (error) => done(String(error.stack)));
'''


def read_chunks(png):
    """The chunks of a PNG, whose checksums are right."""
    assert png.startswith(b'\x89PNG\r\n\x1a\n')
    chunks, at = [], 8
    while at < len(png):
        length, = struct.unpack_from('>I', png, at)
        kind, data = png[at + 4:at + 8], png[at + 8:at + 8 + length]
        crc, = struct.unpack_from('>I', png, at + 8 + length)
        assert crc == zlib.crc32(kind + data), kind
        chunks.append((kind.decode(), data))
        at += 12 + length
    return chunks


class KeepTest(browser.BrowserTest):
    def setUp(self):
        super().setUp()
        self.directory = tempfile.TemporaryDirectory(prefix='stepcast-keep-')
        self.addCleanup(self.directory.cleanup)
        self.downloads = pathlib.Path(self.directory.name)
        self.driver.execute_cdp_cmd('Browser.setDownloadBehavior', {
            'behavior': 'allow', 'downloadPath': str(self.downloads)})
        self.driver.set_script_timeout(browser.PATIENCE_S)

    # ---- A session, a page, a file ----

    def open(self, parameters=None, generator='attractor', steps=12):
        self.begin()
        name = self.service.ask('POST', 'sessions', {
            'generator': generator, 'name': 'kept', 'parameters': parameters or {
                'seed': SEED, 'iterations': 3000, 'points': 60}})['name']
        self.driver.get(f'{self.service.link}&session={name}&start=no')
        self.begin_keeping(f'/sessions/{name}')
        self.do(steps)

    def begin_keeping(self, path):
        self.assertIsNone(self.driver.execute_async_script(BEGIN, path))

    def do(self, steps):
        self.service.ask('PATCH', 'sessions/kept', {'do': 'step', 'steps': steps})
        self.wait(lambda: self.session['state'] == 'paused', 'the pause')
        self.wait_in_sight(self.session['step'])

    def set(self, **values):
        return self.service.ask('PATCH', 'sessions/kept', {'parameters': values})['step']

    @property
    def session(self):
        return self.service.ask('GET', 'sessions/kept')

    @property
    def in_sight(self):
        return self.driver.execute_script('return window.test.picture.current')

    def wait_in_sight(self, step):
        self.wait(lambda: (self.in_sight or {'header': {}})['header'].get('step') == step,
                  f'the picture of step {step}')

    def keep(self, call, *arguments):
        """What a method of Keep answers, as {result} or {error}."""
        return self.driver.execute_async_script('''
          const [call, values, done] = arguments;
          window.test.keep[call](...values).then((result) => done({ result }),
                                                 (error) => done({ error: error.message }));
        ''', call, arguments)

    def save(self, call, *arguments):
        """The file that is saved."""
        answer = self.keep(call, *arguments)
        name = re.fullmatch(r'Saved as (\S+)\.', answer.get('result', str(answer)))[1]
        path = self.downloads / name
        self.wait(path.exists, f'the download of {name}')
        return path

    def compute(self, *arguments):
        """The picture that the command line computes, on a bus and with a service of its own."""
        output = self.downloads / 'computed.svg'
        result = subprocess.run(
            ['dbus-run-session', '--', sys.executable, '-c', RUN, browser.STEPCASTD, STEPCAST, 'run',
             *map(str, arguments), f'--output={output}'],
            env=dict(os.environ, HOME=self.directory.name, XDG_RUNTIME_DIR=self.directory.name,
                     GSETTINGS_BACKEND='memory', LC_ALL='C.UTF-8'),
            capture_output=True, text=True, timeout=4 * browser.PATIENCE_S)
        self.assertEqual(result.returncode, 0, result.stderr)
        return output.read_text()

    def read_recipe(self, svg):
        root = ElementTree.fromstring(svg)
        return json.loads(root[0].find(RECIPE).text)

    # ---- The tests ----

    def test_svg_is_what_is_in_sight(self):
        self.open()
        frame = self.in_sight
        path = self.save('saveSvg')
        svg = path.read_text()

        self.assertEqual(path.name, 'attractor-run1-step12.svg')
        self.assertEqual(ELEMENT.sub('', svg), frame['svg'])
        self.assertEqual(len(ELEMENT.findall(svg)), 1)
        recipe = self.read_recipe(svg)
        self.assertEqual({key: recipe[key] for key in ('stepcast', 'generator', 'run', 'step', 'changes')},
                         {'stepcast': 1, 'generator': 'attractor', 'run': 1, 'step': 12, 'changes': []})
        self.assertEqual(recipe['parameters']['seed'], SEED)
        self.assertRegex(recipe['service'], r'^\d+\.\d+')
        self.assert_quiet_console()

    def test_computed_again(self):
        self.open()
        frame = self.in_sight
        path = self.save('saveSvg')
        self.assertEqual(self.compute('--from', path), frame['svg'])
        self.assertNotEqual(self.compute('--from', path, 'seed=7'), frame['svg'])
        self.assertNotEqual(self.compute('--from', path, '--steps=11'), frame['svg'])

    def test_changes_are_made_again(self):
        self.open()
        self.assertEqual(self.set(a=1.7), 13)
        self.do(5)
        self.set(b=-1.1, points=80)
        self.set(b=-1.2)
        self.do(5)
        frame = self.in_sight
        svg = self.save('saveSvg')
        self.assertEqual(self.read_recipe(svg.read_text())['changes'], [
            {'step': 13, 'values': {'a': 1.7}}, {'step': 18, 'values': {'points': 80, 'b': -1.2}}])
        self.assertEqual(self.compute('--from', svg), frame['svg'])
        self.assertEqual(self.compute('--from', self.save('savePng')), frame['svg'])

    def test_png(self):
        self.open()
        natural = self.driver.execute_script('return window.test.picture.naturalSize')
        ratio = self.driver.execute_script('return devicePixelRatio')
        for options, width in (((), natural['width'] * ratio), (({'width': 200},), 200)):
            path = self.save('savePng', *options)
            chunks = read_chunks(path.read_bytes())
            path.unlink()
            kinds = [kind for kind, _ in chunks]
            self.assertEqual(struct.unpack('>II', chunks[0][1][:8]), (width, width))
            self.assertLess(kinds.index('iTXt'), kinds.index('IDAT'))
            data = dict(chunks)['iTXt']
            self.assertTrue(data.startswith(b'Stepcast\0\0\0\0\0'))
            self.assertEqual(json.loads(data[13:])['step'], 12)
        self.assert_quiet_console()

    def test_pixels_are_those_of_the_picture(self):
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        self.begin_keeping('/sessions/none')
        colours = self.driver.execute_async_script('''
          const done = arguments[0];
          const { picture, keep } = window.test;
          const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" width="20" height="10">' +
                      '<rect width="10" height="10" fill="#f00"/></svg>';
          const save = HTMLAnchorElement.prototype.click;
          picture.addEventListener('shown', async () => {
            const image = new Image();
            HTMLAnchorElement.prototype.click = function () { image.src = this.href; };
            await keep.savePng({ width: 40 });
            HTMLAnchorElement.prototype.click = save;
            await image.decode();
            const canvas = new OffscreenCanvas(40, 20).getContext('2d');
            canvas.drawImage(image, 0, 0);
            done([[image.width, image.height], [...canvas.getImageData(10, 10, 1, 1).data],
                  [...canvas.getImageData(30, 10, 1, 1).data]]);
          });
          picture.show(svg, { run: 1, serial: 1, step: 3 });
        ''')
        self.assertEqual(colours, [[40, 20], [255, 0, 0, 255], [0, 0, 0, 0]])

    def test_no_picture_yet(self):
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        self.begin_keeping('/sessions/none')
        for call in ('saveSvg', 'savePng', 'copyPicture'):
            self.assertEqual(self.keep(call), {'error': 'There is no picture yet.'})

    # Who saves a picture before the change that came after it gets that one.
    def test_picture_of_before_a_change(self):
        self.open()
        self.driver.execute_script('''
          window.test.current = window.test.picture.current;
          Object.defineProperty(window.test.picture, 'current', { get: () => window.test.current });
        ''')
        frame = self.in_sight
        self.set(a=0.3)
        self.service.ask('PATCH', 'sessions/kept', {'do': 'step', 'steps': 3})
        self.wait(lambda: self.session['step'] == 15, 'three steps')
        path = self.save('saveSvg')
        self.assertEqual(path.name, 'attractor-run1-step12.svg')
        self.assertEqual(self.read_recipe(path.read_text())['changes'], [])
        self.assertEqual(ELEMENT.sub('', path.read_text()), frame['svg'])

    # The page has what it takes to save what is in sight when the service has gone.
    def test_without_the_service(self):
        self.open()
        self.save('saveSvg').unlink()
        self.service.end()
        path = self.save('saveSvg')
        recipe = self.read_recipe(path.read_text())
        self.assertEqual(recipe['parameters']['seed'], SEED)
        self.assertNotIn('complete', recipe)
        self.driver.get('about:blank')
        self.read_console()  # of connections that are refused

    def test_still_link(self):
        self.open()
        self.driver.execute_cdp_cmd('Browser.grantPermissions', {
            'permissions': ['clipboardReadWrite', 'clipboardSanitizedWrite']})
        self.assertIn('link', self.keep('copyStillLink')['result'])
        link = self.driver.execute_async_script(
            'navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](error.message))')
        self.assertIn('/sessions/kept/frame.svg', link)

    def test_picture_into_the_clipboard(self):
        self.open()
        self.driver.execute_cdp_cmd('Browser.grantPermissions', {
            'permissions': ['clipboardReadWrite', 'clipboardSanitizedWrite']})
        self.assertEqual(self.keep('copyPicture'), {'result': 'The picture was copied.'})
        types = self.driver.execute_async_script('''
          navigator.clipboard.read().then((items) => arguments[0](items[0].types),
                                          (error) => arguments[0](error.message));
        ''')
        self.assertEqual(types, ['image/png'])

        self.driver.execute_script('window.ClipboardItem = undefined')
        self.assertIn('SVG', self.keep('copyPicture')['result'])

    # As a person does it, with what the page has for it.
    def test_through_the_page(self):
        self.begin()
        self.driver.get(self.service.link + '&generator=attractor&seed=5&start=no')
        find = functools.partial(self.driver.find_element, 'css selector')
        self.wait(lambda: self.driver.execute_script(
            'return !document.querySelector("#step").disabled'), 'a page')
        find('#step').click()
        self.wait(lambda: self.driver.execute_script(
            'return document.querySelector("#paper img:not([hidden])") !== null'), 'a picture')
        for item, suffix in ((1, 'svg'), (2, 'png')):
            find('#keep-button').click()
            find(f'#keep-popover button:nth-of-type({item})').click()
            path = self.downloads / f'attractor-run1-step1.{suffix}'
            self.wait(path.exists, f'the {suffix}')
            self.wait(lambda: path.name in find('#toast').text, 'what was done')
            self.assertRegex(self.compute('--from', path), r'^<svg [^>]*><linear')
        self.assertEqual(ELEMENT.sub('', (self.downloads / 'attractor-run1-step1.svg').read_text()),
                         self.compute('--from', path))
        self.assert_quiet_console()

    # ---- Texts into files ----

    def add(self, svg, text='{}'):
        return self.driver.execute_async_script('''
          const [svg, text, done] = arguments;
          import('/metadata.js').then(({ addToSvg }) => addToSvg(svg, text))
            .then(done, (error) => done(error.name));
        ''', svg, text)

    def test_roots(self):
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        plain = self.add('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
        element = ELEMENT.search(plain)[0]
        self.assertEqual(plain, f'<svg xmlns="http://www.w3.org/2000/svg">{element}</svg>')

        uri = 'xmlns="http://www.w3.org/2000/svg"'
        for before, tag, after in (
                ('', f'<svg {uri}>', '<g/></svg>\n'),
                ('\ufeff<?xml version="1.0" standalone=\'no\'?>\n', f'<svg\n {uri}\n>', '</svg>'),
                ('<?a <svg> ?><!-- <svg> -- > -->', f'<svg {uri} a=">" b=\'">"\'>', '<!-- --></svg>'),
                ('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://a/>">', f'<svg {uri}>', '</svg>'),
                ('<!DOCTYPE svg [<!ELEMENT svg ANY><!-- ]> -->]>', f'<svg {uri}>', '</svg>'),
                ('', '<s:svg xmlns:s="http://www.w3.org/2000/svg">', '<s:g/></s:svg>')):
            self.assertEqual(self.add(before + tag + after), before + tag + element + after)
        for tag in (f'<svg {uri}/>', f'<svg {uri} a="/>" />'):
            self.assertEqual(self.add(f'{tag}<!-- -->'), f'{tag[:-2]}>{element}</svg><!-- -->')
        self.assertEqual(self.add('<s:svg xmlns:s="http://www.w3.org/2000/svg"/>'),
                         f'<s:svg xmlns:s="http://www.w3.org/2000/svg">{element}</s:svg>')
        for broken in ('', 'text', '<svg a="', '<!-- <svg>', '<svg'):
            self.assertEqual(self.add(broken), 'SyntaxError')

    def test_texts_are_safe_in_xml(self):
        self.begin()
        self.driver.get(self.service.link + '&start=no')
        value = {'<a>': ']]></recipe>&amp;', 'ü€😀': '\u0001\u007f\ufffe\ud800'}
        text = self.driver.execute_async_script('''
          const [done] = arguments;
          import('/metadata.js').then(({ toText }) => done(toText(
            { '<a>': ']]></recipe>&amp;', 'ü€😀': '\\u0001\\u007f\\ufffe\\ud800' })));
        ''')
        self.assertTrue(text.isascii())
        self.assertNotRegex(text, r'[<>&\x00-\x1f\x7f]')
        self.assertEqual(json.loads(text), value)


# A service, and then the command: on the bus of this process's parent.
RUN = '''
import subprocess, sys
service = subprocess.Popen([sys.argv[1], "--port=0"], stdout=subprocess.PIPE)
service.stdout.readline()
status = subprocess.call(sys.argv[2:])
service.terminate()
service.wait()
sys.exit(status)
'''


if __name__ == '__main__':
    browser.main()
