// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { parseFrameError } from './log.js';
import { _, format, formatCount, formatDuration, ngettext } from './messages.js';

/**
 * What there is to know about a session and this page's view of it.
 *
 * @typedef {object} View
 * @property {'connecting'|'open'|'events'|'reconnecting'|'closed'} connection
 * @property {boolean} isKnown whether the service has ever said hello
 * @property {'view'|'control'} role
 * @property {number} viewer this page's number
 * @property {string} state the session's
 * @property {number} step the newest that is known of
 * @property {number} behind how many steps the picture in sight is late, 0 where it is in time
 * @property {{code: string, message: string}|null} reason why it failed
 * @property {{kind: string, id: string}|null} by who brought the state about
 * @property {{kind: string, id: string}|null} heldBy whom the session waits for
 * @property {{step: number, seconds: number}|null} stopReport of the stop that this page asked for
 * @property {number|null} retryAt when the next attempt to connect begins, in ms
 * @property {number} now in ms
 */

/* A reason may say where in a frame, and end with a program's last lines: there is room for them
 * elsewhere. */
function shorten(text) {
  return parseFrameError(text)?.message ?? text.split('\n', 1)[0];
}

/* In the middle of a sentence; reasons are not translated. */
function continueWith(text) {
  return text.replace(/^(An?|It|No|Step|The|There|Document)\b/, (word) => word.toLowerCase());
}

function isViewer(actor) {
  return actor?.kind === 'browser' || actor?.kind === 'websocket';
}

/**
 * Who did something: `by viewer 7`; nothing where it came by itself, or by this page.
 *
 * @param {{kind: string, id: string}|null} actor
 * @param {number} viewer this page's number
 * @returns {string}
 */
export function describeActor(actor, viewer) {
  if (isViewer(actor))
    return String(actor.id) === String(viewer) ? ''
      : format(_('by viewer {viewer}'), { viewer: actor.id });
  switch (actor?.kind) {
    case 'http': return _('over HTTP');
    case 'dbus': return _('over D-Bus');
    case 'cli': return _('from the command line');
    case 'service': return _('as nobody was watching');
    default: return '';
  }
}

function describeRetry({ retryAt, now }) {
  const seconds = Math.ceil(((retryAt ?? now) - now) / 1000);

  return seconds > 0
    ? format(ngettext('reconnecting in {seconds} second…', 'reconnecting in {seconds} seconds…',
                      seconds), { seconds: formatCount(seconds) })
    : _('reconnecting…');
}

/* Where there is no connection, that is the state; null where there is one. */
function describeConnection(view) {
  const step = formatCount(view.step);

  switch (view.connection) {
    case 'connecting': return _('connecting…');
    case 'reconnecting': return describeRetry(view);
    case 'closed':
      if (!view.isKnown)
        return _('not connected');
      return view.isEnded ? format(_('the session ended at step {step}'), { step })
        : format(_('connection lost at step {step}'), { step });
    default: return null;
  }
}

function describeHolder(view) {
  const step = formatCount(view.step);

  return isViewer(view.heldBy) && String(view.heldBy.id) !== String(view.viewer)
    ? format(_('held by viewer {viewer}, step {step}'), { viewer: view.heldBy.id, step })
    : format(_('held by this page, step {step}'), { step });
}

function describeRunning(view) {
  const step = formatCount(view.step);

  if (view.heldBy)
    return describeHolder(view);
  if (view.behind > 0)
    return format(ngettext('behind by {count} step, step {step}',
                           'behind by {count} steps, step {step}', view.behind),
                  { count: formatCount(view.behind), step });
  return format(_('live, step {step}'), { step });
}

function describeFailure({ reason, step }) {
  return reason?.message
    ? format(_('failed at step {step} because {reason}'),
             { step: formatCount(step), reason: continueWith(shorten(reason.message)) })
    : format(_('failed at step {step}'), { step: formatCount(step) });
}

/* Without who it was. */
function describeRun(view) {
  const step = formatCount(view.step);

  switch (view.state) {
    case 'idle': return view.role === 'control' ? _('ready to start') : _('not started yet');
    case 'running': return describeRunning(view);
    case 'paused': return format(_('paused at step {step}'), { step });
    case 'stopping': return _('stopping…');
    case 'stopped': return view.stopReport
      ? format(_('stopped at step {step} after {duration}'),
               { step, duration: formatDuration(view.stopReport.seconds) })
      : format(_('stopped at step {step}'), { step });
    case 'finished': return format(_('finished at step {step}'), { step });
    case 'failed': return describeFailure(view);
    default: return `${view.state}, ${step}`;
  }
}

/**
 * The state in words, as it is always in sight: `live, step 812`, `stopped at step 940 after 7 ms`.
 *
 * @param {View} view
 * @returns {string}
 */
export function describeState(view) {
  const connection = describeConnection(view);
  if (connection !== null)
    return connection;

  const state = describeRun(view);
  const actor = ['paused', 'stopping', 'stopped'].includes(view.state)
    ? describeActor(view.by, view.viewer) : '';
  return actor ? format(_('{state}, {actor}'), { state, actor }) : state;
}

/**
 * What a listener is told: the same, without numbers that change all the time.
 *
 * @param {View} view
 * @returns {string}
 */
export function describeChange(view) {
  if (view.connection === 'reconnecting')
    return _('The connection was lost; reconnecting.');
  return view.state === 'running' && describeConnection(view) === null && !view.heldBy
    ? _('running') : describeState(view);
}

/**
 * Whether there is a connection, of either kind.
 *
 * @param {{connection: string}} view
 * @returns {boolean}
 */
export function isConnected({ connection }) {
  return connection === 'open' || connection === 'events';
}

/**
 * One word for the colour of the light beside the state.
 *
 * @param {View} view
 * @returns {string}
 */
export function classifyState(view) {
  if (!isConnected(view))
    return view.connection;
  if (view.state === 'running')
    return view.heldBy ? 'held' : view.behind > 0 ? 'behind' : 'live';
  return view.state;
}

/**
 * Why a connection ended, for people.
 *
 * @param {number|undefined} code a close code of doc/protocol.md
 * @param {string} reason
 * @param {boolean} isKnown whether the service had said hello
 * @returns {string}
 */
export function explainClose(code, reason, isKnown) {
  switch (code) {
    case 1000: return _('The session has ended.');
    case 1001: return _('The service was shut down.');
    case 1008: return reason || _('The service closed the connection.');
    case 1013: return _('The service has too many viewers now.');
    default: return isKnown
      ? _('The connection to the service was lost.')
      : _('The service can’t be reached: it may not be running.');
  }
}
