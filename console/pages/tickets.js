// Tickets by client, receipt, state and time; one ticket at /console/tickets/<id>.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { day, t } from '../core/language.js';
import { address, go } from '../core/location.js';
import { tablesOfTypes } from '../core/schema.js';
import { seesAll } from '../core/session.js';
import { emptyState } from '../components/empty-state.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';
import { receiptAddress } from './receipts.js';
import { renderTicket } from './ticket.js';

const pageRowCount = 100;

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  if (segments.length) return renderTicket(segments[0], signal);
  const asked = Object.fromEntries(['client', 'receipt', 'state', 'from', 'to', 'table'].map((name) => [name, parameters.get(name)]));
  const places = await tablesOfTypes();
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/tickets', { query: { ...asked, limit: pageRowCount, cursor }, signal });
      return { rows: page.tickets, next: page.next_cursor };
    },
    (rows) => (rows.length ? ticketTable(rows, places) : emptyState(t('tickets.none'), { command: `till ticket list --url ${location.origin}` })));
  return h('div', { class: 'stack' }, h('h1', {}, t('tickets.title')), lookUp(), filterBar(filters()), list);
}

function filters() {
  return /** @type {import('../components/filter-bar.js').Filter[]} */ ([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []),
    { name: 'receipt', label: t('receipt') },
    { name: 'state', label: t('state'), choices: ['PROCESSING', 'COMPLETE', 'FAILED', 'REFUSED'] },
    { name: 'from', label: t('from'), kind: 'date' },
    { name: 'to', label: t('to'), kind: 'date' },
    { name: 'table', label: t('table') },
  ]);
}

function lookUp() {
  const input = h('input', { id: 'ticket', type: 'text', required: true, autocomplete: 'off', spellcheck: 'false', size: 30 });
  const find = (/** @type {Event} */ event) => {
    event.preventDefault();
    go(address('tickets', [input.value.trim()]));
  };
  return h('form', { class: 'row', onsubmit: find }, h('label', { for: 'ticket' }, t('ticket.id')), input, h('button', { class: 'button' }, t('open')));
}

/**
 * @param {import('../types/api.js').TicketItem[]} rows
 * @param {Map<string, string>} places the table of each type
 */
function ticketTable(rows, places) {
  return listTable(t('tickets.title'), [
    { title: t('ticket.id'), cell: ({ ticket_id: id }) => h('a', { href: address('tickets', [id]) }, h('code', {}, id)) },
    { title: t('state'), cell: ({ state }) => status(state) },
    { title: t('client'), cell: ({ client_id: client }) => client },
    { title: t('receipt'), cell: (row) => (row.receipt_id && row.business_day ? h('a', { href: receiptAddress(/** @type {any} */ (row), places.get(row.type ?? '')) }, row.receipt_id) : row.receipt_id) },
    { title: t('business-day'), cell: (row) => row.business_day && day(row.business_day) },
    { title: t('received'), cell: ({ received_at: at }) => time(at) },
    { title: t('type'), cell: ({ type }) => type },
  ], rows);
}
