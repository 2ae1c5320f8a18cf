// The files of the store: as a map, as a table, and what of them a query would leave out.

import { fill, h } from '../../core/dom.js';
import { bytes, number, t } from '../../core/language.js';
import { rowsOf } from '../../core/rows.js';
import { emptyState } from '../../components/empty-state.js';
import { filterBar } from '../../components/filter-bar.js';
import { problemView } from '../../components/problem-view.js';
import { fileMap } from './file-map.js';
import { fileScans, keptByDays } from './left-out.js';

/** @typedef {import('./file-map.js').StoreFile} StoreFile */

const fileCountMax = 10_000;

/**
 * @param {string | null} table
 * @param {AbortSignal} signal
 */
export async function filesSection(table, signal) {
  const { rows, isCut } = await rowsOf('SELECT tier, "table", path, bytes, rows, first_day, last_day FROM till.files WHERE $1::text IS NULL OR tier = \'hot\' OR "table" = $1 ORDER BY first_day DESC NULLS LAST, path', { signal, limit: fileCountMax, params: [table] });
  /** @type {StoreFile[]} */
  const files = /** @type {any} */ (rows);
  const tables = [...new Set(files.flatMap(({ table: name }) => (name === null ? [] : [name])))].sort();
  const map = h('div', {}, fileMap(files, null));
  return h('section', { class: 'card' }, h('h2', {}, t('storage.files')), filterBar([{ name: 'table', label: t('table'), choices: tables }]),
    files.length ? map : emptyState(t('storage.no-files')), isCut && h('p', { class: 'quiet' }, t('storage.files-cut', { count: fileCountMax })),
    leftOutForm(files, map));
}

/**
 * @param {StoreFile[]} files
 * @param {HTMLElement} map drawn again with what stays
 */
function leftOutForm(files, map) {
  const query = h('textarea', { id: 'left-out-query', rows: 3, required: true, spellcheck: 'false', value: 'SELECT count(*) FROM receipts WHERE business_day >= current_date - 30' });
  const result = h('div', { role: 'status' });
  const measure = h('button', { class: 'button', type: 'button', onclick: () => look(true) }, t('storage.measure'));

  /** @param {boolean} isRun */
  async function look(isRun) {
    try {
      const { rows } = await rowsOf(`EXPLAIN ${isRun ? 'ANALYZE ' : ''}${query.value}`);
      const lines = rows.map((row) => String(row['QUERY PLAN']));
      const scans = fileScans(lines);
      const kept = keptByDays(files, scans);
      fill(map, fileMap(files, kept));
      const left = files.filter((file) => !kept.has(file));
      fill(result, h('div', { class: 'stack tight' },
        h('p', {}, t('storage.left-out-days', { left: number(left.length), all: number(files.length), bytes: bytes(left.reduce((sum, file) => sum + Number(file.bytes), 0)) })),
        scans.map(({ table, filters, read }) => h('p', { class: 'quiet' }, h('strong', {}, table), ' ', filters.join(' · '), read && ` — ${t('storage.left-out-read', { read: read.files, all: read.fileCount, rows: read.rows })}`))));
    } catch (error) {
      fill(result, problemView(error));
    }
  }
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    look(false);
  };
  return h('details', { class: 'left-out' }, h('summary', {}, t('storage.left-out')),
    h('form', { class: 'stack', onsubmit: submit }, h('p', { class: 'field' }, h('label', { for: query.id }, t('storage.left-out-query')), query),
      h('p', { class: 'row' }, h('button', { class: 'button primary' }, t('storage.left-out-show')), measure), h('p', { class: 'quiet' }, t('storage.left-out-text')), result));
}
