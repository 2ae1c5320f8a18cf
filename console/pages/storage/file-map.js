// Files as bars: time across, as wide as the days that they hold, as high as their size; the same as a table.

import { h, svg } from '../../core/dom.js';
import { bytes, day, number, t } from '../../core/language.js';
import { linear } from '../../components/chart-scale.js';
import { listTable } from '../../components/list-table.js';

/** @typedef {{tier: string, table: string | null, path: string, bytes: number, rows: number, first_day: string | null, last_day: string | null}} StoreFile a row of till.files */

const size = { width: 1000, height: 140 };
const dayLength = 86_400_000;
/** Of the table: the map has all. */
const rowCountMax = 200;

/**
 * @param {StoreFile[]} files
 * @param {Set<StoreFile> | null} kept those that a query would read; null: none was asked about
 */
export function fileMap(files, kept) {
  const placed = files.flatMap((file) => (file.first_day && file.last_day ? [{ file, from: Date.parse(file.first_day), to: Date.parse(file.last_day) }] : []));
  const [first, last] = [placed.reduce((least, { from }) => Math.min(least, from), Infinity), placed.reduce((most, { to }) => Math.max(most, to), -Infinity)];
  const x = linear(first, last + dayLength, 0, size.width);
  const largest = files.reduce((most, file) => Math.max(most, Number(file.bytes)), 1);
  // Wide files behind, so that narrow ones are seen.
  const bars = [...placed].sort((one, other) => other.to - other.from - (one.to - one.from)).map(({ file, from, to }) => {
    const height = Math.max(3, (Number(file.bytes) / largest) * (size.height - 10));
    const isLeftOut = kept !== null && !kept.has(file);
    return svg('rect', { class: `series-${file.tier === 'hot' ? 2 : 0} series-bar ${isLeftOut ? 'left-out' : ''}`, x: x(from), width: Math.max(2, x(to + dayLength) - x(from) - 1), y: size.height - height, height, rx: 1 },
      svg('title', {}, [file.path, bytes(Number(file.bytes)), t('rows', { count: Number(file.rows) }), isLeftOut && t('storage.is-left-out')].filter(Boolean).join(' · ')));
  });
  const shown = files.slice(0, rowCountMax);
  return h('div', { class: 'stack' },
    placed.length > 0 && h('figure', { class: 'stack tight' },
      svg('svg', { class: 'file-map', viewBox: `0 0 ${size.width} ${size.height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': t('storage.map', { count: files.length }) }, bars),
      h('figcaption', { class: 'row between quiet' }, h('span', {}, day(new Date(first).toISOString().slice(0, 10))),
        h('span', { class: 'row' }, h('span', { class: 'swatch series-2', 'aria-hidden': 'true' }), t('storage.hot'), h('span', { class: 'swatch series-0', 'aria-hidden': 'true' }), t('storage.cold')),
        h('span', {}, day(new Date(last).toISOString().slice(0, 10))))),
    listTable(t('storage.files'), [
      { title: t('storage.tier'), cell: ({ tier }) => t(`storage.${tier}`) },
      { title: t('table'), cell: ({ table }) => table ?? t('storage.every-table') },
      ...(kept ? [{ title: t('storage.left-out'), cell: (/** @type {StoreFile} */ file) => (kept.has(file) ? t('storage.is-read') : t('storage.is-left-out')) }] : []),
      { title: t('from'), cell: (file) => day(file.first_day) },
      { title: t('to'), cell: (file) => day(file.last_day) },
      { title: t('queries.rows'), isNumeric: true, cell: ({ rows }) => number(rows ?? 0) },
      { title: t('storage.size'), isNumeric: true, cell: (file) => bytes(Number(file.bytes)) },
      { title: t('storage.path'), isWide: true, cell: ({ path }) => h('code', {}, path) },
    ], shown), files.length > shown.length && h('p', { class: 'quiet' }, t('storage.files-shown', { count: shown.length })));
}
