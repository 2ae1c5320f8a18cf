// Tables with their columns, types and comments; a name goes into the query where the cursor is.

import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { tableName } from '../../core/schema.js';

const systemSchemas = ['information_schema', 'pg_catalog'];

/**
 * @param {import('../../core/schema.js').Table[]} tables
 * @param {(text: string) => void} insert
 */
export function schemaTree(tables, insert) {
  const shown = tables.filter(({ schema }) => !systemSchemas.includes(schema));
  return h('section', { class: 'card schema', 'aria-label': t('sql.schema'), tabindex: '0' }, h('h2', {}, t('sql.schema')),
    shown.map((table, index) => h('details', { open: index === 0 }, h('summary', {}, tableName(table)), h('ul', {}, table.columns.map((column) => columnItem(column, insert))))));
}

/**
 * @param {import('../../core/schema.js').Column} column
 * @param {(text: string) => void} insert
 */
function columnItem({ name, type, description }, insert) {
  const shortType = type.startsWith('STRUCT') ? t('sql.list-type') : type;
  return h('li', { title: description || null }, h('button', { type: 'button', onclick: () => insert(name) }, name), h('small', { class: 'quiet', title: type }, shortType));
}

/**
 * For the editor's completion.
 *
 * @param {import('../../core/schema.js').Table[]} tables
 */
export function completions(tables) {
  return Object.fromEntries(tables.map((table) => [tableName(table), table.columns.map(({ name, type, description }) => ({ label: name, detail: type.slice(0, 40), info: description || undefined, type: 'property' }))]));
}
