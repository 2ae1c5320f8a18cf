// Questions that run, with what they have read so far, each to be ended; and those that ended lately.

import { get, remove } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, duration, number, t } from '../core/language.js';
import { ownMark, rowsOf } from '../core/rows.js';
import { oneLook, repeat } from '../core/watch.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { problemView } from '../components/problem-view.js';
import { status } from '../components/status.js';

/** Between looks, in milliseconds. */
const interval = 2_000;

const lately = `SELECT started_at, state, query, client_id, elapsed_ms, rows, memory_bytes, bytes_read
FROM till.queries WHERE state <> 'RUNNING' AND query NOT LIKE '${ownMark}%' ORDER BY ended_at DESC LIMIT 100`;

/** @type {import('./pages.js').PageModule['render']} */
export async function render(_, { signal }) {
  const body = h('div', {});
  const look = async () => {
    try {
      const { queries } = await get('/v1/queries', { signal: oneLook(signal) });
      // A row that has the focus is not taken from under it.
      if (!body.contains(document.activeElement)) fill(body, queries.length ? queryTable(queries) : emptyState(t('queries.none'), { command: `till sql --url ${location.origin} "SELECT count(*) FROM receipts"` }));
      return true;
    } catch (error) {
      if (!signal.aborted) fill(body, problemView(error, watch));
      return false;
    }
  };
  const watch = async () => {
    if (await look()) repeat(interval, look, signal);
  };
  await watch();
  return h('div', { class: 'stack' }, h('h1', {}, t('queries.title')), body, await ended(signal));
}

/**
 * Not looked at again and again: each look is a question too.
 *
 * @param {AbortSignal} signal
 */
async function ended(signal) {
  const body = h('div', {});
  const look = async () => {
    try {
      const { rows } = await rowsOf(lately, { signal });
      fill(body, rows.length ? endedTable(rows) : emptyState(t('queries.none-ended')));
    } catch (error) {
      if (!signal.aborted) fill(body, problemView(error, look));
    }
  };
  await look();
  return h('section', { class: 'stack' },
    h('div', { class: 'row between' }, h('h2', {}, t('queries.ended')), h('button', { class: 'button small', onclick: look }, t('refresh'))), body);
}

/** @param {{[column: string]: any}[]} queries rows of till.queries */
function endedTable(queries) {
  return listTable(t('queries.ended'), [
    { title: t('queries.query'), isWide: true, cell: ({ query }) => h('code', {}, query.slice(0, 500)) },
    { title: t('state'), cell: ({ state }) => status(state) },
    { title: t('client'), cell: ({ client_id: client }) => client ?? 'admin' },
    { title: t('queries.started'), cell: ({ started_at: at }) => time(at) },
    { title: t('queries.time'), isNumeric: true, cell: ({ elapsed_ms: elapsed }) => duration(Number(elapsed)) },
    { title: t('queries.rows'), isNumeric: true, cell: ({ rows }) => number(rows) },
    { title: t('queries.memory'), isNumeric: true, cell: ({ memory_bytes: count }) => bytes(Number(count)) },
    { title: t('queries.bytes'), isNumeric: true, cell: ({ bytes_read: count }) => bytes(Number(count)) },
  ], queries);
}

/** @param {import('../types/api.js').RunningQuery[]} queries */
function queryTable(queries) {
  return listTable(t('queries.title'), [
    { title: t('queries.query'), isWide: true, cell: ({ query }) => h('code', {}, query.slice(0, 500)) },
    { title: t('client'), cell: ({ client_id: client }) => client ?? 'admin' },
    { title: t('queries.time'), isNumeric: true, cell: ({ elapsed_ms: elapsed }) => duration(elapsed) },
    { title: t('queries.rows'), isNumeric: true, cell: ({ rows_scanned: rows }) => number(rows) },
    { title: t('queries.bytes'), isNumeric: true, cell: ({ bytes_read: count }) => bytes(count) },
    { title: t('queries.pruned'), isNumeric: true, cell: ({ files_pruned: count }) => number(count) },
    { title: t('actions'), cell: ({ id }) => h('button', { class: 'button small', onclick: () => end(id) }, t('cancel')) },
  ], queries);
}

/** @param {string} id */
function end(id) {
  confirm({ title: t('queries.end'), text: t('queries.end-text'), action: t('queries.end'), isDangerous: true, work: () => remove('/v1/queries/{id}', { path: { id } }) });
}
