// A contract's rights, made or changed.

import { put } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
import { openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {import('../../types/api.js').Contract} Contract */

/** @param {Contract | null} contract none to make one */
export function editContract(contract) {
  openDialog(t(contract ? 'edit' : 'contracts.new'), (close) => {
    const client = h('input', { id: 'contract-client', required: true, maxlength: 200, value: contract?.client_id ?? '', disabled: contract !== null, autocomplete: 'off' });
    const name = h('input', { id: 'contract-name', value: contract?.name ?? '', autocomplete: 'off' });
    const access = choice('contract-access', ['read', 'read-write'], contract?.access ?? 'read-write', 'access');
    const scope = choice('contract-scope', ['own', 'all'], contract?.scope ?? 'own', 'scope');
    const from = h('input', { id: 'contract-from', type: 'date', value: contract?.valid_from?.slice(0, 10) ?? '' });
    const to = h('input', { id: 'contract-to', type: 'date', value: contract?.valid_to?.slice(0, 10) ?? '' });
    const rate = h('input', { id: 'contract-rate', type: 'number', min: 0, step: 'any', value: String(contract?.rate_per_second ?? '') });
    const fault = h('div', {});
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const { client_id: _, ...before } = contract ?? { client_id: '' };
      const body = /** @type {Contract} */ ({
        ...before, name: name.value || null, access: access.value, scope: scope.value,
        valid_from: kept(contract?.valid_from, from.value), valid_to: kept(contract?.valid_to, to.value), rate_per_second: rate.value ? Number(rate.value) : null,
      });
      try {
        await put('/v1/contracts/{client_id}', { path: { client_id: client.value }, body });
        close();
        go(address('contracts', [client.value]));
      } catch (error) {
        fill(fault, problemView(error));
      }
    };
    return [h('form', { class: 'stack', onsubmit: submit },
      field(t('client'), client), field(t('name'), name), field(t('contracts.access'), access), field(t('contracts.scope'), scope),
      field(t('contracts.from'), from), field(t('contracts.to'), to), field(t('contracts.rate'), rate),
      fault, h('p', { class: 'row end' }, h('button', { class: 'button', type: 'button', onclick: close }, t('cancel')), h('button', { class: 'button primary' }, t('save'))))];
  });
}

/**
 * A time within the day stays where the day was not changed.
 *
 * @param {string | null | undefined} before
 * @param {string} day
 */
function kept(before, day) {
  return before?.startsWith(day) && day ? before : day || null;
}

/**
 * @param {string} id
 * @param {string[]} values
 * @param {string} chosen
 * @param {string} words where the language says them
 */
function choice(id, values, chosen, words) {
  return h('select', { id }, values.map((value) => h('option', { value, selected: value === chosen }, t(`${words}.${value}`))));
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 */
function field(label, input) {
  return h('p', { class: 'field' }, h('label', { for: input.id }, label), input);
}
