// What changes without being asked for is said to screen readers, calmly: the last message of a second, once.

import { debounced, h } from './dom.js';

const region = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });

export function mountAnnouncements() {
  document.body.append(region);
}

/** @type {(text: string) => void} */
export const announce = debounced(400, (text) => {
  region.textContent = region.textContent === text ? `${text} ` : text;
});
