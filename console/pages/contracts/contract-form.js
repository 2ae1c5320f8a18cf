// A contract's rights, made or changed: every member that PUT takes.

import { put } from '../../core/api.js';
import { parse, stringify } from '../../core/exact-json.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
import { Problem } from '../../core/problem.js';
import { openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {import('../../types/api.js').Contract} Contract */

/** Members that are written as JSON, since they have members of their own. */
const structured = /** @type {const} */ (['webhook', 'uses', 'subscriptions']);

/** @param {Contract | null} contract none to make one */
export function editContract(contract) {
  openDialog(t(contract ? 'edit' : 'contracts.new'), (close) => {
    const client = h('input', { id: 'contract-client', required: true, maxlength: 200, value: contract?.client_id ?? '', disabled: contract !== null, autocomplete: 'off' });
    const name = text('contract-name', contract?.name);
    const access = choice('contract-access', ['read', 'read-write'], contract?.access ?? 'read-write', 'access');
    const scope = choice('contract-scope', ['own', 'all'], contract?.scope ?? 'own', 'scope');
    const types = text('contract-types', contract?.types?.join(', '));
    const sensitive = h('input', { id: 'contract-sensitive', type: 'checkbox', checked: contract?.sensitive ?? false });
    const from = h('input', { id: 'contract-from', type: 'date', value: contract?.valid_from?.slice(0, 10) ?? '' });
    const to = h('input', { id: 'contract-to', type: 'date', value: contract?.valid_to?.slice(0, 10) ?? '' });
    const rate = h('input', { id: 'contract-rate', type: 'number', min: 0, step: 'any', value: String(contract?.rate_per_second ?? '') });
    const hosts = text('contract-hosts', contract?.callback_hosts?.join(', '));
    const digest = text('contract-digest', contract?.digest);
    const areas = structured.map((member) => ({ member, area: h('textarea', { id: `contract-${member}`, rows: 4, spellcheck: 'false', value: contract?.[member] ? stringify(contract[member], 2) : '' }) }));
    const fault = h('div', {});
    const button = h('button', { class: 'button primary' }, t('save'));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        const { client_id: _, ...before } = contract ?? { client_id: '' };
        const parts = Object.fromEntries(areas.map(({ member, area }) => [member, area.value.trim() ? readJSON(member, area.value) : null]));
        const body = /** @type {Contract} */ ({
          ...before, ...parts, name: name.value || null, access: access.value, scope: scope.value, types: bounds(contract?.types, types.value), sensitive: sensitive.checked,
          valid_from: kept(contract?.valid_from, from.value), valid_to: kept(contract?.valid_to, to.value), rate_per_second: rate.value ? Number(rate.value) : null,
          callback_hosts: names(hosts.value) ?? [], digest: digest.value.trim() || null,
        });
        // A new one takes the place of none.
        await put('/v1/contracts/{client_id}', { path: { client_id: client.value }, body, headers: contract ? {} : { 'If-None-Match': '*' } });
        if (!fault.isConnected) return;
        close();
        go(address('contracts', [client.value]));
      } catch (error) {
        fill(fault, error instanceof SyntaxError ? h('p', { class: 'problem', role: 'alert' }, error.message) : problemView(told(error, client.value)));
        button.disabled = false;
      }
    };
    return [h('form', { class: 'stack', onsubmit: submit },
      field(t('client'), client), field(t('name'), name), field(t('contracts.access'), access), field(t('contracts.scope'), scope),
      field(t('contracts.types'), types, t(contract?.types?.length === 0 ? 'contracts.no-types-help' : 'contracts.types-help')),
      h('p', { class: 'row' }, sensitive, h('label', { for: sensitive.id }, t('contracts.sensitive'))),
      field(t('contracts.from'), from), field(t('contracts.to'), to), field(t('contracts.rate'), rate),
      field(t('contracts.callback-hosts'), hosts, t('contracts.commas')), field(t('contracts.digest'), digest, t('contracts.digest-help')),
      areas.map(({ member, area }) => field(t(`contracts.${member}`), area, t(`contracts.${member}-help`))),
      fault, h('p', { class: 'row end' }, h('button', { class: 'button', type: 'button', onclick: close }, t('cancel')), button))];
  });
}

/**
 * The client has one, which was not replaced: said in the reader's language, with what to do.
 *
 * @param {unknown} error
 * @param {string} client
 */
function told(error, client) {
  if (!(error instanceof Problem) || error.status !== 412) return error;
  return new Problem(412, { type: '/problems/already-exists', title: t('contracts.exists', { client }), detail: t('contracts.exists-advice'), request_id: error.requestID });
}

/**
 * @param {string} id
 * @param {string | null | undefined} value
 */
const text = (id, value) => h('input', { id, value: value ?? '', autocomplete: 'off', spellcheck: 'false' });

/**
 * Names with commas between; none at all means no bound.
 *
 * @param {string} given
 */
function names(given) {
  const found = given.split(',').map((name) => name.trim()).filter(Boolean);
  return found.length ? found : null;
}

/**
 * Types as they were where their text was not changed: no type at all is written as all of them are.
 *
 * @param {string[] | null | undefined} before
 * @param {string} given `*` for all
 */
function bounds(before, given) {
  if (given.trim() === (before ?? []).join(', ')) return before ?? null;
  return given.trim() === '*' ? null : names(given);
}

/**
 * @param {string} member
 * @param {string} given
 */
function readJSON(member, given) {
  try {
    return parse(given);
  } catch (error) {
    throw new SyntaxError(`${t(`contracts.${member}`)}: ${error instanceof Error ? error.message : error}`);
  }
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
 * @param {string} [help]
 */
function field(label, input, help) {
  if (help) input.setAttribute('aria-describedby', `${input.id}-help`);
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, help && h('p', { class: 'quiet', id: `${input.id}-help` }, help));
}
