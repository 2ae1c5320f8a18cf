// Contracts and keys: rights, keys that are shown once, usage, and how to connect. A contract that is not the admin's sees itself.

import { get, remove } from '../core/api.js';
import { h } from '../core/dom.js';
import { number, t } from '../core/language.js';
import { address, go, refine } from '../core/location.js';
import { isAdmin, isAuditor, whoami } from '../core/session.js';
import { confirm } from '../components/dialogs.js';
import { emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { filterBar } from '../components/filter-bar.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';
import { connectPanel } from './contracts/connect.js';
import { editContract } from './contracts/contract-form.js';
import { makeKey, makeOperatorKey } from './contracts/key-form.js';
import { subscriptionList, typesText } from './contracts/subscriptions.js';
import { usagePanel } from './contracts/usage.js';

/** @typedef {import('../types/api.js').Contract} Contract */

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments, parameters }, { signal }) {
  if (!isAdmin() && !isAuditor()) return renderOwn(signal);
  if (segments.length) return renderContract(segments[0], signal);
  // Of thousands one is gone to by its name.
  const wanted = parameters.get('client');
  if (wanted) return renderContract(wanted, signal);
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/contracts', { query: { cursor }, signal });
      return { rows: page.contracts, next: page.next_cursor };
    },
    (contracts) => (contracts.length ? contractTable(contracts) : emptyState(t('contracts.none'), { command: isAdmin() && `till contract put --url ${location.origin} CLIENT --access read-write --scope own` })));
  const add = isAdmin() && h('button', { class: 'button primary', onclick: () => editContract(null) }, t('contracts.new'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('contracts.title')), add), filterBar([{ name: 'client', label: t('client') }]), list, await operatorKeys(signal));
}

/** @param {Contract[]} contracts */
function contractTable(contracts) {
  return listTable(t('contracts.title'), [
    { title: t('client'), cell: ({ client_id: id }) => h('a', { href: address('contracts', [id ?? '']) }, id) },
    { title: t('name'), isWide: true, cell: ({ name }) => name },
    { title: t('contracts.access'), cell: ({ access }) => t(`access.${access}`) },
    { title: t('contracts.scope'), cell: ({ scope }) => t(`scope.${scope}`) },
    { title: t('contracts.validity'), cell: validity },
    { title: t('contracts.rate'), isNumeric: true, cell: ({ rate_per_second: rate }) => (rate === null || rate === undefined ? '–' : number(rate)) },
  ], contracts);
}

/** @param {Contract} contract */
function validity({ valid_from: from, valid_to: to }) {
  const now = new Date().toISOString();
  if (from && now < from) return [status('not-yet', 'idle'), ' ', time(from)];
  if (to && now >= to) return [status('ended', 'bad'), ' ', time(to)];
  return status('valid', 'good');
}

/**
 * @param {string} clientID
 * @param {AbortSignal} signal
 */
async function renderContract(clientID, signal) {
  const path = { client_id: clientID };
  const [contract, keys] = await Promise.all([get('/v1/contracts/{client_id}', { path, signal }), keyList(clientID, signal)]);
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('contracts') }, t('contracts.title'))),
    h('div', { class: 'row between' }, h('h1', {}, contract.name || clientID), isAdmin() && h('span', { class: 'row' },
      h('button', { class: 'button', onclick: () => editContract(contract) }, t('edit')),
      h('button', { class: 'button', onclick: () => discard(clientID) }, t('delete')))),
    h('section', { class: 'card' }, rights(contract)),
    subscriptionList(contract.subscriptions),
    h('section', { class: 'stack tight' }, h('div', { class: 'row between' }, h('h2', {}, t('keys.title')), isAdmin() && h('button', { class: 'button', onclick: () => makeKey(clientID) }, t('keys.new'))), keys),
    // What a contract used is told to it and to the administrator.
    isAdmin() && (await usagePanel(clientID, signal)),
    connectPanel(clientID));
}

/** @param {Contract} contract */
function rights(contract) {
  return factList([
    [t('client'), contract.client_id],
    [t('contracts.access'), t(`access.${contract.access}`)],
    [t('contracts.scope'), t(`scope.${contract.scope}`)],
    [t('contracts.types'), typesText(contract.types)],
    [t('contracts.validity'), [validity(contract)].flat()],
    [t('contracts.rate'), contract.rate_per_second && number(contract.rate_per_second)],
    [t('contracts.webhook'), contract.webhook?.url],
    [t('contracts.callback-hosts'), contract.callback_hosts?.join(', ')],
    [t('contracts.sensitive'), contract.sensitive ? t('yes') : null],
    [t('contracts.digest'), contract.digest],
    ...Object.entries(contract.uses ?? {}).map(([what, names]) => /** @type {[string, string]} */ ([t(`contracts.uses.${what}`), names === '*' ? t('contracts.all') : (names ?? []).join(', ')])),
  ]);
}

/**
 * @param {string} clientID
 * @param {AbortSignal} signal
 */
function keyList(clientID, signal) {
  return paged(
    async (cursor) => {
      const page = await get('/v1/contracts/{client_id}/keys', { path: { client_id: clientID }, query: { cursor }, signal });
      return { rows: page.keys, next: page.next_cursor };
    },
    (keys) => (keys.length ? listTable(t('keys.title'), [
      { title: t('keys.id'), cell: ({ id }) => h('code', {}, id) },
      { title: t('keys.label'), isWide: true, cell: ({ label }) => label },
      { title: t('keys.created'), cell: ({ created_at: at }) => time(at) },
      { title: t('keys.used'), cell: ({ last_used_at: at }) => time(at) },
      { title: t('keys.expires'), cell: ({ expires_at: at }) => time(at) },
      { title: t('actions'), cell: ({ id, label }) => isAdmin() && h('span', { class: 'row' },
        h('button', { class: 'button small', onclick: () => makeKey(clientID, { id, label }) }, t('keys.rotate')),
        h('button', { class: 'button small', onclick: () => revoke(clientID, id, label ?? id) }, t('keys.revoke'))) },
    ], keys) : emptyState(t('keys.none'), { command: isAdmin() && `till key create --url ${location.origin} ${clientID}` })));
}

/**
 * Keys of people and programs that run the store.
 *
 * @param {AbortSignal} signal
 */
async function operatorKeys(signal) {
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/admin/keys', { query: { cursor }, signal });
      return { rows: page.keys, next: page.next_cursor };
    },
    (keys) => (keys.length ? listTable(t('keys.operators'), [
      { title: t('keys.id'), cell: ({ id }) => h('code', {}, id) },
      { title: t('keys.role'), cell: ({ role }) => t(`role.${role}`) },
      { title: t('keys.label'), isWide: true, cell: ({ label }) => label },
      { title: t('keys.created'), cell: ({ created_at: at }) => time(at) },
      { title: t('keys.used'), cell: ({ last_used_at: at }) => time(at) },
      { title: t('keys.expires'), cell: ({ expires_at: at }) => time(at) },
      { title: t('actions'), cell: (key) => isAdmin() && h('span', { class: 'row' },
        h('button', { class: 'button small', onclick: () => makeOperatorKey(key) }, t('keys.rotate')),
        h('button', { class: 'button small', onclick: () => revokeOperator(key.id, key.label ?? key.id) }, t('keys.revoke'))) },
    ], keys) : emptyState(t('keys.no-operators'), { command: isAdmin() && `till key create --url ${location.origin} --role auditor` })));
  return h('section', { class: 'stack tight' }, h('div', { class: 'row between' }, h('h2', {}, t('keys.operators')), isAdmin() && h('button', { class: 'button', onclick: () => makeOperatorKey() }, t('keys.new'))), list);
}

/**
 * @param {string} id
 * @param {string} label
 */
function revokeOperator(id, label) {
  confirm({
    title: t('keys.revoke'), text: t('keys.revoke-text', { label }), action: t('keys.revoke'), isDangerous: true,
    work: () => remove('/v1/admin/keys/{id}', { path: { id } }), done: () => refine({}),
  });
}

/**
 * @param {string} clientID
 * @param {string} id
 * @param {string} label
 */
function revoke(clientID, id, label) {
  confirm({
    title: t('keys.revoke'), text: t('keys.revoke-text', { label }), action: t('keys.revoke'), isDangerous: true,
    work: () => remove('/v1/contracts/{client_id}/keys/{id}', { path: { client_id: clientID, id } }), done: () => refine({}),
  });
}

/** @param {string} clientID */
function discard(clientID) {
  confirm({
    title: t('delete'), text: t('contracts.delete-text', { client: clientID }), action: t('delete'), isDangerous: true,
    work: () => remove('/v1/contracts/{client_id}', { path: { client_id: clientID } }), done: () => go(address('contracts')),
  });
}

/** @param {AbortSignal} signal */
async function renderOwn(signal) {
  const me = whoami();
  return h('div', { class: 'stack' }, h('h1', {}, t('contracts.own')),
    h('section', { class: 'card' }, factList([
      [t('client'), me.client_id],
      [t('contracts.access'), t(`access.${me.access}`)],
      [t('contracts.scope'), t(`scope.${me.scope}`)],
      [t('contracts.types'), typesText(me.types)],
      [t('contracts.roles'), me.roles.join(', ')],
      [t('contracts.plan'), me.plan],
      [t('contracts.ends'), me.valid_to && time(me.valid_to)],
    ])),
    subscriptionList(me.subscriptions),
    me.client_id && (await usagePanel(me.client_id, signal)),
    connectPanel(me.client_id ?? 'CLIENT'));
}
