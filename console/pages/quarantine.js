// What was refused, grouped by cause; one entry with its faults marked in the document.

import { get, remove } from '../core/api.js';
import { h } from '../core/dom.js';
import { documentOf } from '../core/encoding.js';
import { number, plainly, t } from '../core/language.js';
import { address, go, here } from '../core/location.js';
import { isAdmin, seesAll } from '../core/session.js';
import { copyable } from '../components/copy-button.js';
import { confirm } from '../components/dialogs.js';
import { asDocument, documentText, documentTree } from '../components/document-view.js';
import { emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged, passing } from '../components/pager.js';
import { violations } from '../components/problem-view.js';
import { tabList } from '../components/tab-list.js';

/** @typedef {import('../types/api.js').QuarantineEntry} Entry */

const pageRowCount = 100;

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  if (segments.length) return renderEntry(segments[0], signal);
  const cause = parameters.get('cause');
  const list = await paged(
    passing(async (cursor) => {
      const page = await get('/v1/quarantine', { query: { client: parameters.get('client'), limit: pageRowCount, cursor }, signal });
      return { rows: page.quarantine, next: page.next_cursor };
    }, (entry) => !cause || causeOf(entry) === cause),
    (entries, isWhole) => (entries.length ? h('div', { class: 'stack' }, !cause && causes(entries, isWhole), entryTable(entries)) : emptyState(t('quarantine.none'), { command: `till quarantine list --url ${location.origin}` })));
  return h('div', { class: 'stack' }, h('h1', {}, t('quarantine.title')), filterBar([...(seesAll() ? [{ name: 'client', label: t('client') }] : []), { name: 'cause', label: t('cause') }]), list);
}

/**
 * Where the first fault is and of what kind, or what is wrong with the whole.
 *
 * @param {Entry} entry
 */
function causeOf({ problem, type }) {
  const first = problem.errors[0];
  return [type, first ? `${first.pointer} ${first.code}` : problem.type.replace(/^.*\//, '')].filter(Boolean).join(' ');
}

/**
 * @param {Entry[]} entries
 * @param {boolean} isWhole whether they are all that there are
 */
function causes(entries, isWhole) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const entry of entries) counts.set(causeOf(entry), (counts.get(causeOf(entry)) ?? 0) + 1);
  const rows = [...counts].sort(([, one], [, other]) => other - one);
  return h('section', { class: 'stack tight' }, h('h2', {}, t('dead-letters.causes')), !isWhole && h('p', { class: 'quiet' }, t('causes.of-shown', { count: entries.length })), listTable(t('dead-letters.causes'), [
    { title: t('count'), isNumeric: true, cell: ([, count]) => number(count) },
    { title: t('cause'), isWide: true, cell: ([cause]) => h('a', { href: address('quarantine', [], { ...Object.fromEntries(here().parameters), cause }) }, cause) },
  ], rows));
}

/** @param {Entry[]} entries */
function entryTable(entries) {
  return h('section', { class: 'stack tight' }, h('h2', {}, t('quarantine.entries')), listTable(t('quarantine.entries'), [
    { title: t('received'), cell: ({ ticket_id: id, received_at: at }) => h('a', { href: address('quarantine', [id]) }, time(at)) },
    { title: t('client'), cell: ({ client_id: client }) => client },
    { title: t('type'), cell: ({ type }) => type },
    { title: t('quarantine.faults'), isNumeric: true, cell: ({ problem }) => number(problem.errors.length) },
    { title: t('cause'), isWide: true, cell: ({ problem }) => plainly(problem.errors[0]?.message || problem.detail) },
  ], entries));
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function renderEntry(id, signal) {
  const entry = await get('/v1/quarantine/{ticket_id}', { path: { ticket_id: id }, signal });
  const { problem } = entry;
  const content = documentOf(entry);
  const text = typeof content === 'string' ? content : '';
  const bench = isAdmin() && entry.type && h('a', { class: 'button', href: address('types', [entry.type, 'bench'], { refused: id }) }, t('quarantine.bench'));
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('quarantine') }, t('quarantine.title'))),
    h('div', { class: 'row between' }, h('h1', {}, problem.title), h('span', { class: 'row' }, bench, isAdmin() && h('button', { class: 'button', onclick: () => discard(id) }, t('delete')))),
    h('section', { class: 'card' }, h('p', {}, plainly(problem.detail)), violations(problem.errors), factList([
      [t('ticket.id'), copyable(id)],
      [t('received'), time(entry.received_at)],
      [t('client'), entry.client_id],
      [t('type'), entry.type],
      [t('content-type'), entry.content_type],
    ])),
    text && h('section', { class: 'card' }, h('h2', {}, t('receipt.document')), tabList(t('receipt.document'), [
      { name: 'tree', title: t('document.tree'), show: () => documentTree(asDocument(text), new Set(problem.errors.map(({ pointer }) => pointer))) },
      { name: 'raw', title: t('document.raw'), show: () => documentText(text) },
    ])),
    entry.document_base64 && content === null && h('p', { class: 'quiet' }, t('document.binary')));
}

/** @param {string} id */
function discard(id) {
  confirm({
    title: t('delete'), text: t('quarantine.delete-one'), action: t('delete'), isDangerous: true,
    work: () => remove('/v1/admin/quarantine/{ticket_id}', { path: { ticket_id: id } }), done: () => go(address('quarantine')),
  });
}
