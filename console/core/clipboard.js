// The clipboard. Where the browser lends it to secure pages alone (a server without TLS on another machine), the old way is gone.

import { h } from './dom.js';

/** @param {string} text */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Within an open dialog: nothing outside it can have the focus.
  const place = [...document.querySelectorAll('dialog[open]')].pop() ?? document.body;
  const before = document.activeElement;
  const area = h('textarea', { class: 'visually-hidden', 'aria-hidden': 'true', tabindex: '-1', value: text });
  place.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  if (before instanceof HTMLElement) before.focus();
}
