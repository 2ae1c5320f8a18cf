// Questions that run, with what they have read so far; each can be ended.

import { get, remove } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, duration, number, t } from '../core/language.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { listTable } from '../components/list-table.js';
import { problemView } from '../components/problem-view.js';

/** Between looks, in milliseconds. */
const interval = 2_000;

/** @type {import('./pages.js').PageModule['render']} */
export async function render(_, { signal }) {
  const body = h('div', {});
  const look = async () => {
    try {
      const { queries } = await get('/v1/queries', { signal });
      // A row that has the focus is not taken from under it.
      if (!body.contains(document.activeElement)) fill(body, queries.length ? queryTable(queries) : emptyState(t('queries.none')));
    } catch (error) {
      if (!signal.aborted) fill(body, problemView(error, look));
    }
  };
  await look();
  const timer = setInterval(() => document.visibilityState === 'visible' && look(), interval);
  signal.addEventListener('abort', () => clearInterval(timer));
  return h('div', { class: 'stack' }, h('h1', {}, t('queries.title')), body);
}

/** @param {import('../types/api.js').RunningQuery[]} queries */
function queryTable(queries) {
  return listTable(t('queries.title'), [
    { title: t('queries.query'), isWide: true, cell: ({ query }) => h('code', {}, query.slice(0, 500)) },
    { title: t('client'), cell: ({ client_id: client }) => client ?? 'admin' },
    { title: t('queries.time'), isNumeric: true, cell: ({ elapsed_ms: elapsed }) => duration(elapsed) },
    { title: t('queries.rows'), isNumeric: true, cell: ({ rows_scanned: rows }) => number(rows) },
    { title: t('queries.bytes'), isNumeric: true, cell: ({ bytes_read: count }) => bytes(count) },
    { title: t('actions'), cell: ({ id }) => h('button', { class: 'button small', onclick: () => end(id) }, t('cancel')) },
  ], queries);
}

/** @param {string} id */
function end(id) {
  confirm({ title: t('queries.end'), text: t('queries.end-text'), action: t('queries.end'), isDangerous: true, work: () => remove('/v1/queries/{id}', { path: { id } }) });
}
