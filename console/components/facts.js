// Names and values of one thing.

import { h } from '../core/dom.js';

/** @param {[string, import('../core/dom.js').Child][]} facts those without a value are left out */
export function factList(facts) {
  return h('dl', { class: 'facts' },
    facts.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}
