// Answers that leave as files, with their links.

import { get, remove } from '../core/api.js';
import { h } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { address, refine } from '../core/location.js';
import { copyButton } from '../components/copy-button.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';

/** @type {import('./pages.js').PageModule['render']} */
export async function render(_, { signal }) {
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/exports', { query: { cursor }, signal });
      return { rows: page.exports, next: page.next_cursor };
    },
    (exports) => (exports.length ? exportTable(exports) : emptyState(t('exports.none'), { action: h('a', { class: 'button', href: address('sql') }, t('sql.title')) })));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('exports.title')), h('button', { class: 'button', onclick: () => refine({}) }, t('refresh'))), list);
}

/** @param {import('../types/api.js').Export[]} exports */
function exportTable(exports) {
  return listTable(t('exports.title'), [
    { title: t('name'), isWide: true, cell: ({ name, export_id: id, url, state }) => (url && state === 'DONE' ? h('a', { href: url, download: true }, name ?? id) : name ?? id) },
    { title: t('types.format'), cell: ({ format }) => format },
    { title: t('state'), cell: ({ state, problem }) => [status(state), ' ', problem?.detail] },
    { title: t('queries.rows'), isNumeric: true, cell: ({ rows }) => (rows === null ? '–' : number(rows)) },
    { title: t('storage.size'), isNumeric: true, cell: (item) => (item.bytes === null ? '–' : bytes(item.bytes)) },
    { title: t('exports.expires'), cell: ({ expires_at: at }) => time(at) },
    { title: t('actions'), cell: ({ export_id: id, name, url }) => h('span', { class: 'row' }, url && copyButton(new URL(url, location.origin).href, t('exports.copy')), h('button', { class: 'button small', onclick: () => discard(id, name ?? id) }, t('delete'))) },
  ], exports);
}

/**
 * @param {string} id
 * @param {string} name
 */
function discard(id, name) {
  confirm({ title: t('delete'), text: t('exports.delete-text', { name }), action: t('delete'), isDangerous: true, work: () => remove('/v1/exports/{id}', { path: { id } }), done: () => refine({}) });
}
