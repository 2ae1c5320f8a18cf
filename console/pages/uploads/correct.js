// The records that were not taken, cut out of their file, corrected here and sent as a file of their own.

import { get } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { textOf } from '../../core/encoding.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
import { Problem } from '../../core/problem.js';
import { splitRecords } from '../../core/records.js';
import { isAdmin } from '../../core/session.js';
import { codeEditor } from '../../components/code-editor.js';
import { problemView } from '../../components/problem-view.js';
import { sendFile, sentFile } from './send-file.js';

/** @typedef {import('../../types/api.js').Upload} Upload */

/** More faults at once are no work for an editor. */
const recordCountMax = 1_000;
/** A larger file is not read into a page. */
const byteCountMax = 256 << 20;

/** @param {Upload} upload */
export function correctPanel(upload) {
  const body = h('div', { class: 'stack' });
  const file = sentFile(upload.upload_id);
  const panel = h('section', { class: 'card' }, h('h2', {}, t('uploads.correct')), body);
  if (file) cutOut(upload, file, body);
  else {
    /** @type {HTMLInputElement} */
    const input = h('input', { id: 'original', type: 'file', onchange: () => input.files?.[0] && cutOut(upload, input.files[0], body) });
    fill(body, h('p', {}, t('uploads.correct-choose', { name: upload.name })), h('p', { class: 'field' }, h('label', { for: input.id }, t('uploads.original')), input));
  }
  return panel;
}

/**
 * @param {Upload} upload
 * @param {Blob} file
 * @param {HTMLElement} body
 */
async function cutOut(upload, file, body) {
  const say = (/** @type {string} */ text) => fill(body, h('p', { class: 'quiet' }, text));
  try {
    if (file.size > byteCountMax) return say(t('uploads.correct-large'));
    const text = await fileText(file);
    if (text === null) return say(t('uploads.correct-packed'));
    const [faulty, layout] = await Promise.all([faultyRecords(upload), layoutOf(upload)]);
    const split = splitRecords(text, upload.name, layout);
    // Whoever counts other records than the server did would take out others than it refused.
    const isSame = split && (split.records.length === upload.records || (upload.state === 'ERROR' && split.records.length > upload.records));
    const found = isSame ? faulty.map((number) => split.records[number - 1]).filter((record) => record !== undefined) : [];
    if (!split || !found.length) return say(t('uploads.correct-other'));
    fill(body, editing(upload, split, found, upload.rejected));
  } catch (error) {
    fill(body, problemView(error));
  }
}

/**
 * How records lie in a file of the upload's type.
 *
 * @param {Upload} upload
 * @returns {Promise<import('../../core/records.js').Layout>}
 */
async function layoutOf({ type: name }) {
  if (!name) return {};
  try {
    const { each, delimiter } = /** @type {{each?: unknown, delimiter?: string}} */ (await get('/v1/types/{name}', { path: { name } }));
    return { isEnvelope: Boolean(each), delimiter };
  } catch (error) {
    // One that is no more.
    if (error instanceof Problem && error.status === 404) return {};
    throw error;
  }
}

/**
 * @param {Upload} upload
 * @param {import('../../core/records.js').RecordFile} split
 * @param {string[]} records
 * @param {number} count of all that were refused
 */
function editing(upload, split, records, count) {
  const isJSON = !split.head;
  const editor = codeEditor(isJSON ? 'json' : 'text', t('uploads.correct-editor'), split.join(records));
  const place = h('div', {});
  const again = async () => {
    button.disabled = true;
    try {
      const name = upload.name.replace(/(\.(gz|zst))$/i, '').replace(/(\.[^.]+)?$/, '-corrected$1');
      const id = await sendFile({ name, file: new Blob([editor.value]), type: upload.type, client: isAdmin() ? upload.client_id : null }, place);
      if (place.isConnected) go(address('uploads', [id]));
    } catch (error) {
      fill(place, problemView(error));
      button.disabled = false;
    }
  };
  /** @type {HTMLButtonElement} */
  const button = h('button', { class: 'button primary', id: 'send-again', onclick: again }, t('uploads.send-again'));
  return [h('p', { class: 'quiet' }, t('uploads.correct-text', { count: records.length })), count > records.length && h('p', {}, t('uploads.correct-some', { count: count - records.length })), editor, place, h('p', {}, button)];
}

/**
 * @param {Blob} file
 * @returns {Promise<string | null>} none where it is packed in a way that a browser cannot unpack, or no text
 */
async function fileText(file) {
  const [one, other] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = one === 0x1f && other === 0x8b;
  const stream = isPacked ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  const text = textOf(new Uint8Array(await new Response(stream).arrayBuffer()));
  return text?.includes('\0') ? null : text;
}

/**
 * @param {Upload} upload
 * @returns {Promise<number[]>} the first ones, from 1
 */
async function faultyRecords({ upload_id: id }) {
  /** @type {number[]} */
  const records = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {import('../../core/api.js').Answer<'/v1/uploads/{id}/errors', 'get'>} */
    const page = await get('/v1/uploads/{id}/errors', { path: { id }, query: { limit: recordCountMax - records.length, cursor } });
    records.push(...page.errors.map(({ record }) => Number(record)));
    cursor = page.next_cursor;
  } while (cursor && records.length < recordCountMax);
  return records;
}
