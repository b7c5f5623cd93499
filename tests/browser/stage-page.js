// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* The stage and the figures alone, for test_stage.py: no session behind them. */

import { Numbers } from './web/numbers.js';
import { Stage } from './web/stage.js';
import { StepcastPicture } from './web/stepcast.js';
import { Track } from './web/track.js';

const picture = new StepcastPicture(document.querySelector('#paper'));
const stage = new Stage(document.querySelector('#stage'), picture);
const numbers = new Numbers(document.querySelector('#numbers'));

document.addEventListener('keydown', (event) => {
  if (stage.handleKey(event))
    event.preventDefault();
});

/* Shows a frame, and waits until it is in sight. */
function show(svg, header = { run: 1, step: 1 }) {
  return new Promise((resolve, reject) => {
    stage.addEventListener('shown', () => requestAnimationFrame(() => resolve(true)), { once: true });
    stage.addEventListener('broken', () => reject(new Error('broken')), { once: true });
    stage.show(svg, header);
  });
}

window.test = { picture, stage, numbers, show, Track };
