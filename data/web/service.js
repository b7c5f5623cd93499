// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _ } from './messages.js';

/** What the service answered with instead: `code` and `message` are its own words. */
export class ServiceError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The path of a session, or of something of it, below the page. */
export function findSession(name, what = null) {
  return `sessions/${encodeURIComponent(name)}${what === null ? '' : `/${what}`}`;
}

/**
 * Asks the service by HTTP, and promises what it answers: JSON, or null where that is nothing.
 * @param {string} method of HTTP
 * @param {string} path below the page
 * @param {object} [body] as JSON
 * @throws {ServiceError}
 */
export async function ask(method, path, body) {
  let response;

  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      ...body !== undefined && { headers: { 'Content-Type': 'application/json' },
                                 body: JSON.stringify(body) },
    });
  } catch {
    throw new ServiceError('io', _('The service can’t be reached: it may not be running.'));
  }

  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok)
    throw new ServiceError(answer?.error?.code ?? 'io',
                           answer?.error?.message ?? _('The service did not do it.'));
  return answer;
}
