// Puts a text on the clipboard, and says that it did.

import { announce } from '../core/announce.js';
import { copyText } from '../core/clipboard.js';
import { fill, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { icon } from './icon.js';

/**
 * @param {string} text
 * @param {string} [label]
 * @param {() => void} [done] once it is on the clipboard
 */
export function copyButton(text, label = t('copy'), done = () => {}) {
  const button = h('button', { class: 'icon-button', type: 'button', title: label, 'aria-label': label, onclick: copy }, icon('copy'));
  async function copy() {
    const isCopied = await copyText(text);
    announce(t(isCopied ? 'copied' : 'copy-failed'));
    fill(button, icon(isCopied ? 'check' : 'warning'));
    setTimeout(() => fill(button, icon('copy')), 1500);
    if (isCopied) done();
  }
  return button;
}

/**
 * An id in full, with a button that copies it.
 *
 * @param {string} text
 * @param {() => void} [done] once it is on the clipboard
 */
export function copyable(text, done) {
  return h('span', { class: 'copyable' }, h('code', {}, text), copyButton(text, t('copy-what', { text }), done));
}
