// The bench: a type file beside a document, and what the one makes of the other, again after each change. Nothing is stored until it is published.

import { get, post, put } from '../core/api.js';
import { parse, stringify } from '../core/exact-json.js';
import { anyTextOf, documentOf, withoutEncoding } from '../core/encoding.js';
import { offers } from '../core/features.js';
import { debounced, fill, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { address, go, refine } from '../core/location.js';
import { keep, recall } from '../core/preferences.js';
import { Problem, isAbort } from '../core/problem.js';
import { forgetTables } from '../core/schema.js';
import { actor } from '../core/session.js';
import { codeEditor } from '../components/code-editor.js';
import { confirm } from '../components/dialogs.js';
import { documentTree } from '../components/document-view.js';
import { problemView, violations } from '../components/problem-view.js';
import { lineDifference } from '../components/line-difference.js';
import { sampleOf } from './types/sample.js';

/** What a new type begins with. */
const emptyType = { name: 'my-receipt', version: 1, table: 'receipts', format: 'json', match: { '/schema': 'mine/1' }, receipt_id: '/id', issued_at: '/issued_at', time_zone: 'UTC', columns: { total: { path: '/total', type: 'DECIMAL(18,4)' } } };

/**
 * @param {string | null} name null for a new type
 * @param {string | null} refused the ticket of a refused document to begin with
 * @param {AbortSignal} signal
 */
export async function renderBench(name, refused, signal) {
  const present = name === null ? null : await get('/v1/types/{name}', { path: { name }, signal });
  const example = refused ? await refusedDocument(refused, signal) : (present && (await takenDocument(present, signal))) || sampleOf(present ?? emptyType);
  const before = stringify(present ?? emptyType, 2);
  const begun = { type: stringify(present ? { ...present, version: present.version + 1 } : emptyType, 2), document: example };
  // What was written here before, and not published, goes on.
  const draftName = ['bench', actor(), name, refused].filter(Boolean).join('.');
  const draft = recall(draftName, /** @type {{type: string, document: string} | null} */ (null));
  const type = codeEditor('json', t('bench.type'), String(draft?.type ?? begun.type));
  const shown = String(draft?.document ?? begun.document);
  const document = codeEditor(shown.trimStart().startsWith('<') ? 'xml' : 'json', t('bench.document'), shown);
  const unkept = h('p', { class: 'banner bad', role: 'alert', hidden: true }, t('sql.draft-no-room'));
  const keepDraft = () => (unkept.hidden = keep(draftName, type.value === begun.type && document.value === begun.document ? null : { type: type.value, document: document.value }));
  const anew = () => {
    keep(draftName, null);
    refine({});
  };
  const results = h('section', { 'aria-label': t('bench.results'), 'aria-live': 'polite' });
  const isChecked = offers('/v1/types/check', 'post');
  let check = new AbortController();
  /**
   * Schemas that the type names, beside it.
   *
   * @type {{[name: string]: string}}
   */
  const files = {};
  const chosen = h('span', { class: 'quiet' });
  const schemas = h('input', { id: 'bench-files', type: 'file', multiple: true, accept: '.xsd,.xml', onchange: takeFiles });
  async function takeFiles() {
    for (const file of schemas.files ?? []) files[file.name] = withoutEncoding(anyTextOf(new Uint8Array(await file.arrayBuffer())));
    fill(chosen, Object.keys(files).join(', '));
    look();
  }

  const look = debounced(500, async () => {
    check.abort();
    check = new AbortController();
    try {
      const body = { type: parse(type.value), files, document: withoutEncoding(document.value) };
      const answer = await post('/v1/types/check', { body, signal: check.signal });
      fill(results, answer.results.map(resultView));
    } catch (error) {
      if (!isAbort(error)) fill(results, error instanceof SyntaxError ? h('p', { class: 'problem' }, t('bench.not-json'), ' ', error.message) : problemView(error));
    }
  });
  for (const editor of [type, document]) editor.addEventListener('change', keepDraft);
  for (const editor of [type, document]) editor.addEventListener('change', look);
  signal.addEventListener('abort', () => check.abort());
  if (isChecked) look();
  else fill(results, h('p', { class: 'quiet' }, t('bench.unchecked')));

  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('types') }, t('types.title')), name && [' / ', name]),
    h('div', { class: 'row between' }, h('h1', {}, t('bench.title')), h('button', { class: 'button primary', onclick: () => publish(type.value, before, files, () => keep(draftName, null)) }, t('bench.publish'))),
    h('p', { class: 'quiet' }, t('bench.text')),
    draft && h('p', { class: 'row' }, t('bench.draft'), h('button', { class: 'button small', onclick: anew }, t('bench.anew'))),
    unkept,
    h('div', { class: 'columns bench' },
      h('div', { class: 'stack tight' }, h('h2', {}, t('bench.type')), type, h('p', { class: 'row' }, h('label', { for: schemas.id }, t('bench.files')), schemas, chosen)),
      h('div', { class: 'stack tight' }, h('h2', {}, t('bench.document')), document)),
    h('h2', {}, t('bench.results')), results);
}

/**
 * @param {string} ticketID
 * @param {AbortSignal} signal
 */
async function refusedDocument(ticketID, signal) {
  const entry = await get('/v1/quarantine/{ticket_id}', { path: { ticket_id: ticketID }, signal });
  const document = documentOf(entry);
  return typeof document === 'string' ? document : '';
}

/**
 * One that the type has taken, to see what a change would make of it.
 *
 * @param {import('../types/api.js').Type} type
 * @param {AbortSignal} signal
 * @returns {Promise<string | null>} nothing where there is none to be had: the bench does without
 */
async function takenDocument({ name, table }, signal) {
  try {
    const page = await get('/v1/receipts', { query: { type: name, table: table === 'receipts' ? null : table, fields: 'document', limit: 1 }, signal });
    const document = page.receipts[0] && documentOf(page.receipts[0]);
    return document === undefined || document === null ? null : typeof document === 'string' ? document : stringify(document, 2);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** @param {import('../types/api.js').TypeCheck['results'][number]} result */
function resultView({ index, columns, errors }) {
  return h('div', { class: 'card' }, h('h3', {}, t('bench.receipt', { number: index + 1 })), errors?.length ? violations(errors) : h('p', { class: 'status good' }, t('bench.valid')), columns && documentTree(columns));
}

/**
 * @param {string} text
 * @param {string} before
 * @param {{[name: string]: string}} files
 * @param {() => void} published
 */
function publish(text, before, files, published) {
  /** @type {any} */
  let file;
  try {
    file = parse(text);
  } catch (error) {
    file = { name: String(error) };
  }
  confirm({
    title: t('bench.publish'), text: t('bench.publish-text', { name: String(file.name), version: String(file.version) }), action: t('bench.publish'),
    extra: lineDifference(before, text),
    work: async () => {
      if (typeof file.version === 'undefined') throw new Problem(400, { title: t('bench.not-json'), detail: file.name });
      await put('/v1/types/{name}', { path: { name: file.name }, body: /** @type {any} */ (Object.keys(files).length ? stringify({ ...file, files: { ...file.files, ...files } }) : text), headers: { 'Content-Type': 'application/json' } });
      forgetTables();
      published();
    },
    done: () => go(address('types', [file.name])),
  });
}
