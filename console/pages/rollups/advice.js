// What queries that were asked would have been answered from: proposals with their gain, each to be declared as it is. Asked for, since samples are read.

import { get } from '../../core/api.js';
import { announce } from '../../core/announce.js';
import { fill, h } from '../../core/dom.js';
import { bytes, duration, number, t } from '../../core/language.js';
import { emptyState } from '../../components/empty-state.js';
import { listTable } from '../../components/list-table.js';
import { problemView } from '../../components/problem-view.js';
import { declare } from './declare.js';

/** @typedef {import('../../types/api.js').Advice} Advice */

export function adviceSection() {
  const body = h('div', { class: 'stack', role: 'status' });
  const look = async () => {
    button.disabled = true;
    fill(body, h('p', { class: 'quiet' }, t('loading')));
    try {
      const { advice } = await get('/v1/admin/advice');
      fill(body, advice.length ? adviceTable(advice) : emptyState(t('rollups.no-advice')));
      announce(t('rollups.proposals', { count: advice.length }));
    } catch (error) {
      fill(body, problemView(error, look));
    }
    button.disabled = false;
  };
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'button', id: 'ask-advice', onclick: look }, t('rollups.look'));
  return h('section', { class: 'card' }, h('div', { class: 'row between' }, h('h2', {}, t('rollups.advice')), button), h('p', { class: 'quiet' }, t('rollups.advice-text')), body);
}

/** @param {Advice[]} advice */
function adviceTable(advice) {
  return listTable(t('rollups.advice'), [
    { title: t('name'), cell: ({ rollup }) => h('code', {}, rollup.name) },
    { title: t('table'), cell: ({ rollup }) => rollup.table },
    { title: t('rollups.keys'), isWide: true, cell: ({ rollup }) => Object.keys(rollup.group_by).join(', ') || t('rollups.no-keys') },
    { title: t('rollups.gain'), isNumeric: true, cell: ({ gain }) => `${number(gain)} ×` },
    { title: t('rollups.expected-rows'), isNumeric: true, cell: ({ rows }) => number(rows) },
    { title: t('rollups.expected-size'), isNumeric: true, cell: (item) => bytes(Number(item.bytes)) },
    { title: t('queries.title'), isNumeric: true, cell: ({ queries }) => number(queries) },
    { title: t('queries.time'), isNumeric: true, cell: ({ elapsed_ms: elapsed }) => duration(Number(elapsed)) },
    { title: t('usage.rows-scanned'), isNumeric: true, cell: ({ rows_scanned: rows }) => number(rows) },
    { title: t('rollups.statements'), isWide: true, cell: statements },
    { title: t('actions'), cell: ({ rollup }) => h('button', { class: 'button small', onclick: () => declare(rollup, true) }, t('rollups.declare')) },
  ], advice);
}

/** @param {Advice} advice */
function statements({ statements: all }) {
  return h('details', {}, h('summary', {}, t('rollups.statement-count', { count: all.length })),
    h('ul', { class: 'stack tight' }, all.map(({ statement, queries, elapsed_ms: elapsed }) => h('li', {}, h('code', {}, statement), ' ', h('span', { class: 'quiet' }, `${number(queries)} · ${duration(Number(elapsed))}`)))));
}
