// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The yardstick "Node ws": one prebuilt frame to every client that asked for it, as fast as it drains: a few
// frames a turn while less than 64 KB wait, and on when the socket has drained.

'use strict';

const http = require('http');
const { WebSocketServer } = require('ws');

// Nobody waits for an hour for a benchmark: a forgotten server ends by itself.
const LIFETIME_MS = 3600 * 1000;
const QUEUE_MAX_BYTES = 64 * 1024;

const [size, burst, copies] = process.argv.slice(2).map(Number);
const frames = Array.from({ length: copies }, () => Buffer.alloc(size, '<'));
const OPTIONS = { binary: false, compress: false };

function serve(socket, request) {
  const stream = request.socket;
  let streaming = false;
  let due = false;
  let steps = 0;

  function turn() {
    due = false;
    for (let i = 0; i < burst && streaming; i++) {
      if (stream.writableLength > QUEUE_MAX_BYTES) return; // until "drain"
      socket.send(frames[steps++ % copies], OPTIONS);
    }
    later();
  }

  function later() {
    if (!streaming || due) return;
    due = true;
    setImmediate(turn);
  }

  stream.on('drain', later);
  socket.on('close', () => { streaming = false; });
  socket.on('error', () => { streaming = false; });
  socket.on('message', (data) => {
    streaming = data.toString() !== 'stop';
    later();
  });
}

const server = http.createServer((request, response) => response.end('ok'));
new WebSocketServer({ server, path: '/ws', perMessageDeflate: false }).on('connection', serve);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}/`);
});
setTimeout(() => process.exit(1), LIFETIME_MS);
