// SPDX-FileCopyrightText: 2026 The Stepcast authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import { _ } from './messages.js';
import { attachPopover } from './popover.js';

const SVG = 'http://www.w3.org/2000/svg';

function makeIcon(name) {
  const icon = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');

  icon.classList.add('icon');
  icon.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  icon.append(use);
  return icon;
}

function makeButton(label, icon) {
  const button = document.createElement('button');
  const text = document.createElement('span');

  button.type = 'button';
  button.className = 'flat';
  button.title = label;
  text.className = 'label';
  text.textContent = label;
  button.append(makeIcon(icon), text);
  return button;
}

/** The header's buttons to keep a picture and to share a session. */
export class Tools {
  #root;
  #toast;

  /**
   * @param {HTMLElement} root
   * @param {import('./toast.js').Toast} toast says what was done
   */
  constructor(root, toast) {
    this.#root = root;
    this.#toast = toast;
  }

  /** @param {function(): import('./keep.js').Keep} getKeep of the session in sight */
  addKeep(getKeep) {
    const button = makeButton(_('Save'), 'save');
    const menu = document.createElement('div');

    menu.id = 'keep-popover';
    menu.className = 'popover menu';
    menu.popover = 'auto';
    menu.setAttribute('role', 'menu');
    menu.setAttribute('aria-label', _('Save'));
    menu.append(...[
      [_('Save as SVG'), (keep) => keep.saveSvg()],
      [_('Save as PNG'), (keep) => keep.savePng()],
      [_('Copy the picture'), (keep) => keep.copyPicture()],
      [_('Copy a still link'), (keep) => keep.copyStillLink()],
    ].map(([label, act]) => this.#makeItem(menu, label, () => act(getKeep()))));
    button.id = 'keep-button';
    button.setAttribute('aria-haspopup', 'menu');
    button.popoverTargetElement = menu;
    button.append(makeIcon('more'));
    this.#root.append(button, menu);
    attachPopover(button, menu);
  }

  /** @param {function(): void} open the dialog */
  addShare(open) {
    const button = makeButton(_('Share…'), 'share');

    button.id = 'share-button';
    button.setAttribute('aria-haspopup', 'dialog');
    button.addEventListener('click', open);
    this.#root.append(button);
  }

  #makeItem(menu, label, act) {
    const item = document.createElement('button');

    item.type = 'button';
    item.setAttribute('role', 'menuitem');
    item.textContent = label;
    item.addEventListener('click', async () => {
      menu.hidePopover();
      try {
        this.#toast.show(await act());
      } catch (error) {
        this.#toast.show(error.message);
      }
    });
    return item;
  }
}
