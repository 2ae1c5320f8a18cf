// Hot days and cold files as a map, what a query would leave out of them, snapshots and merges, and the jobs that move, copy and prove them.

import { get, post, remove } from '../core/api.js';
import { h } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { refine } from '../core/location.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';
import { storeHistory, storeLog } from './storage/history.js';
import { filesSection } from './storage/files.js';

/** @typedef {import('../types/api.js').Job} Job */

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ parameters }, { signal }) {
  const [jobs, files, history, log] = await Promise.all([jobList(signal), filesSection(parameters.get('table'), signal), storeHistory(signal), storeLog(signal)]);
  return h('div', { class: 'stack' },
    h('div', { class: 'row between' }, h('h1', {}, t('storage.title')), h('span', { class: 'row' },
      h('button', { class: 'button', onclick: compact }, t('storage.compact')),
      h('button', { class: 'button', onclick: backup }, t('storage.backup')),
      h('button', { class: 'button', onclick: verify }, t('storage.verify')))),
    files, log, history, h('h2', {}, t('storage.jobs')), jobs);
}

/** @param {AbortSignal} signal */
function jobList(signal) {
  return paged(
    async (cursor) => {
      const page = await get('/v1/admin/jobs', { query: { limit: 50, cursor }, signal });
      return { rows: page.jobs, next: page.next_cursor };
    },
    (jobs) => (jobs.length ? jobTable(jobs) : emptyState(t('storage.no-jobs'), { command: `till backup --url ${location.origin} DESTINATION` })));
}

/** @param {Job[]} jobs */
function jobTable(jobs) {
  return listTable(t('storage.jobs'), [
    { title: t('storage.kind'), cell: ({ kind }) => t(`job.${kind}`) },
    { title: t('state'), cell: ({ state }) => status(state) },
    { title: t('audit.actor'), cell: ({ actor }) => actor },
    { title: t('storage.begun'), cell: ({ started_at: at, created_at: created }) => time(at ?? created) },
    { title: t('storage.ended'), cell: ({ ended_at: at }) => time(at) },
    { title: t('storage.progress'), cell: ({ progress }) => progress && `${number(progress.done)} ${progress.unit}` },
    { title: t('storage.result'), isWide: true, cell: ({ result, problem }) => problem?.detail ?? (result ? told(result) : '') },
    { title: t('actions'), cell: ({ id, state }) => (state === 'queued' || state === 'running') && h('button', { class: 'button small', onclick: () => cancel(id) }, t('cancel')) },
  ], jobs);
}

/** @param {{[name: string]: any}} result */
function told(result) {
  return Object.entries(result).filter(([, value]) => typeof value !== 'object').map(([name, value]) => `${name}: ${/bytes/.test(name) ? bytes(Number(value)) : typeof value === 'number' ? number(value) : value}`).join(', ');
}

function compact() {
  confirm({ title: t('storage.compact'), text: t('storage.compact-text'), action: t('storage.compact'), work: () => post('/v1/admin/compact', { query: { wait: 0 }, body: {} }), done: () => refine({}) });
}

function backup() {
  const destination = h('input', { id: 'destination', required: true, autocomplete: 'off' });
  confirm({ title: t('storage.backup'), text: t('storage.backup-text'), action: t('storage.backup'),
    extra: h('p', { class: 'field' }, h('label', { for: destination.id }, t('storage.destination')), destination),
    work: () => post('/v1/admin/backup', { query: { wait: 0 }, body: { destination: destination.value } }), done: () => refine({}) });
}

function verify() {
  confirm({ title: t('storage.verify'), text: t('storage.verify-text'), action: t('storage.verify'), work: () => post('/v1/admin/verify', { query: { wait: 0 }, body: {} }), done: () => refine({}) });
}

/** @param {string} id */
function cancel(id) {
  confirm({ title: t('storage.cancel'), text: t('storage.cancel-text'), action: t('storage.cancel'), isDangerous: true, work: () => remove('/v1/admin/jobs/{id}', { path: { id } }), done: () => refine({}) });
}
