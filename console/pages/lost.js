// No page has this address.

import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { address } from '../core/location.js';

export function render() {
  return h('div', { class: 'empty' }, h('h1', {}, t('lost.title')), h('p', {}, t('lost.text')), h('a', { class: 'button', href: address('overview') }, t('overview.title')));
}
