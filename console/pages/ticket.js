// One ticket: every step, attempt, answer and delivery of a receipt, and when the next attempt is.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { day, number, plainly, speaks, t } from '../core/language.js';
import { address } from '../core/location.js';
import { Problem } from '../core/problem.js';
import { tablesOfTypes } from '../core/schema.js';
import { copyable } from '../components/copy-button.js';
import { factList } from '../components/facts.js';
import { listTable } from '../components/list-table.js';
import { violations } from '../components/problem-view.js';
import { status } from '../components/status.js';
import { timeLine } from '../components/time-line.js';
import { time } from '../components/instant.js';

/** @typedef {import('../types/api.js').Ticket} Ticket */
/** @typedef {Ticket['history'][number]} TicketEvent */

/** @type {{[event: string]: import('../components/status.js').Mood}} */
const moods = { received: 'idle', accepted: 'good', complete: 'good', delivered: 'good', failed: 'bad', rejected: 'bad', exhausted: 'bad', dead: 'bad', sent: 'busy', waiting: 'busy', redriven: 'busy' };

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
export async function renderTicket(id, signal) {
  const ticket = await get('/v1/tickets/{ticket_id}', { path: { ticket_id: id }, signal });
  const table = (await tablesOfTypes()).get(ticket.type ?? '');
  // Under the id of one that failed may stand another since.
  const shown = ticket.state === 'FAILED' ? await shownTicket(ticket, table, signal) : id;
  const isOther = shown !== null && shown !== id;
  const receipt = shown && ticket.client_id && ticket.business_day && ticket.receipt_id && address('receipts', [ticket.client_id, ticket.business_day, ticket.receipt_id], { table: table === 'receipts' ? null : table, ticket: isOther ? id : null });
  const replacement = ticket.replaced_by ?? (isOther ? shown : null);
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('tickets') }, t('tickets.title'))),
    h('div', { class: 'row' }, h('h1', {}, t('ticket.title')), status(ticket.state)),
    h('section', { class: 'card' }, factList([
      [t('ticket.id'), copyable(ticket.ticket_id)],
      [t('client'), ticket.client_id],
      [t('receipt'), receipt ? h('span', {}, h('a', { href: receipt }, ticket.receipt_id), isOther && [' ', h('span', { class: 'quiet' }, t('ticket.shows-replacement'))]) : ticket.receipt_id],
      [t('type'), ticket.type],
      [t('business-day'), ticket.business_day && day(ticket.business_day)],
      [t('ticket.sequence'), ticket.sequence && number(ticket.sequence)],
      [t('ticket.replaced-by'), replacement && h('a', { href: address('tickets', [replacement]) }, h('code', {}, replacement))],
    ]), ticket.state === 'REFUSED' && h('p', {}, h('a', { href: address('quarantine', [ticket.ticket_id]) }, t('ticket.open-quarantine')))),
    ticket.errors.length > 0 && h('section', { class: 'card' }, h('h2', {}, t('ticket.errors')), violations(ticket.errors)),
    ticket.steps.length > 0 && h('section', { class: 'stack tight' }, h('h2', {}, t('ticket.steps')), stepTable(ticket)),
    h('section', { class: 'card' }, h('h2', {}, t('ticket.history')), ticketTimeLine(ticket)));
}

/**
 * The ticket of the receipt that the page of this one's id shows.
 *
 * @param {Ticket} ticket
 * @param {string | undefined} table
 * @param {AbortSignal} signal
 * @returns {Promise<string | null>} null where it shows none
 */
async function shownTicket({ receipt_id: receipt, client_id: client, business_day: businessDay }, table, signal) {
  if (!receipt) return null;
  try {
    const answer = await get('/v1/receipts/{receipt_id}', { path: { receipt_id: receipt }, query: { client, day: businessDay, table: table === 'receipts' ? null : table }, signal });
    return answer.ticket_id ?? null;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** @param {Ticket} ticket */
function stepTable({ steps }) {
  return listTable(t('ticket.steps'), [
    { title: t('ticket.stage'), isNumeric: true, cell: ({ stage }) => number(stage) },
    { title: t('registrar'), cell: ({ name }) => name },
    { title: t('state'), cell: ({ state }) => status(state) },
    { title: t('attempts'), isNumeric: true, cell: ({ attempts }) => number(attempts) },
    { title: t('at'), cell: ({ at }) => time(at) },
    { title: t('ticket.reference'), cell: ({ reference }) => reference },
    { title: t('detail'), isWide: true, cell: ({ detail }) => detail && plainly(detail) },
  ], steps);
}

/** @param {Ticket} ticket */
export function ticketTimeLine({ history, state }) {
  if (!history.length) return h('p', { class: 'quiet' }, t('ticket.no-history'));
  return timeLine(history.map((event, index) => moment(event, state === 'PROCESSING' && index === history.length - 1)));
}

/**
 * @param {TicketEvent} entry
 * @param {boolean} isLast whether its next attempt is still to come
 */
function moment({ at, event, name, attempt, detail, next_at: nextAt, ...others }, isLast) {
  const key = `ticket.event.${event}`;
  const told = Object.entries(others).filter(([, value]) => value !== null && typeof value !== 'object').map(([word, value]) => `${word}: ${value}`);
  return {
    at, mood: moods[event],
    title: [speaks(key) ? t(key) : event, name, attempt && t('ticket.attempt', { number: attempt })].filter(Boolean).join(' · '),
    details: [detail && h('p', {}, plainly(String(detail))), told.length > 0 && h('p', { class: 'quiet' }, told.join(' · ')),
      nextAt && h('p', { class: 'quiet' }, t('ticket.next-attempt'), ' ', isLast ? h('till-countdown', { datetime: nextAt }) : time(nextAt))],
  };
}
