// Document types: what each file says, and a bench that tries a file on a document as one types.

import { get } from '../core/api.js';
import { stringify } from '../core/exact-json.js';
import { h } from '../core/dom.js';
import { number, t } from '../core/language.js';
import { address } from '../core/location.js';
import { isAdmin } from '../core/session.js';
import { documentText, documentTree } from '../components/document-view.js';
import { factList } from '../components/facts.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { tabList } from '../components/tab-list.js';
import { renderBench } from './type-bench.js';
import { typeVersions } from './types/versions.js';

/** @typedef {import('../types/api.js').Type} Type */

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  const [name, part] = segments;
  // A type may be called as what a new one is made at.
  if (isAdmin() && (part === 'bench' || (!name && parameters.has('new')))) return renderBench(name ?? null, parameters.get('refused'), signal);
  if (name) return renderType(name, signal);
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/types', { query: { cursor }, signal });
      return { rows: page.types, next: page.next_cursor };
    }, typeTable);
  const add = isAdmin() && h('a', { class: 'button primary', href: address('types', [], { new: '1' }) }, t('types.new'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('types.title')), add), list);
}

/** @param {Type[]} types */
function typeTable(types) {
  return listTable(t('types.title'), [
    { title: t('name'), cell: ({ name }) => h('a', { href: address('types', [name]) }, name) },
    { title: t('types.version'), isNumeric: true, cell: ({ version }) => number(version) },
    { title: t('types.format'), cell: ({ format }) => format },
    { title: t('table'), cell: ({ table }) => table ?? 'receipts' },
    { title: t('types.columns'), isNumeric: true, cell: ({ columns }) => number(Object.keys(columns ?? {}).length) },
    { title: t('types.rules'), isNumeric: true, cell: ({ rules }) => number((rules ?? []).length) },
    { title: t('registrar'), cell: ({ register }) => (register ?? []).flat().join(', ') },
    { title: t('description'), isWide: true, cell: ({ description }) => description },
  ], types);
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function renderType(name, signal) {
  const type = await get('/v1/types/{name}', { path: { name }, signal });
  const columns = Object.entries(type.columns ?? {});
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('types') }, t('types.title'))),
    h('div', { class: 'row between' }, h('h1', {}, name), isAdmin() && h('a', { class: 'button primary', href: address('types', [name, 'bench']) }, t('bench.title'))),
    h('section', { class: 'card' }, factList([
      [t('types.version'), number(type.version)],
      [t('types.format'), type.format],
      [t('table'), type.table ?? 'receipts'],
      [t('registrar'), (type.register ?? []).map((stage) => [stage].flat().join(' + ')).join(' → ')],
      [t('description'), type.description],
    ])),
    columns.length > 0 && h('section', { class: 'stack tight' }, h('h2', {}, t('types.columns')), listTable(t('types.columns'), [
      { title: t('name'), cell: ([column]) => h('code', {}, column) },
      { title: t('type'), cell: ([, { type: sqlType, columns: nested }]) => sqlType ?? (nested ? t('sql.list-type') : '') },
      { title: t('types.path'), isWide: true, cell: ([, column]) => h('code', {}, column.path ?? column.expression ?? column.sum ?? stringify(column.from ?? '')) },
      { title: t('description'), isWide: true, cell: ([, { description }]) => description },
    ], columns)),
    h('section', { class: 'card' }, h('h2', {}, t('types.file')), tabList(t('types.file'), [
      { name: 'tree', title: t('document.tree'), show: () => documentTree(type) },
      { name: 'raw', title: t('document.raw'), show: () => documentText(stringify(type, 2)) },
    ])),
    await typeVersions(name, signal));
}
