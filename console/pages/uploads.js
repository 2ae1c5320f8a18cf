// Files that come whole: dropped, watched, their faults row by row, corrected and sent again, or taken back.

import { get, post, remove, send } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { address, go, refine } from '../core/location.js';
import { isAdmin, mayWrite, seesAll } from '../core/session.js';
import { copyable } from '../components/copy-button.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { problemView, violations } from '../components/problem-view.js';
import { status } from '../components/status.js';

/** @typedef {import('../types/api.js').Upload} Upload */

const states = ['NEW', 'PROCESSING', 'PROCESSED', 'ERROR', 'CANCELLED', 'REVERTED'];
/** Between looks at one that is under way, in milliseconds. */
const interval = 1_000;

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  if (segments.length) return renderUpload(segments[0], signal);
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/uploads', { query: { client: parameters.get('client'), state: parameters.get('state'), cursor }, signal });
      return { rows: page.uploads, next: page.next_cursor };
    },
    (uploads) => (uploads.length ? uploadTable(uploads) : emptyState(t('uploads.none'))));
  return h('div', { class: 'stack' }, h('h1', {}, t('uploads.title')), mayWrite() && dropZone(), filterBar([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []), { name: 'state', label: t('state'), choices: states }]), list);
}

function dropZone() {
  const file = h('input', { id: 'file', type: 'file', required: true });
  const client = isAdmin() && h('input', { id: 'upload-client', required: true, autocomplete: 'off' });
  const type = h('input', { id: 'upload-type', autocomplete: 'off' });
  const fault = h('div', {});
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (!chosen) return;
    try {
      fill(fault, h('p', { role: 'status' }, t('uploads.sending', { name: chosen.name })));
      const made = await post('/v1/uploads', { query: { client: client ? client.value : null }, body: { name: chosen.name, type: type.value || null, content_type: chosen.type || null, bytes: chosen.size } });
      await send('put', new URL(made.url, location.origin).href.replace(location.origin, ''), { body: chosen });
      go(address('uploads', [made.upload_id]));
    } catch (error) {
      fill(fault, problemView(error));
    }
  };
  return h('form', {
    class: 'card stack', onsubmit: submit,
    ondragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
    ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      if (event.dataTransfer) file.files = event.dataTransfer.files;
    },
  }, h('p', { class: 'field' }, h('label', { for: 'file' }, t('uploads.drop')), file),
  h('div', { class: 'row' }, client && h('p', { class: 'field' }, h('label', { for: 'upload-client' }, t('client')), client), h('p', { class: 'field' }, h('label', { for: 'upload-type' }, t('type')), type)),
  fault, h('p', {}, h('button', { class: 'button primary' }, t('uploads.send'))));
}

/** @param {Upload[]} uploads */
function uploadTable(uploads) {
  return listTable(t('uploads.title'), [
    { title: t('name'), isWide: true, cell: ({ upload_id: id, name }) => h('a', { href: address('uploads', [id]) }, name) },
    { title: t('state'), cell: ({ state }) => status(state) },
    { title: t('client'), cell: ({ client_id: client }) => client },
    { title: t('uploads.accepted'), isNumeric: true, cell: ({ accepted }) => number(accepted) },
    { title: t('uploads.rejected'), isNumeric: true, cell: ({ rejected }) => number(rejected) },
    { title: t('at'), cell: ({ created_at: at }) => time(at) },
  ], uploads);
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function renderUpload(id, signal) {
  const summary = h('div', {});
  const faults = h('div', {});
  const look = async () => {
    const upload = await get('/v1/uploads/{id}', { path: { id }, signal });
    fill(summary, uploadSummary(upload));
    if (upload.state === 'PROCESSING' || upload.state === 'NEW') setTimeout(() => signal.aborted || look(), interval);
    else fill(faults, upload.rejected > 0 && (await faultList(id, signal)));
  };
  await look();
  return h('div', { class: 'stack' }, h('p', {}, h('a', { href: address('uploads') }, t('uploads.title'))), summary, faults);
}

/** @param {Upload} upload */
function uploadSummary(upload) {
  const isUnderWay = upload.state === 'PROCESSING' || upload.state === 'NEW';
  const mayRevert = ['PROCESSED', 'ERROR', 'CANCELLED'].includes(upload.state) && mayWrite();
  return h('div', { class: 'stack' },
    h('div', { class: 'row between' }, h('div', { class: 'row' }, h('h1', {}, upload.name), status(upload.state)), h('span', { class: 'row' },
      isUnderWay && h('button', { class: 'button', onclick: () => end(upload.upload_id) }, t('cancel')),
      mayRevert && h('button', { class: 'button', onclick: () => revert(upload) }, t('uploads.revert')))),
    isUnderWay && h('progress', { max: upload.bytes ?? 1, value: upload.received_bytes, 'aria-label': t('storage.progress') }),
    upload.problem && h('div', { class: 'problem' }, h('div', {}, h('p', { class: 'strong' }, upload.problem.title), h('p', {}, upload.problem.detail), violations(upload.problem.errors ?? []))),
    h('section', { class: 'card' }, factList([
      [t('uploads.id'), copyable(upload.upload_id)], [t('client'), upload.client_id], [t('type'), upload.type],
      [t('storage.size'), upload.bytes === null ? null : bytes(upload.bytes)],
      [t('uploads.processed'), number(upload.processed)], [t('uploads.accepted'), number(upload.accepted)], [t('uploads.replaced'), number(upload.replaced)],
      [t('uploads.repeated'), number(upload.repeated)], [t('uploads.rejected'), number(upload.rejected)],
      [t('storage.begun'), time(upload.started_at)], [t('storage.ended'), time(upload.ended_at)],
    ])));
}

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function faultList(id, signal) {
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/uploads/{id}/errors', { path: { id }, query: { limit: 100, cursor }, signal });
      return { rows: page.errors, next: page.next_cursor };
    },
    (rows) => listTable(t('uploads.faults'), [
      { title: t('uploads.record'), isNumeric: true, cell: ({ record }) => number(record) },
      { title: t('receipt'), cell: ({ receipt_id: receipt }) => receipt },
      { title: t('uploads.faults'), isWide: true, cell: ({ errors }) => violations(errors) },
    ], rows));
  const download = h('a', { class: 'button', href: `/v1/uploads/${encodeURIComponent(id)}/errors`, download: 'faults.json' }, t('uploads.download'));
  return h('section', { class: 'stack tight' }, h('div', { class: 'row between' }, h('h2', {}, t('uploads.faults')), download), list);
}

/** @param {string} id */
async function end(id) {
  await remove('/v1/uploads/{id}', { path: { id } });
  refine({});
}

/** @param {Upload} upload */
function revert({ upload_id: id, accepted, replaced }) {
  confirm({ title: t('uploads.revert'), text: t('uploads.revert-text'), action: t('uploads.revert'), count: accepted + replaced, isDangerous: true,
    work: async () => {
      await post('/v1/uploads/{id}/revert', { path: { id } });
      refine({});
    } });
}
