// What became of the cold tables: their snapshots, and compactions with what they moved and merged. What keeps the store: its backup and its log.

import { h } from '../../core/dom.js';
import { bytes, duration, number, t } from '../../core/language.js';
import { rowsOf } from '../../core/rows.js';
import { documentTree } from '../../components/document-view.js';
import { emptyState } from '../../components/empty-state.js';
import { factList } from '../../components/facts.js';
import { time } from '../../components/instant.js';
import { listTable } from '../../components/list-table.js';
import { status } from '../../components/status.js';

const countMax = 100;

/** @param {AbortSignal} signal */
export async function storeHistory(signal) {
  const [snapshots, compactions] = await Promise.all([
    rowsOf('SELECT * FROM till.snapshots ORDER BY committed_at DESC', { signal, limit: countMax }),
    rowsOf('SELECT * FROM till.compactions ORDER BY started_at DESC', { signal, limit: countMax }),
  ]);
  return h('div', { class: 'stack' },
    h('section', { class: 'stack tight' }, h('h2', {}, t('storage.snapshots')), snapshots.rows.length ? listTable(t('storage.snapshots'), [
      { title: t('table'), cell: ({ table }) => table },
      { title: t('storage.snapshot'), cell: ({ snapshot_id: id }) => h('code', {}, String(id)) },
      { title: t('at'), cell: ({ committed_at: at }) => time(at) },
      { title: t('storage.operation'), cell: ({ operation }) => operation },
      { title: t('storage.summary'), isWide: true, cell: ({ summary }) => h('details', {}, h('summary', {}, t('detail')), documentTree(summary)) },
    ], snapshots.rows) : emptyState(t('storage.no-snapshots'), { command: `till compact --url ${location.origin}` })),
    h('section', { class: 'stack tight' }, h('h2', {}, t('storage.merges')), compactions.rows.length ? listTable(t('storage.merges'), [
      { title: t('storage.begun'), cell: ({ started_at: at }) => time(at) },
      { title: t('queries.time'), isNumeric: true, cell: ({ started_at: from, ended_at: to }) => duration(Date.parse(to) - Date.parse(from)) },
      { title: t('state'), cell: ({ failure }) => status(failure ? 'failed' : 'done') },
      { title: t('storage.moved'), isNumeric: true, cell: ({ files_moved: count }) => number(count ?? 0) },
      { title: t('queries.rows'), isNumeric: true, cell: ({ rows_moved: count }) => number(count ?? 0) },
      { title: t('storage.merged'), isNumeric: true, cell: ({ files_merged: count }) => number(count ?? 0) },
      { title: t('storage.left'), isNumeric: true, cell: ({ files_left: count }) => number(count ?? 0) },
      { title: t('cause'), isWide: true, cell: ({ failure }) => failure },
    ], compactions.rows) : emptyState(t('storage.no-merges'), { command: `till compact --url ${location.origin}` })));
}

/** @param {AbortSignal} signal */
export async function storeLog(signal) {
  const { rows } = await rowsOf("SELECT name, labels, value, help FROM till.metrics WHERE name LIKE 'till\\_log\\_%' OR name LIKE 'till\\_backup\\_%' ORDER BY name", { signal });
  const log = rows.filter(({ name }) => name.startsWith('till_log_'));
  const at = rows.find(({ name }) => name === 'till_backup_last_success_seconds');
  return h('section', { class: 'card' }, h('h2', {}, t('storage.safety')), factList([
    [t('storage.last-backup'), at ? time(new Date(Number(at.value) * 1000).toISOString()) : t('storage.never')],
    [t('storage.log'), log.length ? null : t('storage.no-log')],
    ...log.map(({ name, value, help }) => /** @type {[string, string]} */ ([help.replace(/\.$/, ''), figure(name, Number(value))])),
  ]));
}

/**
 * @param {string} name
 * @param {number} value
 */
function figure(name, value) {
  if (/_bytes(_|$)/.test(name)) return bytes(value);
  return /_seconds$/.test(name) && !/since|last/.test(name) ? duration(value * 1000) : number(value);
}
