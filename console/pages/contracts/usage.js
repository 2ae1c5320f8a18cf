// What a contract used, a day at a time: a chart, and the numbers beside it.

import { get } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { bytes, day, number, t } from '../../core/language.js';
import '../../components/chart.js';
import { listTable } from '../../components/list-table.js';

/** @typedef {import('../../types/api.js').UsageSpan} UsageSpan */

/** @type {[Exclude<keyof UsageSpan, 'from'>, string][]} */
const figures = [
  ['receipts', 'usage.receipts'], ['bytes', 'usage.bytes'], ['calls', 'usage.calls'], ['queries', 'usage.queries'], ['rows_scanned', 'usage.rows-scanned'],
  ['bytes_scanned', 'usage.bytes-scanned'], ['exports_bytes', 'usage.exports-bytes'], ['webhooks', 'usage.webhooks'],
];
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
  const choice = h('select', { id: 'usage-figure', onchange: draw }, figures.map(([name, word]) => h('option', { value: name }, t(word))));
  function draw() {
    const [name, word] = figures.find(([wanted]) => wanted === choice.value) ?? figures[0];
    chart.show({ kind: 'bar', title: t('usage.chart', { figure: t(word) }), across: t('business-day'), labels: usage.map((entry) => entry.from), series: [{ name: t(word), values: usage.map((entry) => entry[name]) }] });
  }
  queueMicrotask(draw);
  return h('section', { class: 'card' }, h('div', { class: 'row between' }, h('h2', {}, t('usage.title')), h('p', { class: 'row' }, h('label', { for: choice.id }, t('usage.figure')), choice)), chart, listTable(t('usage.title'), [
    { title: t('business-day'), cell: (entry) => day(entry.from) },
    { title: t('usage.receipts'), isNumeric: true, cell: ({ receipts }) => number(receipts) },
    { title: t('usage.bytes'), isNumeric: true, cell: (entry) => bytes(entry.bytes) },
    { title: t('usage.calls'), isNumeric: true, cell: ({ calls }) => number(calls) },
    { title: t('usage.queries'), isNumeric: true, cell: ({ queries }) => number(queries) },
    { title: t('usage.rows-scanned'), isNumeric: true, cell: (entry) => number(entry.rows_scanned) },
    { title: t('usage.bytes-scanned'), isNumeric: true, cell: (entry) => bytes(entry.bytes_scanned) },
    { title: t('usage.exports-bytes'), isNumeric: true, cell: (entry) => bytes(entry.exports_bytes) },
    { title: t('usage.webhooks'), isNumeric: true, cell: ({ webhooks }) => number(webhooks) },
  ], usage));
}
