// Receipts of any table, by filters that are parameters of GET /v1/receipts; one receipt at /console/receipts/<client>/<day>/<id>.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { day, t } from '../core/language.js';
import { address, refine } from '../core/location.js';
import { tables } from '../core/schema.js';
import { seesAll } from '../core/session.js';
import { cellText } from '../components/data-grid.js';
import { openDialog } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';
import { renderChoices, renderReceipt } from './receipt.js';

/** @typedef {import('../types/contract.js').ReceiptRow} ReceiptRow */

const pageRowCount = 100;
/** Shown unless columns were chosen; those that a table lacks are left out. */
const usualColumns = ['business_day', 'client_id', 'receipt_id', 'issued_at', 'type', 'state', 'currency', 'total'];
/** What a link to a receipt is made of. */
const identity = ['client_id', 'business_day', 'receipt_id', 'ticket_id'];

/** @type {import('./pages.js').PageModule['render']} */
export async function render(place, { signal }) {
  const { segments, parameters } = place;
  const table = parameters.get('table') ?? 'receipts';
  if (segments.length === 3) return renderReceipt({ client: segments[0], day: segments[1], id: segments[2], table }, signal);
  const wanted = parameters.get('receipt');
  if (wanted) return renderChoices(wanted, table, signal);

  const known = (await tables()).filter(({ columns }) => identity.every((name) => columns.some((column) => column.name === name)));
  const columns = known.find(({ name }) => name === table)?.columns ?? [];
  const chosen = parameters.get('fields')?.split(',') ?? usualColumns.filter((name) => columns.some((column) => column.name === name));
  const fields = [...new Set([...identity, ...chosen])].join(',');
  const asked = Object.fromEntries(['client', 'from', 'to', 'type', 'state', 'as_of', 'table'].map((name) => [name, parameters.get(name)]));

  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/receipts', { query: { ...asked, fields, limit: pageRowCount, cursor }, signal });
      return { rows: page.receipts, next: page.next_cursor };
    },
    (rows) => (rows.length ? receiptTable(rows, chosen, columns, table) : emptyState(t('receipts.none'), { command: postCommand() })));

  const choose = h('button', { class: 'button', id: 'choose-columns', onclick: () => chooseColumns(columns, chosen) }, t('receipts.columns'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('receipts.title')), choose), filterBar(filters(known)), list);
}

/** @param {import('../core/schema.js').Table[]} known */
function filters(known) {
  return /** @type {import('../components/filter-bar.js').Filter[]} */ ([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []),
    { name: 'from', label: t('from'), kind: 'date' },
    { name: 'to', label: t('to'), kind: 'date' },
    { name: 'type', label: t('type') },
    { name: 'state', label: t('state'), choices: ['COMPLETE', 'PROCESSING', 'FAILED'] },
    { name: 'table', label: t('table'), choices: known.map(({ name }) => name).filter((name) => !/_(accepted|history)$/.test(name)) },
    ...(known.some(({ name }) => name.endsWith('_history')) ? [{ name: 'as_of', label: t('as-of') }] : []),
    { name: 'receipt', label: t('receipt') },
  ]);
}

/**
 * @param {ReceiptRow[]} rows
 * @param {string[]} chosen
 * @param {import('../core/schema.js').Column[]} columns
 * @param {string} table
 */
function receiptTable(rows, chosen, columns, table) {
  /** @type {import('../components/list-table.js').Column<ReceiptRow>[]} */
  const shown = chosen.map((name) => {
    const type = columns.find((column) => column.name === name)?.type ?? 'VARCHAR';
    const isNumeric = /^(DECIMAL|BIGINT|INTEGER|DOUBLE)/.test(type);
    return { title: name, isNumeric, cell: (row) => receiptCell(name, type, row, table) };
  });
  return listTable(t('receipts.title'), shown, rows);
}

/**
 * @param {string} name
 * @param {string} type
 * @param {ReceiptRow} row
 * @param {string} table
 */
function receiptCell(name, type, row, table) {
  const value = row[name];
  if (value === null || value === undefined) return h('span', { class: 'quiet' }, 'NULL');
  switch (name) {
    case 'receipt_id': return h('a', { href: receiptAddress(row, table) }, String(value));
    case 'ticket_id': return h('a', { href: address('tickets', [value]) }, h('code', {}, value));
    case 'state': return status(value);
    case 'business_day': return day(value);
    default: return type.startsWith('TIMESTAMP') ? time(value) : cellText(value, type).slice(0, 120);
  }
}

/**
 * @param {ReceiptRow} row
 * @param {string} [table]
 */
export function receiptAddress(row, table = 'receipts') {
  return address('receipts', [row.client_id ?? '', row.business_day ?? '', row.receipt_id ?? ''], table === 'receipts' ? {} : { table });
}

/**
 * @param {import('../core/schema.js').Column[]} columns
 * @param {string[]} chosen
 */
function chooseColumns(columns, chosen) {
  openDialog(t('receipts.columns'), (close) => {
    const boxes = columns.filter(({ type, name }) => !type.startsWith('STRUCT') && name !== 'document').map(({ name, description }) => {
      const input = h('input', { type: 'checkbox', id: `column-${name}`, value: name, checked: chosen.includes(name) });
      return { input, row: h('p', { class: 'row' }, input, h('label', { for: input.id }, name), description && h('span', { class: 'quiet' }, description)) };
    });
    const apply = (/** @type {Event} */ event) => {
      event.preventDefault();
      close();
      refine({ fields: boxes.filter(({ input }) => input.checked).map(({ input }) => input.value).join(',') });
    };
    return [h('form', { class: 'stack', onsubmit: apply }, boxes.map(({ row }) => row), h('p', { class: 'row end' }, h('button', { class: 'button primary' }, t('filter.apply'))))];
  });
}

function postCommand() {
  return `curl -X POST ${location.origin}/v1/receipts -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' --data-binary @receipt.json`;
}
