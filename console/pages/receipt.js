// One receipt: its columns, its lines, its document as a tree and as it came, what became of it, and its versions.

import { bodyOf, get, send } from '../core/api.js';
import { typesOf } from '../core/column-types.js';
import { anyTextOf, documentOf } from '../core/encoding.js';
import { ExactNumber, stringify } from '../core/exact-json.js';
import { fill, h } from '../core/dom.js';
import { day, number, t } from '../core/language.js';
import { address } from '../core/location.js';
import { Problem } from '../core/problem.js';
import { isDateType, isInstantType, isNumericType, keepsVersions, tables } from '../core/schema.js';
import { copyable } from '../components/copy-button.js';
import { documentText, documentTree, longText } from '../components/document-view.js';
import { factList } from '../components/facts.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { problemView } from '../components/problem-view.js';
import { status } from '../components/status.js';
import { tabList } from '../components/tab-list.js';
import { ticketTimeLine } from './ticket.js';

/** @typedef {{client: string, day: string, id: string, table: string, asOf?: string | null, ticket?: string | null}} Identity of the receipt, and of the ticket that led to it */

/**
 * @param {Identity} identity
 * @param {AbortSignal} signal
 */
export async function renderReceipt(identity, signal) {
  const input = inputOf(identity, signal);
  const [receipt, types] = await Promise.all([get('/v1/receipts/{receipt_id}', input), typesOf(identity.table, signal)]);
  const ticket = receipt.ticket_id ? await get('/v1/tickets/{ticket_id}', { path: { ticket_id: receipt.ticket_id }, signal }) : null;
  const { document: ownDocument, document_base64: encoded, ...columns } = receipt;
  const content = documentOf({ document: ownDocument, document_base64: encoded });
  const entries = Object.entries(columns);
  const lists = entries.filter(([, value]) => Array.isArray(value));
  const scalars = entries.filter(([name, value]) => !Array.isArray(value) && !['history', 'state'].includes(name));

  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('receipts', [], { client: identity.client, table: tableParameter(identity.table) }) }, t('receipts.title')), ' / ', h('span', {}, identity.client), ' / ', day(identity.day)),
    h('div', { class: 'row' }, h('h1', {}, identity.id), status(receipt.state)),
    identity.asOf && h('p', { class: 'banner' }, t('receipt.as-of'), ' ', time(identity.asOf), ' ', h('a', { href: address('receipts', [identity.client, identity.day, identity.id], { table: tableParameter(identity.table) }) }, t('receipt.newest'))),
    identity.ticket && identity.ticket !== receipt.ticket_id && h('p', { class: 'banner' }, t('receipt.replacement'), ' ', h('a', { href: address('tickets', [identity.ticket]) }, h('code', {}, identity.ticket))),
    h('section', { class: 'card' }, h('h2', {}, t('receipt.columns')), factList(scalars.map(([name, value]) => [name, columnValue(name, value, types.get(name)?.type)]))),
    lists.filter(([name]) => name !== 'history').map(([name, rows]) => h('section', { class: 'stack tight' }, h('h2', {}, name), elements(name, rows, types.get(name)))),
    h('section', { class: 'card' }, h('h2', {}, t('receipt.document')), tabList(t('receipt.document'), [
      { name: 'tree', title: t('document.tree'), show: () => (encoded && content === null ? h('p', { class: 'quiet' }, t('document.binary')) : documentTree(content)) },
      { name: 'raw', title: t('document.raw'), show: () => rawDocument(input) },
    ])),
    ticket && h('section', { class: 'card' }, h('h2', {}, t('receipt.ticket')), h('p', {}, h('a', { href: address('tickets', [ticket.ticket_id]) }, t('receipt.open-ticket'))), ticketTimeLine(ticket)),
    await versions(identity, types, signal));
}

/** @param {string} table none for the one that is meant without */
const tableParameter = (table) => (table === 'receipts' ? null : table);

/**
 * @param {Identity} identity
 * @param {AbortSignal} signal
 */
function inputOf({ client, day: businessDay, id, table, asOf }, signal) {
  return { path: { receipt_id: id }, query: { client, day: businessDay, table: tableParameter(table), as_of: asOf ?? null }, signal };
}

/**
 * @param {string} name
 * @param {any} value
 * @param {string} [type] as an answer names it
 * @returns {import('../core/dom.js').Child}
 */
function columnValue(name, value, type) {
  if (value === null) return h('span', { class: 'quiet' }, 'NULL');
  if (name === 'ticket_id') return h('span', {}, h('a', { href: address('tickets', [value]) }, h('code', {}, value)));
  if (name.endsWith('_id') || name.endsWith('_sha256')) return copyable(String(value));
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return documentTree(value);
  return typedValue(value, type);
}

/**
 * By its type alone: a text stays as it is, whatever it looks like.
 *
 * @param {any} value
 * @param {string} [type]
 * @returns {import('../core/dom.js').Child}
 */
function typedValue(value, type = '') {
  if (value === null || value === undefined) return h('span', { class: 'quiet' }, 'NULL');
  if (isInstantType(type)) return time(String(value));
  if (isDateType(type)) return day(String(value));
  if (isNumericType(type) || typeof value === 'number' || value instanceof ExactNumber) return number(value);
  return longText(typeof value === 'object' ? stringify(value) : String(value));
}

/**
 * @param {string} name
 * @param {{[column: string]: any}[]} rows
 * @param {{fields: Map<string, string> | null} | undefined} list its type
 */
function elements(name, rows, list) {
  if (!rows.length) return h('p', { class: 'quiet' }, t('sql.no-rows'));
  const isOfColumns = rows.every((row) => row !== null && typeof row === 'object' && !Array.isArray(row) && !(row instanceof ExactNumber));
  if (!isOfColumns) return documentTree(rows);
  /** @type {import('../components/list-table.js').Column<{[column: string]: any}>[]} */
  const columns = Object.keys(rows[0]).map((column) => {
    const type = list?.fields?.get(column) ?? '';
    return { title: column, isNumeric: isNumericType(type), cell: (row) => typedValue(row[column], type) };
  });
  return listTable(name, columns, rows);
}

/**
 * Its exact bytes, read when they are looked at.
 *
 * @param {ReturnType<typeof inputOf>} input
 */
function rawDocument(input) {
  const frame = h('div', {}, h('p', { class: 'quiet' }, t('loading')));
  send('get', '/v1/receipts/{receipt_id}', { ...input, query: { ...input.query, raw: 1 }, accept: '*/*' })
    .then((response) => bodyOf(response, (whole) => whole.arrayBuffer()))
    .then((bytes) => fill(frame, documentText(anyTextOf(new Uint8Array(bytes)))), (error) => fill(frame, problemView(error)));
  return frame;
}

/**
 * An id without its day may name several receipts.
 *
 * @param {{id: string, table: string, client: string | null, asOf: string | null}} wanted
 * @param {AbortSignal} signal
 */
export async function renderChoices({ id, table, client, asOf }, signal) {
  const answer = await get('/v1/receipts/{receipt_id}', { path: { receipt_id: id }, query: { table: tableParameter(table), client, as_of: asOf }, signal });
  /** @type {{business_day: string, client_id?: string}[]} */
  const choices = 'choices' in answer ? answer.choices : [];
  if (!choices.length) return renderReceipt({ client: answer.client_id, day: answer.business_day, id, table, asOf }, signal);
  return h('div', { class: 'stack' }, h('h1', {}, id), h('p', {}, t('receipt.choices', { count: choices.length })),
    h('ul', {}, choices.map((choice) => h('li', {}, h('a', { href: address('receipts', [choice.client_id ?? client ?? '', choice.business_day, id], { table: tableParameter(table), as_of: asOf }) }, [choice.client_id, day(choice.business_day)].filter(Boolean).join(' · '))))));
}

/**
 * Tables whose documents do not change have none.
 *
 * @param {Identity} identity
 * @param {import('../core/column-types.js').ColumnTypes} types
 * @param {AbortSignal} signal
 */
async function versions(identity, types, signal) {
  const { id, client, table } = identity;
  const found = (await tables()).find(({ name, isView }) => name === table && !isView);
  if (!found || !keepsVersions(found.columns)) return null;
  try {
    const list = await paged(async (cursor) => {
      const page = await get('/v1/receipts/{receipt_id}/versions', { path: { receipt_id: id }, query: { client, table, cursor }, signal });
      return { rows: page.versions, next: page.next_cursor };
    }, (all) => h('ol', { class: 'stack' }, all.map((version) => versionItem(identity, types, version))), true);
    return h('section', { class: 'card' }, h('h2', {}, t('receipt.versions')), list);
  } catch (error) {
    if (error instanceof Problem && error.slug === 'not-found') return null;
    throw error;
  }
}

/**
 * @param {Identity} identity
 * @param {import('../core/column-types.js').ColumnTypes} types
 * @param {import('../types/api.js').Version} version
 */
function versionItem({ client, day: businessDay, id, table }, types, { version, received_at, removed, state, changes }) {
  const link = address('receipts', [client, businessDay, id], { table: tableParameter(table), as_of: received_at });
  return h('li', { class: 'stack tight' },
    h('p', { class: 'row' }, removed ? h('span', { class: 'strong' }, t('receipt.version', { number: version })) : h('a', { href: link }, t('receipt.version', { number: version })), status(removed ? 'REMOVED' : state), time(received_at)),
    Object.keys(changes).length > 0 && listTable(t('receipt.changes'), [
      { title: t('column'), cell: ([name]) => name },
      { title: t('from'), isWide: true, cell: ([name, change]) => changedValue(change.from, types.get(name)?.type) },
      { title: t('to'), isWide: true, cell: ([name, change]) => changedValue(change.to, types.get(name)?.type) },
    ], Object.entries(changes)));
}

/**
 * A list has all its elements: they are looked at one by one.
 *
 * @param {any} value
 * @param {string} [type]
 */
const changedValue = (value, type) => (Array.isArray(value) ? documentTree(value) : typedValue(value, type));
