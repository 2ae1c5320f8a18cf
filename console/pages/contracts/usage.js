// What a contract used, a day at a time: a chart, and the numbers beside it.

import { get } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { bytes, day, number, t } from '../../core/language.js';
import '../../components/chart.js';
import { listTable } from '../../components/list-table.js';

/** Days looked back. */
const span = 30;

/**
 * @param {string} clientID
 * @param {AbortSignal} signal
 */
export async function usagePanel(clientID, signal) {
  const from = new Date(Date.now() - span * 86_400_000).toISOString().slice(0, 10);
  const { usage } = await get('/v1/contracts/{client_id}/usage', { path: { client_id: clientID }, query: { from, by: 'day' }, signal });
  if (!usage.length) return null;
  const chart = h('till-chart', { height: 200 });
  queueMicrotask(() => chart.show({ kind: 'bar', title: t('usage.chart'), labels: usage.map((entry) => entry.from), series: [{ name: t('usage.receipts'), values: usage.map(({ receipts }) => receipts) }] }));
  return h('section', { class: 'card' }, h('h2', {}, t('usage.title')), chart, listTable(t('usage.title'), [
    { title: t('business-day'), cell: (entry) => day(entry.from) },
    { title: t('usage.receipts'), isNumeric: true, cell: ({ receipts }) => number(receipts) },
    { title: t('usage.bytes'), isNumeric: true, cell: (entry) => bytes(entry.bytes) },
    { title: t('usage.calls'), isNumeric: true, cell: ({ calls }) => number(calls) },
    { title: t('usage.queries'), isNumeric: true, cell: ({ queries }) => number(queries) },
    { title: t('usage.rows-scanned'), isNumeric: true, cell: (entry) => number(entry.rows_scanned) },
  ], usage));
}
