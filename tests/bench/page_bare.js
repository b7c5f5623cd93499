// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* The yardstick of the page: the least that shows frames by <img>, a blob URL and decode (), and nothing else.
 *
 * Its query: `service`, the WebSocket's URL, and `width` and `height`, as large as the page shows the picture. */

const query = new URLSearchParams(location.search);
const socket = new WebSocket(query.get('service'), ['stepcast.v1']);
let [front, back] = document.querySelectorAll('#paper img');
let waiting = null;
let isBusy = false;

for (const image of [front, back]) {
  image.style.width = `${query.get('width')}px`;
  image.style.height = `${query.get('height')}px`;
}

async function work() {
  isBusy = true;
  while (waiting) {
    const { header, svg } = waiting;
    waiting = null;
    back.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    await back.decode();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    [front, back] = [back, front];
    front.hidden = false;
    back.hidden = true;
    URL.revokeObjectURL(back.src);
    socket.send(JSON.stringify({ type: 'ack', run: header.run, serial: header.serial }));
  }
  isBusy = false;
}

socket.addEventListener('message', ({ data }) => {
  const end = data.indexOf('\n');
  const header = JSON.parse(end < 0 ? data : data.slice(0, end));

  if (header.type === 'hello') {
    socket.send(JSON.stringify({ type: 'options', id: 1, delivery: 'latest' }));
    socket.send(JSON.stringify({ type: 'start', id: 2 }));
  }
  if (end < 0)
    return;
  waiting = { header, svg: data.slice(end + 1) };
  if (!isBusy)
    work();
});
