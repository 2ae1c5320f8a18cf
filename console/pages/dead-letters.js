// What could not be registered or delivered: grouped by cause, looked at one by one, sent again singly or in lots.

import { get, post, remove } from '../core/api.js';
import { announce } from '../core/announce.js';
import { offers } from '../core/features.js';
import { h } from '../core/dom.js';
import { number, t } from '../core/language.js';
import { address, here, refine } from '../core/location.js';
import { tablesOfTypes } from '../core/schema.js';
import { isAdmin, mayWrite, seesAll } from '../core/session.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged, passing } from '../components/pager.js';
import { redriveLot, showLots } from './dead-letters/redrive-lot.js';
import { receiptAddress } from './receipts.js';

/** @typedef {import('../types/api.js').DeadLetter} DeadLetter */

const pageRowCount = 1_000;

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ parameters }, { signal }) {
  const wanted = Object.fromEntries(['client', 'registrar', 'code', 'before', 'cause'].map((name) => [name, parameters.get(name)]));
  const { client, cause } = wanted;
  /**
   * Those that are shown.
   *
   * @type {DeadLetter[]}
   */
  let shown = [];
  const places = await tablesOfTypes();
  /** @param {string | null} cursor */
  const read = async (cursor) => {
    const page = await get('/v1/dead-letters', { query: { client, limit: pageRowCount, cursor }, signal });
    return { rows: page.dead_letters, next: page.next_cursor };
  };
  /** @param {DeadLetter} letter */
  const isWanted = (letter) => passes(letter, wanted);
  const list = await paged(
    passing(read, isWanted),
    (all, isWhole) => {
      shown = all;
      return shown.length ? h('div', { class: 'stack' }, !cause && groups(shown, isWhole), letterTable(shown, places)) : emptyState(t('dead-letters.none'), { command: `till dead-letter list --url ${location.origin}` });
    });
  const view = { place: h('div', {}), signal, done: () => refine({}) };
  showLots(view);
  // What is pressed keeps the focus, to which its dialog leads back.
  let isReading = false;
  const redriveAll = async () => {
    if (isReading) return;
    isReading = true;
    await redriveLot(lotOf(wanted, shown, (countMax) => upTo(countMax, read, isWanted)), view);
    isReading = false;
  };
  const lot = mayWrite() && offers('/v1/dead-letters/redrive', 'post') && h('button', { class: 'button', id: 'redrive-lot', onclick: redriveAll }, t('dead-letters.redrive-lot'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('dead-letters.title')), lot), filterBar([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []),
    { name: 'registrar', label: t('registrar') },
    { name: 'code', label: t('dead-letters.code') },
    { name: 'before', label: t('dead-letters.before'), kind: 'instant' },
    { name: 'cause', label: t('cause') },
  ]), view.place, list);
}

/**
 * As the server's own filter takes them, and by cause.
 *
 * @param {DeadLetter} letter
 * @param {{[name: string]: string | null}} wanted
 */
function passes(letter, { registrar, code, before, cause }) {
  return (!registrar || letter.name === registrar) && (!code || letter.reason.includes(code)) && (!before || Date.parse(letter.at) < Date.parse(before)) && (!cause || causeOf(letter) === cause);
}

/**
 * The server knows no causes: what has one is named by its ids, on whichever page it is.
 *
 * @param {{[name: string]: string | null}} wanted
 * @param {DeadLetter[]} letters
 * @param {import('./dead-letters/redrive-lot.js').ReadIDs} readIDs
 */
function lotOf({ cause, ...others }, letters, readIDs) {
  if (cause) return { readIDs, letters };
  return { filter: Object.fromEntries(Object.entries(others).filter(([, value]) => value)), letters };
}

/**
 * Ids on all pages, as many as one call takes.
 *
 * @param {number} countMax
 * @param {(cursor: string | null) => Promise<{rows: DeadLetter[], next: string | null}>} read
 * @param {(letter: DeadLetter) => boolean} isWanted
 */
async function upTo(countMax, read, isWanted) {
  /** @type {string[]} */
  const ids = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {{rows: DeadLetter[], next: string | null}} */
    const page = await read(cursor);
    for (const letter of page.rows) if (isWanted(letter)) ids.push(letter.id);
    cursor = page.next;
  } while (cursor !== null && ids.length <= countMax);
  return { ids: ids.slice(0, countMax), isCut: ids.length > countMax };
}

/**
 * Letters of one cause differ in numbers and times only.
 *
 * @param {DeadLetter} letter
 */
function causeOf({ reason }) {
  return reason.replace(/\d+/g, '#');
}

/**
 * @param {DeadLetter[]} letters
 * @param {boolean} isWhole whether they are all that there are
 */
function groups(letters, isWhole) {
  /** @type {Map<string, {name: string, cause: string, count: number, oldest: string}>} */
  const found = new Map();
  for (const letter of letters) {
    const cause = causeOf(letter);
    const group = found.get(`${letter.name}\n${cause}`) ?? { name: letter.name, cause, count: 0, oldest: letter.at };
    group.count += 1;
    if (letter.at < group.oldest) group.oldest = letter.at;
    found.set(`${letter.name}\n${cause}`, group);
  }
  const rows = [...found.values()].sort((one, other) => other.count - one.count);
  return h('section', { class: 'stack tight' }, h('h2', {}, t('dead-letters.causes')), !isWhole && h('p', { class: 'quiet' }, t('causes.of-shown', { count: letters.length })), listTable(t('dead-letters.causes'), [
    { title: t('count'), isNumeric: true, cell: ({ count }) => number(count) },
    { title: t('registrar'), cell: ({ name }) => name },
    { title: t('cause'), isWide: true, cell: ({ name, cause }) => h('a', { href: address('dead-letters', [], { ...Object.fromEntries(here().parameters), registrar: name, cause }) }, cause) },
    { title: t('oldest'), cell: ({ oldest }) => time(oldest) },
  ], rows));
}

/**
 * @param {DeadLetter[]} letters
 * @param {Map<string, string>} places the table of each type
 */
function letterTable(letters, places) {
  return h('section', { class: 'stack tight' }, h('h2', {}, t('dead-letters.letters')), listTable(t('dead-letters.letters'), [
    { title: t('receipt'), cell: ({ receipt, event }) => (receipt ? h('a', { href: receiptAddress(/** @type {any} */ (receipt), places.get(receipt.type)) }, receipt.receipt_id) : event) },
    { title: t('client'), cell: ({ client_id: client }) => client },
    { title: t('registrar'), cell: ({ name }) => name },
    { title: t('cause'), isWide: true, cell: ({ reason }) => reason },
    { title: t('attempts'), isNumeric: true, cell: ({ attempts }) => number(attempts) },
    { title: t('at'), cell: ({ at }) => time(at) },
    { title: t('actions'), cell: (letter) => h('span', { class: 'row' },
      letter.receipt && h('a', { href: address('tickets', [letter.receipt.ticket_id]) }, t('ticket.title')),
      mayWrite() && h('button', { class: 'button small', onclick: () => redrive(letter) }, t('dead-letters.redrive')),
      isAdmin() && h('button', { class: 'button small', onclick: () => discard(letter) }, t('delete'))) },
  ], letters));
}

/** @param {DeadLetter} letter */
async function redrive({ id, receipt, event }) {
  confirm({
    title: t('dead-letters.redrive'), text: t('dead-letters.redrive-one', { id: receipt?.receipt_id ?? event ?? id }), action: t('dead-letters.redrive'),
    work: async () => {
      await post('/v1/dead-letters/{id}/redrive', { path: { id } });
      announce(t('dead-letters.redriven', { count: 1 }));
    },
    done: () => refine({}),
  });
}

/** @param {DeadLetter} letter */
function discard({ id, receipt, event }) {
  confirm({
    title: t('delete'), text: t('dead-letters.delete-one', { id: receipt?.receipt_id ?? event ?? id }), action: t('delete'), isDangerous: true,
    work: () => remove('/v1/admin/dead-letters/{id}', { path: { id } }), done: () => refine({}),
  });
}
