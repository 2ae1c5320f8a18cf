// What a contract may do at which time, where that differs.

import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { time } from '../../components/instant.js';
import { listTable } from '../../components/list-table.js';
import { status } from '../../components/status.js';

/** @typedef {import('../../types/api.js').ContractSubscription} Subscription */

/** @param {Subscription[] | null | undefined} subscriptions */
export function subscriptionList(subscriptions) {
  if (!subscriptions?.length) return null;
  return h('section', { class: 'stack tight' }, h('h2', {}, t('contracts.subscriptions')), listTable(t('contracts.subscriptions'), [
    { title: t('contracts.plan'), cell: ({ plan }) => plan ?? '–' },
    { title: t('state'), cell: standing },
    { title: t('contracts.from'), cell: ({ from }) => time(from) },
    { title: t('contracts.to'), cell: ({ to }) => time(to) },
    { title: t('contracts.access'), cell: ({ access }) => access && t(`access.${access}`) },
    { title: t('contracts.scope'), cell: ({ scope }) => scope && t(`scope.${scope}`) },
    { title: t('contracts.types'), cell: ({ types }) => typesText(types) },
    { title: t('contracts.roles'), isWide: true, cell: ({ roles }) => roles?.join(', ') },
  ], subscriptions));
}

/** @param {string[] | null | undefined} types none for all; an empty list is no type */
export function typesText(types) {
  return types ? types.join(', ') || t('contracts.no-types') : t('contracts.all-types');
}

/** @param {Subscription} subscription */
function standing({ from, to }) {
  const now = Date.now();
  if (from && now < Date.parse(from)) return status('not-yet', 'idle');
  return to && now >= Date.parse(to) ? status('ended', 'idle') : status('valid', 'good');
}
