// Topics, and who is told of each; what could not be told.

import { get, post } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { number, t } from '../../core/language.js';
import { address, refine } from '../../core/location.js';
import { isAdmin } from '../../core/session.js';
import { confirm } from '../../components/dialogs.js';
import { emptyState } from '../../components/empty-state.js';
import { time } from '../../components/instant.js';
import { listTable } from '../../components/list-table.js';
import { paged } from '../../components/pager.js';
import { shortBody } from './queue.js';

/** @param {AbortSignal} signal */
export async function topicList(signal) {
  const { topics } = await get('/v1/topics', { signal });
  return h('section', { class: 'stack tight' }, h('h2', {}, t('topics.title')), topics.length ? listTable(t('topics.title'), [
    { title: t('name'), cell: ({ name }) => (isAdmin() ? h('a', { href: address('processes', ['topics', name]) }, name) : name) },
    { title: t('topics.subscriptions'), isWide: true, cell: ({ subscriptions }) => subscriptions.join(', ') || '–' },
  ], topics) : emptyState(t('topics.none'), { command: isAdmin() && `till topic put --url ${location.origin} NAME` }));
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
export async function renderTopic(name, signal) {
  const { subscriptions } = await get('/v1/topics/{name}/subscriptions', { path: { name }, signal });
  const dead = await Promise.all(subscriptions.filter(({ counts }) => counts.dead > 0).map((subscription) => deadEvents(name, subscription.name, subscription.counts.dead, signal)));
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('processes') }, t('processes.title')), ' / ', t('topics.title')), h('h1', {}, name),
    subscriptions.length ? listTable(t('topics.subscriptions'), [
      { title: t('name'), cell: (subscription) => subscription.name },
      { title: t('topics.where'), isWide: true, cell: ({ where }) => (where ? h('code', {}, where) : t('topics.all-events')) },
      { title: t('topics.target'), cell: ({ target }) => targetView(target) },
      { title: t('topics.pending'), isNumeric: true, cell: ({ counts }) => number(counts.pending) },
      { title: t('queues.dead'), isNumeric: true, cell: ({ counts }) => number(counts.dead) },
      { title: t('oldest'), cell: ({ oldest_at: at }) => time(at) },
    ], subscriptions) : emptyState(t('topics.no-subscriptions'), { command: isAdmin() && `till topic subscribe --url ${location.origin} ${name} NAME --queue QUEUE` }),
    dead);
}

/** @param {{[name: string]: any}} target */
function targetView(target) {
  const [kind, value] = Object.entries(target).find(([name, given]) => name !== 'secret' && given) ?? ['', ''];
  return kind === 'queue' ? ['queue ', h('a', { href: address('processes', ['queues', String(value)]) }, String(value))] : `${kind} ${value}`;
}

/**
 * @param {string} topic
 * @param {string} subscription
 * @param {number} count
 * @param {AbortSignal} signal
 */
async function deadEvents(topic, subscription, count, signal) {
  const path = { name: topic, subscription };
  const list = await paged(async (cursor) => {
    const page = await get('/v1/topics/{name}/subscriptions/{subscription}/dead-letters', { path, query: { limit: 50, cursor }, signal });
    return { rows: page.dead_letters, next: page.next_cursor };
  }, (events) => listTable(t('queues.letters'), [
    { title: t('at'), cell: ({ died_at: at }) => time(at) },
    { title: t('cause'), isWide: true, cell: ({ reason }) => reason },
    { title: t('attempts'), isNumeric: true, cell: ({ attempts }) => number(attempts) },
    { title: t('queues.body'), isWide: true, cell: ({ event }) => shortBody(event) },
  ], events));
  const again = () => confirm({ title: t('queues.redrive'), text: t('topics.redrive-text', { count, name: subscription }), action: t('queues.redrive'), count, work: () => post('/v1/topics/{name}/subscriptions/{subscription}/dead-letters/redrive', { path }), done: () => refine({}) });
  return h('section', { class: 'stack tight' }, h('div', { class: 'row between' }, h('h2', {}, subscription, ' · ', t('queues.letters')), h('button', { class: 'button', onclick: again }, t('queues.redrive'))), list);
}
