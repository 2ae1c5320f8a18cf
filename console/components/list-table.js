// A list as a table: a caption for those who cannot see it, rows that arrows walk through, a link in each.

import { h } from '../core/dom.js';

/**
 * @template R
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: R) => import('../core/dom.js').Child} cell
 * @property {boolean} [isNumeric]
 * @property {boolean} [isWide] takes what room is left
 */

/**
 * @template R
 * @param {string} caption
 * @param {Column<R>[]} columns
 * @param {R[]} rows
 */
export function listTable(caption, columns, rows) {
  const head = columns.map(({ title, isNumeric }) => h('th', { scope: 'col', class: isNumeric ? 'numeric' : null }, title));
  const body = rows.map((row) =>
    h('tr', {}, columns.map(({ cell, isNumeric, isWide }) => h('td', { class: isNumeric ? 'numeric' : isWide ? 'wide' : null }, cell(row)))));
  return h('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': caption, onkeydown: walk },
    h('table', { class: 'list' }, h('caption', { class: 'visually-hidden' }, caption), h('thead', {}, h('tr', {}, head)), h('tbody', {}, body)));
}

/**
 * Arrows go from a row's link to its neighbour's.
 *
 * @param {KeyboardEvent} event
 */
function walk(event) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const frame = event.currentTarget;
  if (!step || !(frame instanceof HTMLElement) || event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
  const stops = [...frame.querySelectorAll('tbody tr')].map((row) => row.querySelector('a, button, input')).filter((stop) => stop instanceof HTMLElement);
  const at = stops.findIndex((stop) => stop?.closest('tr')?.contains(document.activeElement));
  const next = stops[at < 0 ? (step > 0 ? 0 : stops.length - 1) : at + step];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
