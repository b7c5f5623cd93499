// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _, format, formatCount } from './messages.js';
import { classifyState, describeState, isConnected } from './status.js';

const byId = (id) => document.getElementById(id);

function setText(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/** What stands around the picture: the title, the state in words, the rate, the progress. */
export class Face {
  /**
   * @param {import('./status.js').View} view with `title`, `generator`, `summary`, `isEmpty`,
   *   `stepsPerSecond` and `fraction`
   */
  update(view) {
    document.body.dataset.state = isConnected(view) ? view.state : view.connection;
    byId('light').dataset.kind = classifyState(view);
    setText(byId('status'), describeState(view));
    setText(byId('rate'), this.#describeRate(view));
    this.#showTitle(view);
    this.#showProgress(view);
    this.#showPlaceholder(view);
    byId('parameters').hidden = !view.hasParameters;
    byId('parameter-form').hidden = view.role === 'view';
    byId('parameter-values').hidden = view.role !== 'view';
  }

  #showTitle({ isKnown, title, generator, summary, role }) {
    byId('role').hidden = !isKnown || role === 'control';
    if (!isKnown)
      return;
    setText(byId('title'), title);
    setText(byId('summary'), title === generator ? _(summary)
      : format(_('{generator}: {summary}'), { generator, summary: _(summary) }));
    if (document.title !== `${title} — Stepcast`)
      document.title = `${title} — Stepcast`;
  }

  /* Its place is kept where there is none, so that nothing moves. */
  #showProgress({ fraction, state }) {
    const bar = byId('progress');

    bar.classList.toggle('unknown', fraction === null || state === 'idle');
    bar.value = fraction ?? 0;
    bar.ariaHidden = fraction === null ? 'true' : 'false';
  }

  #describeRate(view) {
    const { state, stepsPerSecond } = view;

    return state === 'running' && isConnected(view) && stepsPerSecond !== null
      ? format(_('{rate} steps/s'), { rate: formatCount(stepsPerSecond) }) : '';
  }

  #showPlaceholder(view) {
    byId('placeholder').hidden = !view.isEmpty || view.connection === 'closed' ||
      view.connection === 'reconnecting';
    setText(byId('placeholder'), this.#describePlaceholder(view));
  }

  #describePlaceholder({ connection, state, role }) {
    if (connection === 'connecting')
      return _('Connecting…');
    if (state === 'idle')
      return role === 'control' ? _('Press Start') : _('Not started yet');
    return _('Waiting for the first picture…');
  }
}
