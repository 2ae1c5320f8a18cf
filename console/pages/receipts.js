// Receipts of any table, by filters that are parameters of GET /v1/receipts; one receipt at /console/receipts/<client>/<day>/<id>.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { documentOf } from '../core/encoding.js';
import { day, t } from '../core/language.js';
import { address, go, here, refine } from '../core/location.js';
import { identifier, isInstantType, isNumericType, keepsVersions, tables } from '../core/schema.js';
import { mayWrite, seesAll } from '../core/session.js';
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
const stateNames = ['COMPLETE', 'PROCESSING', 'FAILED'];

/** @type {import('./pages.js').PageModule['render']} */
export async function render(place, { signal }) {
  const { segments, parameters } = place;
  const table = parameters.get('table') ?? 'receipts';
  const asOf = parameters.get('as_of');
  if (segments.length === 3) return renderReceipt({ client: segments[0], day: segments[1], id: segments[2], table, asOf, ticket: parameters.get('ticket') }, signal);
  const wanted = parameters.get('receipt');
  if (wanted) return renderChoices({ id: wanted, table, client: parameters.get('client'), asOf }, signal);

  // Pages are of tables: of those that keep versions with what was newest at an instant.
  const known = (await tables()).filter(({ isView, columns }) => !isView && identity.every((name) => columns.some((column) => column.name === name)));
  const columns = known.find(({ name }) => name === table)?.columns ?? [];
  const wished = parameters.get('fields')?.split(',') ?? usualColumns;
  // A star is all columns.
  const chosen = wished.includes('*') ? columns.map(({ name }) => name) : parameters.has('fields') ? wished : wished.filter((name) => columns.some((column) => column.name === name));
  const fields = [...new Set([...identity, ...chosen])].join(',');
  const asked = Object.fromEntries(['client', 'from', 'to', 'type', 'state', 'as_of', 'table'].map((name) => [name, parameters.get(name)]));

  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/receipts', { query: { ...asked, fields, limit: pageRowCount, cursor }, signal });
      return { rows: page.receipts, next: page.next_cursor };
    },
    (rows) => (rows.length ? receiptTable(rows, chosen, columns, table) : emptyState(t('receipts.none'), { command: mayWrite() && postCommand() })));

  const choose = h('button', { class: 'button', id: 'choose-columns', onclick: () => chooseColumns(columns, chosen) }, t('receipts.columns'));
  // The same in SQL, to go on from; what was newest at an instant has no such words.
  const query = !asOf && h('a', { class: 'button', id: 'open-sql', href: `${address('sql')}#${new URLSearchParams({ q: queryOf(table, asked) })}` }, t('rollups.open-sql'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('receipts.title')), h('span', { class: 'row' }, query, choose)), lookUp(table, parameters.get('client')), filterBar(filters(known, keepsVersions(columns))), list);
}

/**
 * @param {string} table
 * @param {string | null} client
 */
function lookUp(table, client) {
  const input = h('input', { id: 'receipt', type: 'text', required: true, autocomplete: 'off', spellcheck: 'false', size: 30 });
  const find = (/** @type {Event} */ event) => {
    event.preventDefault();
    go(address('receipts', [], { client, table: table === 'receipts' ? null : table, receipt: input.value.trim() }));
  };
  return h('form', { class: 'row', onsubmit: find }, h('label', { for: 'receipt' }, t('receipt')), input, h('button', { class: 'button' }, t('open')));
}

/**
 * What the filters ask for.
 *
 * @param {string} table
 * @param {{[name: string]: string | null}} asked
 */
export function queryOf(table, { client, from, to, type, state }) {
  const text = (/** @type {string} */ value) => `'${value.replaceAll("'", "''")}'`;
  const bound = (/** @type {string} */ value, /** @type {string} */ sign) => (/^\d{4}-\d\d-\d\d$/.test(value) ? `business_day ${sign} DATE ${text(value)}` : `issued_at ${sign} TIMESTAMPTZ ${text(value)}`);
  const conditions = [client && `client_id = ${text(client)}`, from && bound(from, '>='), to && bound(to, '<'), type && `type = ${text(type)}`, state && `state = ${text(state)}`].filter(Boolean);
  return `SELECT *\nFROM ${identifier(table)}${conditions.length ? `\nWHERE ${conditions.join(' AND ')}` : ''}\nORDER BY business_day, client_id, receipt_id\nLIMIT 100`;
}

/**
 * @param {import('../core/schema.js').Table[]} known
 * @param {boolean} hasVersions
 */
function filters(known, hasVersions) {
  return /** @type {import('../components/filter-bar.js').Filter[]} */ ([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []),
    { name: 'from', label: t('from'), kind: 'date' },
    { name: 'to', label: t('to'), kind: 'date' },
    { name: 'type', label: t('type') },
    { name: 'state', label: t('state'), choices: stateNames },
    { name: 'table', label: t('table'), choices: known.map(({ name }) => name) },
    ...(hasVersions || here().parameters.has('as_of') ? [{ name: 'as_of', label: t('as-of'), kind: 'instant' }] : []),
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
    const type = columns.find((column) => column.name === name)?.type ?? 'text';
    return { title: name, isNumeric: isNumericType(type), cell: (row) => receiptCell(name, type, row, table) };
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
  const value = name === 'document' ? documentOf(row) : row[name];
  if (value === null || value === undefined) return h('span', { class: 'quiet' }, 'NULL');
  switch (name) {
    case 'receipt_id': return h('a', { href: receiptAddress(row, table) }, String(value));
    case 'ticket_id': return h('a', { href: address('tickets', [value]) }, h('code', {}, value));
    case 'state': return status(value);
    case 'business_day': return day(value);
    default: return isInstantType(type) ? time(value) : cellText(value, type).slice(0, 120);
  }
}

/**
 * Where a row leads. One that failed may have been replaced under its id since: its ticket says what became of it, and where another is.
 *
 * @param {ReceiptRow} row
 * @param {string} [table]
 */
export function receiptAddress(row, table = 'receipts') {
  if (row.state === 'FAILED' && row.ticket_id) return address('tickets', [row.ticket_id]);
  return address('receipts', [row.client_id ?? '', row.business_day ?? '', row.receipt_id ?? ''], { table: table === 'receipts' ? null : table, as_of: here().page === 'receipts' ? here().parameters.get('as_of') : null });
}

/**
 * @param {import('../core/schema.js').Column[]} columns
 * @param {string[]} chosen
 */
function chooseColumns(columns, chosen) {
  openDialog(t('receipts.columns'), (close) => {
    const boxes = columns.filter(({ type }) => type !== 'jsonb' && type !== 'bytea').map(({ name, comment }) => {
      const input = h('input', { type: 'checkbox', id: `column-${name}`, value: name, checked: chosen.includes(name) });
      return { input, row: h('p', { class: 'row' }, input, h('label', { for: input.id }, name), comment && h('span', { class: 'quiet' }, comment)) };
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
