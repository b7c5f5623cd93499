// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

const GAP_PX = 6;
const MARGIN_PX = 8;

/* Beside its button, on the side where there is room; no measure of the popover itself is needed. */
function place(popover, anchor) {
  const { left, right, top, bottom } = anchor.getBoundingClientRect();
  const isBelow = top < innerHeight / 2;
  const isLeft = left + right < innerWidth;

  Object.assign(popover.style, {
    top: isBelow ? `${bottom + GAP_PX}px` : 'auto',
    bottom: isBelow ? 'auto' : `${innerHeight - top + GAP_PX}px`,
    left: isLeft ? `${Math.max(MARGIN_PX, left)}px` : 'auto',
    right: isLeft ? 'auto' : `${Math.max(MARGIN_PX, innerWidth - right)}px`,
  });
}

function focusables(popover) {
  return [...popover.querySelectorAll('button, input, select')].filter((node) =>
    !node.disabled && node.getClientRects().length > 0);
}

/* In a menu the arrows go up and down, as everywhere. */
function move(popover, event) {
  const items = focusables(popover);
  const index = items.indexOf(document.activeElement);
  const targets = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 };

  if (!(event.key in targets) || items.length === 0)
    return;
  items.at(targets[event.key] % items.length).focus();
  event.preventDefault();
}

/**
 * Has a popover open beside its button, with the focus in it.
 *
 * @param {HTMLButtonElement} anchor has the popover as its `popovertarget`
 * @param {HTMLElement} popover
 */
export function attachPopover(anchor, popover) {
  anchor.setAttribute('aria-expanded', 'false');
  popover.addEventListener('beforetoggle', ({ newState }) => {
    if (newState === 'open')
      place(popover, anchor);
  });
  popover.addEventListener('toggle', ({ newState }) => {
    anchor.setAttribute('aria-expanded', newState === 'open');
    if (newState === 'open')
      focusables(popover)[0]?.focus();
  });
  if (popover.getAttribute('role') === 'menu')
    popover.addEventListener('keydown', (event) => move(popover, event));
}
