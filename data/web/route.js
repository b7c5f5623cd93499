// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/* What the page's address says to the page; all else of its query is the session's. */
const PAGE_KEYS = ['token', 'start', 'session'];

/**
 * What an address of the page is about: a shared session, or one of its own.
 *
 * @typedef {object} Route
 * @property {string|null} session the name of a shared session, or null
 * @property {boolean} start whether a session of its own starts by itself
 * @property {URLSearchParams} query generator and parameters of a session of its own
 */

/**
 * Reads the page's address and takes the token out of it: the cookie is enough from here on.
 *
 * @returns {Route}
 */
export function takeRoute() {
  const query = new URLSearchParams(location.search);
  const start = query.get('start') !== 'no';
  const session = query.get('session');

  if (query.has('token')) {
    query.delete('token');
    history.replaceState(null, '', toAddress(query));
  }
  for (const key of PAGE_KEYS)
    query.delete(key);
  return { start, session, query };
}

function toAddress(query) {
  const text = query.toString();
  return location.pathname + (text && `?${text}`) + location.hash;
}

/**
 * The page's address for a route.
 *
 * @param {Route} route
 * @returns {string}
 */
export function formatRoute({ session, start, query }) {
  const all = new URLSearchParams(session === null ? query : { session });

  if (session === null && !start)
    all.set('start', 'no');
  return toAddress(all);
}

/**
 * Where the service has the session of a route.
 *
 * @param {Route} route
 * @returns {string} as the client wants it
 */
export function findSessionUrl({ session, query }) {
  const url = new URL(session === null ? 'ws' : `sessions/${encodeURIComponent(session)}`,
                      document.baseURI);

  if (session === null)
    url.search = query.toString();
  return url.href;
}
