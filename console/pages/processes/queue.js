// A queue: its counts, a look at what is in it that takes nothing, and its dead letters.

import { get, post, remove } from '../../core/api.js';
import { announce } from '../../core/announce.js';
import { stringify } from '../../core/exact-json.js';
import { h } from '../../core/dom.js';
import { bytes, number, t } from '../../core/language.js';
import { address, refine } from '../../core/location.js';
import { confirm } from '../../components/dialogs.js';
import { documentTree } from '../../components/document-view.js';
import { emptyState } from '../../components/empty-state.js';
import { factList } from '../../components/facts.js';
import { time } from '../../components/instant.js';
import { listTable } from '../../components/list-table.js';
import { paged } from '../../components/pager.js';
import { status } from '../../components/status.js';

const pageRowCount = 50;
/** Longer bodies open when they are asked for. */
const shortLengthMax = 120;
/** @type {{[state: string]: import('../../components/status.js').Mood}} */
const moods = { active: 'idle', locked: 'busy', delayed: 'busy' };

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
export async function renderQueue(name, signal) {
  const path = { name };
  const [queue, messages, letters] = await Promise.all([get('/v1/queues/{name}', { path, signal }), messageList(name, signal), letterList(name, signal)]);
  const dead = queue.counts?.dead ?? 0;
  const waiting = (queue.counts?.active ?? 0) + (queue.counts?.locked ?? 0) + (queue.counts?.delayed ?? 0);
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('processes') }, t('processes.title')), ' / ', t('queues.title')),
    h('div', { class: 'row between' }, h('h1', {}, name), h('span', { class: 'row' },
      dead > 0 && h('button', { class: 'button', onclick: () => redrive(name, dead) }, t('queues.redrive')),
      waiting > 0 && h('button', { class: 'button', onclick: () => purge(name, waiting) }, t('queues.purge')))),
    h('section', { class: 'card' }, factList([
      [t('queues.active'), number(queue.counts?.active ?? 0)], [t('queues.locked'), number(queue.counts?.locked ?? 0)], [t('queues.delayed'), number(queue.counts?.delayed ?? 0)], [t('queues.dead'), number(dead)],
      [t('storage.size'), bytes(queue.bytes ?? 0)], [t('oldest'), queue.oldest_at && time(queue.oldest_at)],
      [t('queues.ttl'), queue.ttl], [t('queues.lock'), queue.lock], [t('queues.max-deliveries'), number(queue.max_deliveries ?? 0)],
    ])),
    h('h2', {}, t('queues.messages')), messages,
    dead > 0 && h('h2', {}, t('queues.letters')), dead > 0 && letters);
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
function messageList(name, signal) {
  return paged(async (cursor) => {
    const page = await get('/v1/queues/{name}/messages', { path: { name }, query: { limit: pageRowCount, cursor }, signal });
    return { rows: page.messages, next: page.next_cursor };
  }, (messages) => (messages.length ? listTable(t('queues.messages'), [
    { title: t('queues.message'), cell: ({ message_id: id }) => h('code', {}, id) },
    { title: t('state'), cell: ({ state }) => status(state, moods[state]) },
    { title: t('queues.body'), isWide: true, cell: ({ body }) => shortBody(body) },
    { title: t('queues.deliveries'), isNumeric: true, cell: ({ deliveries }) => number(deliveries) },
    { title: t('queues.enqueued'), cell: ({ enqueued_at: at }) => time(at) },
    { title: t('queues.due'), cell: ({ due_at: at }) => time(at) },
  ], messages) : emptyState(t('queues.empty'), { command: `till queue send --url ${location.origin} ${name} '{"what":1}'` })));
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
function letterList(name, signal) {
  return paged(async (cursor) => {
    const page = await get('/v1/queues/{name}/dead-letters', { path: { name }, query: { limit: pageRowCount, cursor }, signal });
    return { rows: page.dead_letters, next: page.next_cursor };
  }, (letters) => listTable(t('queues.letters'), [
    { title: t('queues.message'), cell: ({ message_id: id }) => h('code', {}, id) },
    { title: t('cause'), isWide: true, cell: ({ reason, detail }) => [reason, detail].filter(Boolean).join(': ') },
    { title: t('queues.body'), isWide: true, cell: ({ body }) => shortBody(body) },
    { title: t('queues.deliveries'), isNumeric: true, cell: ({ deliveries }) => number(deliveries) },
    { title: t('at'), cell: ({ died_at: at }) => time(at) },
    { title: t('actions'), cell: ({ message_id: id }) => h('button', { class: 'button small', onclick: () => redriveOne(name, id) }, t('queues.put-back')) },
  ], letters));
}

/** @param {any} body */
export function shortBody(body) {
  const text = stringify(body);
  return text.length <= shortLengthMax ? h('code', {}, text) : h('details', { ontoggle: open }, h('summary', {}, h('code', {}, `${text.slice(0, shortLengthMax)}…`)));
  /** @param {Event} event */
  function open({ currentTarget }) {
    if (currentTarget instanceof HTMLDetailsElement && currentTarget.open && currentTarget.childElementCount === 1) currentTarget.append(documentTree(body));
  }
}

/**
 * @param {string} name
 * @param {string} id
 */
function redriveOne(name, id) {
  confirm({ title: t('queues.put-back'), text: t('queues.put-back-text', { id }), action: t('queues.put-back'), work: () => post('/v1/queues/{name}/dead-letters/redrive', { path: { name }, body: { ids: [id] } }), done: () => refine({}) });
}

/**
 * @param {string} name
 * @param {number} count
 */
function redrive(name, count) {
  confirm({ title: t('queues.redrive'), text: t('queues.redrive-text', { count }), action: t('queues.redrive'), count, work: async () => {
    const done = await post('/v1/queues/{name}/dead-letters/redrive', { path: { name }, body: { all: true } });
    announce(t('dead-letters.redriven', { count: done.count }));
  }, done: () => refine({}) });
}

/**
 * @param {string} name
 * @param {number} count
 */
function purge(name, count) {
  confirm({ title: t('queues.purge'), text: t('queues.purge-text', { count }), action: t('queues.purge'), count, isDangerous: true, work: () => remove('/v1/queues/{name}/messages', { path: { name } }), done: () => refine({}) });
}
