// A rollup declared or changed, as its declaration stands in a file: JSON, with the place of each fault.

import { put } from '../../core/api.js';
import { parse, stringify } from '../../core/exact-json.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
import { forgetTables } from '../../core/schema.js';
import { codeEditor } from '../../components/code-editor.js';
import { openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {import('../../types/api.js').Rollup} Rollup */

const example = { name: 'revenue_by_month', table: 'receipts', where: "state = 'COMPLETE'", unnest: null, group_by: { month: "date_trunc('month', business_day)", client_id: 'client_id', currency: 'currency' }, measures: { receipts: 'count(*)', revenue: 'sum(total)' } };

/**
 * @param {Rollup | {[member: string]: any} | null} given to be changed, or proposed; null: from an example
 * @param {boolean} [isNew]
 */
export function declare(given, isNew = given === null) {
  const { progress: _, warning: __, ...declaration } = /** @type {{[member: string]: any}} */ (given ?? example);
  openDialog(t(isNew ? 'rollups.new' : 'edit'), (close) => {
    const editor = codeEditor('json', t('rollups.declaration'), stringify(declaration, 2));
    const fault = h('div', { role: 'status' });
    /** @type {HTMLButtonElement} */
    const button = h('button', { class: 'button primary' }, t('save'));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const name = nameOf(editor.value, isNew ? null : declaration.name);
        const made = await put('/v1/rollups/{name}', { path: { name }, body: /** @type {any} */ (editor.value), headers: { 'Content-Type': 'application/json' } });
        forgetTables();
        const leave = () => {
          close();
          go(address('rollups', [name]));
        };
        if (made.warning) fill(fault, h('p', { class: 'banner bad' }, made.warning), h('p', { class: 'row end' }, h('button', { class: 'button', type: 'button', onclick: leave }, t('rollups.understood'))));
        else leave();
      } catch (error) {
        fill(fault, error instanceof SyntaxError ? h('p', { class: 'problem', role: 'alert' }, t('rollups.not-json'), ' ', error.message) : problemView(error));
      }
      button.disabled = false;
    };
    return [h('form', { class: 'stack', onsubmit: submit },
      h('p', { class: 'quiet' }, t(isNew ? 'rollups.new-text' : 'rollups.change-text')), editor, fault,
      h('p', { class: 'row end' }, h('button', { class: 'button', type: 'button', onclick: close }, t('cancel')), button))];
  }, { class: 'wide' });
}

/**
 * The name that a declaration has: of one that is changed, its own, so that the server says where another stands.
 *
 * @param {string} text
 * @param {string | null} own
 * @returns {string}
 * @throws {SyntaxError}
 */
function nameOf(text, own) {
  const name = parse(text)?.name;
  if (own !== null) return own;
  if (typeof name === 'string' && name) return name;
  throw new SyntaxError(t('rollups.no-name'));
}
