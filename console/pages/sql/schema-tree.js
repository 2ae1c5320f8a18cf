// Tables with their columns, types and comments; a name goes into the query where the cursor is.

import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { identifier, tableName } from '../../core/schema.js';

/**
 * @param {import('../../core/schema.js').Table[]} tables
 * @param {(text: string) => void} insert
 */
export function schemaTree(tables, insert) {
  return h('section', { class: 'card schema', 'aria-label': t('sql.schema'), tabindex: '0' }, h('h2', {}, t('sql.schema')),
    tables.map((table) => h('details', { open: table.name === 'receipts' && table.schema === 'public' },
      h('summary', {}, tableName(table), ' ', table.isView && h('small', { class: 'quiet' }, t('sql.view'))),
      h('p', { class: 'row' }, h('button', { type: 'button', class: 'button small', onclick: () => insert(tableName(table)), 'aria-label': t('sql.insert', { name: tableName(table) }) }, t('sql.insert-short'))),
      table.comment && h('p', { class: 'quiet comment' }, table.comment),
      h('ul', {}, table.columns.map((column) => columnItem(column, insert))))));
}

/**
 * @param {import('../../core/schema.js').Column} column
 * @param {(text: string) => void} insert
 */
function columnItem({ name, type, comment }, insert) {
  return h('li', {},
    h('button', { type: 'button', onclick: () => insert(identifier(name)) }, name), h('small', { class: 'quiet' }, type),
    comment && h('p', { class: 'quiet comment' }, comment));
}

/**
 * For the editor's completion.
 *
 * @param {import('../../core/schema.js').Table[]} tables
 */
export function completions(tables) {
  return Object.fromEntries(tables.map((table) => [tableName(table), table.columns.map(({ name, type, comment }) => ({ label: identifier(name), detail: type, info: comment || undefined, type: 'property' }))]));
}
