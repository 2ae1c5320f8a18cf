// The clipboard. Where the browser lends it to secure pages alone (a server without TLS on another machine), the old way is gone.

import { h } from './dom.js';

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is there
 */
export async function copyText(text) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // The browser does not allow it here: the old way may do.
  }
  // Within an open dialog: nothing outside it can have the focus.
  const place = [...document.querySelectorAll('dialog[open]')].pop() ?? document.body;
  const before = document.activeElement;
  const area = h('textarea', { class: 'visually-hidden', 'aria-hidden': 'true', tabindex: '-1', value: text });
  place.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return isCopied;
}
