// Definitions as graphs, executions and the path of one over its graph, queues with their counts.

import { get, post } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { address, refine } from '../core/location.js';
import { Problem } from '../core/problem.js';
import { isAdmin, isAuditor, mayWrite } from '../core/session.js';
import { copyable } from '../components/copy-button.js';
import { documentTree } from '../components/document-view.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';
import { timeLine } from '../components/time-line.js';
import { graph } from './processes/graph.js';
import { renderQueue } from './processes/queue.js';
import { renderTopic, topicList } from './processes/topic.js';

/** @typedef {import('../types/api.js').Execution} Execution */
/** @typedef {import('../types/contract.js').StateMachine} StateMachine */

/** Of the longest histories; more are shown when they are asked for. */
const historyPageLength = 1_000;
const executionStates = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

/** Definitions are shown to whoever answers for the store; others see what was started for them. */
const seesDefinitions = () => isAdmin() || isAuditor();
/** What was started for somebody, and what waits, is no auditor's. */
const seesRuns = () => !isAuditor();

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  if (segments[0] === 'executions' && segments[1]) return renderExecution(segments[1], signal);
  if (segments[0] === 'queues' && segments[1]) return renderQueue(segments[1], signal);
  if (segments[0] === 'topics' && segments[1]) return renderTopic(segments[1], signal);
  if (segments.length) return renderProcess(segments[0], signal);
  const [definitions, executions, queues, topics] = await Promise.all([
    seesDefinitions() ? definitionList(signal) : null,
    ...(seesRuns() ? [executionList(parameters.get('process'), parameters.get('state'), signal), queueList(signal), topicList(signal)] : [])]);
  return h('div', { class: 'stack' }, h('h1', {}, t('processes.title')), definitions, executions && [
    filterBar([{ name: 'process', label: t('processes.process') }, { name: 'state', label: t('state'), choices: executionStates }]),
    h('h2', {}, t('processes.executions')), executions, queues, topics]);
}

/** @param {AbortSignal} signal */
function definitionList(signal) {
  return paged(
    async (cursor) => {
      const page = await get('/v1/processes', { query: { cursor }, signal });
      return { rows: page.processes, next: page.next_cursor };
    },
    (definitions) => (definitions.length ? listTable(t('processes.title'), [
      { title: t('name'), cell: ({ name = '' }) => h('a', { href: address('processes', [name]) }, name) },
      { title: t('types.version'), isNumeric: true, cell: ({ version }) => number(version ?? 1) },
      { title: t('processes.next'), cell: ({ next_at: at }) => time(at) },
      { title: t('description'), isWide: true, cell: ({ Comment }) => Comment },
    ], definitions) : emptyState(t('processes.none'), { command: isAdmin() && `till process put --url ${location.origin} NAME FILE` })));
}

/**
 * @param {string | null} process
 * @param {string | null} state
 * @param {AbortSignal} signal
 */
function executionList(process, state, signal) {
  return paged(
    async (cursor) => {
      const page = await get('/v1/executions', { query: { process, state, limit: 100, cursor }, signal });
      return { rows: page.executions, next: page.next_cursor };
    },
    (executions) => (executions.length ? listTable(t('processes.executions'), [
      { title: t('processes.execution'), cell: ({ execution_id: id, name }) => h('a', { href: address('processes', ['executions', id]) }, name ?? id) },
      { title: t('processes.process'), cell: (execution) => execution.process },
      { title: t('state'), cell: (execution) => status(execution.state) },
      { title: t('storage.begun'), cell: ({ started_at: at }) => time(at) },
      { title: t('storage.ended'), cell: ({ ended_at: at }) => time(at) },
      { title: t('cause'), isWide: true, cell: ({ error, cause }) => [error, cause].filter(Boolean).join(': ') },
    ], executions) : emptyState(t('processes.no-executions'), { command: mayWrite() && `till process start --url ${location.origin} NAME '{}'` })));
}

/** @param {AbortSignal} signal */
async function queueList(signal) {
  const list = await paged(async (cursor) => {
    const page = await get('/v1/queues', { query: { cursor }, signal });
    return { rows: page.queues, next: page.next_cursor };
  }, queueTable);
  return h('section', { class: 'stack tight' }, h('h2', {}, t('queues.title')), list);
}

/** @param {import('../types/api.js').Queue[]} queues */
function queueTable(queues) {
  if (!queues.length) return emptyState(t('queues.none'), { command: isAdmin() && `till queue put --url ${location.origin} NAME` });
  return listTable(t('queues.title'), [
    { title: t('name'), cell: ({ name = '' }) => h('a', { href: address('processes', ['queues', name]) }, name) },
    { title: t('queues.active'), isNumeric: true, cell: ({ counts }) => number(counts?.active ?? 0) },
    { title: t('queues.locked'), isNumeric: true, cell: ({ counts }) => number(counts?.locked ?? 0) },
    { title: t('queues.delayed'), isNumeric: true, cell: ({ counts }) => number(counts?.delayed ?? 0) },
    { title: t('queues.dead'), isNumeric: true, cell: ({ counts }) => number(counts?.dead ?? 0) },
    { title: t('storage.size'), isNumeric: true, cell: (queue) => bytes(queue.bytes ?? 0) },
    { title: t('oldest'), cell: ({ oldest_at: at }) => time(at) },
  ], queues);
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function renderProcess(name, signal) {
  const [machine, executions] = await Promise.all([get('/v1/processes/{name}', { path: { name }, signal }), seesRuns() ? executionList(name, null, signal) : null]);
  return h('div', { class: 'stack' }, h('p', {}, h('a', { href: address('processes') }, t('processes.title'))), h('h1', {}, name),
    h('section', { class: 'card graph-frame', tabindex: '0', role: 'region', 'aria-label': name }, graph(/** @type {StateMachine} */ (machine))),
    executions && [h('h2', {}, t('processes.executions')), executions],
    h('section', { class: 'card' }, h('h2', {}, t('types.file')), documentTree(machine)));
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function renderExecution(id, signal) {
  const execution = await get('/v1/executions/{execution_id}', { path: { execution_id: id }, signal });
  const machine = seesDefinitions() ? await definition(execution.process, signal) : null;
  const path = h('section', { class: 'card graph-frame', tabindex: '0', role: 'region', 'aria-label': t('processes.path') });
  const history = await paged(
    async (cursor) => {
      const page = await get('/v1/executions/{execution_id}/history', { path: { execution_id: id }, query: { limit: historyPageLength, cursor }, signal });
      return { rows: page.events, next: page.next_cursor };
    },
    (events) => {
      // The path is that of the events that are shown.
      if (machine) fill(path, graph(machine, new Map(events.map(({ state, event }) => [state, event]))));
      return timeLine(events.map(moment));
    });
  return h('div', { class: 'stack' },
    h('p', {}, machine ? h('a', { href: address('processes', [execution.process]) }, execution.process) : execution.process),
    h('div', { class: 'row between' }, h('div', { class: 'row' }, h('h1', {}, execution.name ?? t('processes.execution')), status(execution.state)), mayWrite() && actions(execution)),
    h('section', { class: 'card' }, factList([[t('processes.execution'), copyable(id)], [t('storage.begun'), time(execution.started_at)], [t('storage.ended'), time(execution.ended_at)], [t('cause'), [execution.error, execution.cause].filter(Boolean).join(': ')]])),
    machine && path,
    h('div', { class: 'columns' }, h('section', { class: 'card' }, h('h2', {}, t('processes.input')), documentTree(execution.input)), h('section', { class: 'card' }, h('h2', {}, t('processes.output')), documentTree(execution.output))),
    h('section', { class: 'card' }, h('h2', {}, t('ticket.history')), history));
}

/**
 * None where it is deleted.
 *
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function definition(name, signal) {
  try {
    return /** @type {StateMachine} */ (await get('/v1/processes/{name}', { path: { name }, signal }));
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/** @param {import('../types/api.js').ExecutionEvent} event */
function moment({ at, event, state, visit, attempt, input, output, error, cause }) {
  const data = output ?? input;
  return {
    at, title: `${state} · ${event}`, mood: moodOfEvent(event),
    details: [h('p', { class: 'quiet' }, t('processes.visit', { visit, attempt })), error && h('p', {}, [error, cause].filter(Boolean).join(': ')), data !== undefined && documentTree(data)],
  };
}

/**
 * @param {string} event
 * @returns {import('../components/status.js').Mood}
 */
function moodOfEvent(event) {
  if (event === 'succeeded') return 'good';
  return event === 'failed' || event === 'timed-out' ? 'bad' : 'busy';
}

/** @param {Execution} execution */
function actions({ execution_id: id, state }) {
  /**
   * @param {'abort' | 'redrive'} act
   * @param {boolean} isDangerous
   */
  const button = (act, isDangerous) => h('button', { class: 'button', onclick: () => confirm({ title: t(`processes.${act}`), text: t(`processes.${act}-text`), action: t(`processes.${act}`), isDangerous,
    work: () => post(`/v1/executions/{execution_id}/${act}`, { path: { execution_id: id } }), done: () => refine({}) }) }, t(`processes.${act}`));
  return h('span', { class: 'row' }, state === 'RUNNING' && button('abort', true), state !== 'RUNNING' && state !== 'SUCCEEDED' && isAdmin() && button('redrive', false));
}
