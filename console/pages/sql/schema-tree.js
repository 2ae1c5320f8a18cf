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
    tables.map((table) => tableItem(table, insert)));
}

/**
 * Its columns are made when it is opened: there may be thousands of tables.
 *
 * @param {import('../../core/schema.js').Table} table
 * @param {(text: string) => void} insert
 */
function tableItem(table, insert) {
  const name = tableName(table);
  /** @type {HTMLDetailsElement} */
  const item = h('details', { ontoggle: () => item.open && show() }, h('summary', {}, name, ' ', table.isView && h('small', { class: 'quiet' }, t('sql.view'))));
  function show() {
    if (item.childElementCount > 1) return;
    item.append(h('p', { class: 'row' }, h('button', { type: 'button', class: 'button small', onclick: () => insert(name), 'aria-label': t('sql.insert', { name }) }, t('sql.insert-short'))));
    if (table.comment) item.append(h('p', { class: 'quiet comment' }, table.comment));
    item.append(h('ul', {}, table.columns.map((column) => columnItem(column, insert))));
  }
  if (name === 'receipts') {
    item.open = true;
    show();
  }
  return item;
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
