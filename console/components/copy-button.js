// Puts a text on the clipboard, and says that it did.

import { announce } from '../core/announce.js';
import { copyText } from '../core/clipboard.js';
import { fill, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { icon } from './icon.js';

/**
 * @param {string} text
 * @param {string} [label]
 */
export function copyButton(text, label = t('copy')) {
  const button = h('button', { class: 'icon-button', type: 'button', title: label, 'aria-label': label, onclick: copy }, icon('copy'));
  async function copy() {
    const isCopied = await copyText(text);
    announce(t(isCopied ? 'copied' : 'copy-failed'));
    fill(button, icon(isCopied ? 'check' : 'warning'));
    setTimeout(() => fill(button, icon('copy')), 1500);
  }
  return button;
}

/**
 * An id in full, with a button that copies it.
 *
 * @param {string} text
 */
export function copyable(text) {
  return h('span', { class: 'copyable' }, h('code', {}, text), copyButton(text, t('copy-what', { text })));
}
