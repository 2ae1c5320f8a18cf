// Files as bars: time across, as wide as the days that they hold, as high as their size; the same as a table.

import { h, svg } from '../../core/dom.js';
import { bytes, number, t } from '../../core/language.js';
import { linear } from '../../components/chart-scale.js';
import { listTable } from '../../components/list-table.js';

/** @typedef {{[column: string]: any}} StoreFile a row of till.files */

const size = { width: 1000, height: 140 };
const day = 86_400_000;

/** @param {StoreFile[]} files */
export function fileMap(files) {
  const placed = files.map((file) => ({ file, from: bound(file, 'min'), to: bound(file, 'max') })).filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to));
  const x = linear(Math.min(...placed.map(({ from }) => from)), Math.max(...placed.map(({ to }) => to)) + day, 0, size.width);
  const largest = Math.max(1, ...files.map(byteCount));
  const bars = placed.map(({ file, from, to }) => {
    const height = Math.max(3, (byteCount(file) / largest) * (size.height - 10));
    return svg('rect', { class: `series-${file.tier === 'hot' ? 2 : 0} series-bar`, x: x(from), width: Math.max(2, x(to + day) - x(from) - 1), y: size.height - height, height, rx: 1 },
      svg('title', {}, `${file.path ?? ''}: ${bytes(byteCount(file))}, ${number(file.rows ?? 0)}`));
  });
  return h('div', { class: 'stack' },
    placed.length > 0 && svg('svg', { class: 'file-map', viewBox: `0 0 ${size.width} ${size.height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': t('storage.map', { count: files.length }) }, bars),
    listTable(t('storage.files'), [
      { title: t('storage.tier'), cell: ({ tier }) => tier },
      { title: t('table'), cell: ({ table_name: table, table: name }) => table ?? name },
      { title: t('storage.path'), isWide: true, cell: ({ path }) => h('code', {}, path) },
      { title: t('queries.rows'), isNumeric: true, cell: ({ rows }) => number(rows ?? 0) },
      { title: t('storage.size'), isNumeric: true, cell: (file) => bytes(byteCount(file)) },
    ], files.slice(0, 200)));
}

/** @param {StoreFile} file */
const byteCount = (file) => Number(file.bytes ?? file.byte_count ?? 0);

/**
 * @param {StoreFile} file
 * @param {'min' | 'max'} end
 */
function bound(file, end) {
  return Date.parse(file[`${end}_business_day`] ?? file[`business_day_${end}`] ?? file[end === 'min' ? 'from_day' : 'to_day'] ?? '');
}
