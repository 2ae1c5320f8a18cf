// Files that come whole: dropped, watched, their faults row by row, corrected and sent again, or taken back.

import { bodyOf, get, post, remove, send } from '../core/api.js';
import { announce } from '../core/announce.js';
import { fill, h, saveFile } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { address, go, refine } from '../core/location.js';
import { isAbort } from '../core/problem.js';
import { isAdmin, mayWrite, seesAll } from '../core/session.js';
import { oneLook, repeat } from '../core/watch.js';
import { copyable } from '../components/copy-button.js';
import { confirm } from '../components/dialogs.js';
import { documentTree } from '../components/document-view.js';
import { emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { problemView, violations } from '../components/problem-view.js';
import { status } from '../components/status.js';

import { correctPanel } from './uploads/correct.js';
import { sendFile } from './uploads/send-file.js';

/** @typedef {import('../types/api.js').Upload} Upload */

const states = ['NEW', 'PROCESSING', 'PROCESSED', 'ERROR', 'CANCELLED', 'REVERTED'];
/** Of a list to choose from. */
const typeCountMax = 1_000;
const revertLookCountMax = 60;
/** Of a page of faults that are downloaded: the most that there is. */
const faultCountMax = 10_000;
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
    (uploads) => (uploads.length ? uploadTable(uploads) : emptyState(t('uploads.none'), { command: mayWrite() && `till upload put --url ${location.origin} FILE` })));
  return h('div', { class: 'stack' }, h('h1', {}, t('uploads.title')), mayWrite() && dropZone(await typeNames(signal)), filterBar([
    ...(seesAll() ? [{ name: 'client', label: t('client') }] : []), { name: 'state', label: t('state'), choices: states }]), list);
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
async function typeNames(signal) {
  const { types } = await get('/v1/types', { query: { limit: typeCountMax }, signal });
  return types.map(({ name }) => name);
}

/** @param {string[]} types that a file may be of */
function dropZone(types) {
  const file = h('input', { id: 'file', type: 'file', required: true });
  const client = isAdmin() && h('input', { id: 'upload-client', required: true, autocomplete: 'off' });
  // Of thousands not all are in the list: any can be typed.
  const type = h('input', { id: 'upload-type', list: 'upload-types', autocomplete: 'off', spellcheck: 'false', placeholder: t('uploads.any-type') });
  const known = h('datalist', { id: 'upload-types' }, types.map((name) => h('option', { value: name })));
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'button primary' }, t('uploads.send'));
  const fault = h('div', {});
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const chosen = file.files?.[0];
    if (!chosen) return;
    button.disabled = true;
    try {
      const id = await sendFile({ name: chosen.name, file: chosen, type: type.value.trim() || null, client: client ? client.value : null }, fault);
      // A large file may take long: who has gone elsewhere meanwhile stays there.
      if (fault.isConnected) go(address('uploads', [id]));
      else announce(t('uploads.is-sent', { name: chosen.name }));
    } catch (error) {
      fill(fault, problemView(error));
      button.disabled = false;
    }
  };
  const place = h('p', { class: 'field drop' }, h('label', { for: 'file' }, t('uploads.drop')), file);
  const over = (/** @type {boolean} */ isOver) => place.classList.toggle('over', isOver);
  return h('form', {
    class: 'card stack', onsubmit: submit,
    ondragover: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      over(true);
    },
    ondragleave: () => over(false),
    ondrop: (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      over(false);
      if (event.dataTransfer) file.files = event.dataTransfer.files;
    },
  }, place,
  h('div', { class: 'row' }, client && h('p', { class: 'field' }, h('label', { for: 'upload-client' }, t('client')), client), h('p', { class: 'field' }, h('label', { for: 'upload-type' }, t('type')), type, known)),
  fault, h('p', {}, button));
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
  const faults = h('div', { class: 'stack' });
  const look = async () => {
    try {
      return await show();
    } catch (error) {
      if (!signal.aborted) fill(summary, h('div', { class: 'stack' }, h('h1', {}, t('uploads.title')), problemView(error, watch)));
      return false;
    }
  };
  const watch = async () => {
    if (await look()) repeat(interval, look, signal);
  };
  /** @returns {Promise<boolean>} whether more is to come */
  const show = async () => {
    const upload = await get('/v1/uploads/{id}', { path: { id }, signal: oneLook(signal) });
    // A button that has the focus is not taken from under it.
    if (!summary.contains(document.activeElement) || !isUnderWay(upload)) fill(summary, uploadSummary(upload));
    if (isUnderWay(upload)) return true;
    fill(faults, upload.rejected > 0 && [await faultList(id, signal), mayWrite() && upload.state !== 'REVERTED' && correctPanel(upload)]);
    return false;
  };
  await watch();
  return h('div', { class: 'stack' }, h('p', {}, h('a', { href: address('uploads') }, t('uploads.title'))), summary, faults);
}

/** @param {Upload} upload */
const isUnderWay = ({ state }) => state === 'PROCESSING' || state === 'NEW';

/** @param {Upload} upload */
function uploadSummary(upload) {
  const mayRevert = ['PROCESSED', 'ERROR', 'CANCELLED'].includes(upload.state) && mayWrite();
  return h('div', { class: 'stack' },
    h('div', { class: 'row between' }, h('div', { class: 'row' }, h('h1', {}, upload.name), status(upload.state)), h('span', { class: 'row' },
      isUnderWay(upload) && h('button', { class: 'button', onclick: () => end(upload.upload_id) }, t('uploads.end')),
      mayRevert && h('button', { class: 'button', onclick: () => revert(upload) }, t('uploads.revert')))),
    isUnderWay(upload) && h('progress', { max: upload.bytes ?? 1, value: upload.received_bytes, 'aria-label': t('storage.progress') }),
    upload.problem && h('div', { class: 'problem' }, h('div', {}, h('p', { class: 'strong' }, upload.problem.title), h('p', {}, upload.problem.detail), violations(upload.problem.errors ?? []))),
    h('section', { class: 'card' }, factList([
      [t('uploads.id'), copyable(upload.upload_id)], [t('client'), upload.client_id], [t('type'), upload.type],
      [t('storage.size'), upload.bytes === null ? null : bytes(upload.bytes)],
      [t('uploads.processed'), number(upload.processed)], [t('uploads.accepted'), number(upload.accepted)], [t('uploads.replaced'), number(upload.replaced)],
      [t('uploads.repeated'), number(upload.repeated)], [t('uploads.rejected'), number(upload.rejected)], [t('uploads.reverted'), upload.reverted ? number(upload.reverted) : null], [t('uploads.left'), upload.left ? number(upload.left) : null],
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
      { title: t('types.columns'), isWide: true, cell: ({ columns }) => documentTree(columns) },
    ], rows));
  const place = h('div', {});
  const download = async () => {
    button.disabled = true;
    fill(place, h('p', { class: 'quiet', role: 'status' }, t('export.working')));
    try {
      saveFile(await allFaults(id, signal), 'faults.ndjson');
      fill(place);
      announce(t('export.done'));
    } catch (error) {
      if (!isAbort(error)) fill(place, problemView(error));
    }
    button.disabled = false;
  };
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'button', id: 'download-faults', onclick: download }, t('uploads.download'));
  return h('section', { class: 'stack tight' }, h('div', { class: 'row between' }, h('h2', {}, t('uploads.faults')), button), place, list);
}

/**
 * All of them, a line each, however many pages they are.
 *
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function allFaults(id, signal) {
  /** @type {Blob[]} */
  const pages = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {Response} */
    const response = await send('get', '/v1/uploads/{id}/errors', { path: { id }, query: { limit: faultCountMax, cursor }, accept: 'application/x-ndjson', signal });
    pages.push(await bodyOf(response, (whole) => whole.blob()));
    const next = /<([^>]*)>; rel="next"/.exec(response.headers.get('Link') ?? '');
    cursor = next && new URL(next[1], location.origin).searchParams.get('cursor');
  } while (cursor);
  return new Blob(pages, { type: 'application/x-ndjson' });
}

/** @param {string} id */
function end(id) {
  confirm({ title: t('uploads.end'), text: t('uploads.end-text'), action: t('uploads.end'), isDangerous: true, work: () => remove('/v1/uploads/{id}', { path: { id } }), done: () => refine({}) });
}

/** @param {Upload} upload */
function revert({ upload_id: id, accepted, replaced }) {
  confirm({ title: t('uploads.revert'), text: t('uploads.revert-text'), action: t('uploads.revert'), count: accepted + replaced, isDangerous: true,
    work: async () => {
      await post('/v1/uploads/{id}/revert', { path: { id } });
      await reverted(id);
    }, done: () => refine({}) });
}

/**
 * It is done behind everything else: the page waits as long as it lasts, and not for ever.
 *
 * @param {string} id
 */
async function reverted(id) {
  for (let look = 0; look < revertLookCountMax; look += 1) {
    const { state } = await get('/v1/uploads/{id}', { path: { id } });
    if (state === 'REVERTED') return;
    await new Promise((resume) => setTimeout(resume, interval));
  }
}
