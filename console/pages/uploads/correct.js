// The records that were not taken, cut out of their file, corrected here and sent as a file of their own.

import { get } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
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
  try {
    if (file.size > byteCountMax) return fill(body, h('p', { class: 'quiet' }, t('uploads.correct-large')));
    const [text, faulty] = await Promise.all([fileText(file, upload.name), faultyRecords(upload)]);
    const split = splitRecords(text, upload.name);
    const found = split ? faulty.map((number) => split.records[number - 1]).filter((record) => record !== undefined) : [];
    if (!split || !found.length) return fill(body, h('p', { class: 'quiet' }, t('uploads.correct-other')));
    fill(body, editing(upload, split, found, faulty.length));
  } catch (error) {
    fill(body, problemView(error));
  }
}

/**
 * @param {Upload} upload
 * @param {import('../../core/records.js').RecordFile} split
 * @param {string[]} records
 * @param {number} count
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
 * @param {string} name
 */
async function fileText(file, name) {
  const stream = /\.gz$/i.test(name) ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  return new Response(stream).text();
}

/**
 * @param {Upload} upload
 * @returns {Promise<number[]>} from 1
 */
async function faultyRecords({ upload_id: id }) {
  const page = await get('/v1/uploads/{id}/errors', { path: { id }, query: { limit: recordCountMax } });
  return page.errors.map(({ record }) => Number(record));
}
