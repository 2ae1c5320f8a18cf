// Nothing here: what that means, and what to do next.

import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { copyButton } from './copy-button.js';

/**
 * @param {string} text
 * @param {{command?: string | false, action?: Node | false}} next a command that who reads it may run
 */
export function emptyState(text, next = {}) {
  const { command, action } = next;
  return h('div', { class: 'empty' },
    h('p', {}, text),
    command && h('p', { class: 'quiet' }, t('empty.next')),
    command && codeBlock(command),
    action);
}

/** @param {string} code ready to copy */
export function codeBlock(code) {
  return h('div', { class: 'code-block' }, h('pre', { tabindex: '0' }, h('code', {}, code)), copyButton(code));
}
