// Each component alone, with made-up contents: /console/components/<name>.

import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { address } from '../core/location.js';
import { examples } from './components/examples.js';

/** @type {import('./pages.js').PageModule['render']} */
export function render({ segments }) {
  const [name] = segments;
  const example = name ? examples[name] : undefined;
  if (example) return h('div', { class: 'stack' }, h('p', {}, h('a', { href: address('components') }, t('components.title'))), h('h1', {}, name), example());
  return h('div', { class: 'stack' }, h('h1', {}, t('components.title')), h('ul', { class: 'stack tight' }, Object.keys(examples).map((key) => h('li', {}, h('a', { href: address('components', [key]) }, key)))));
}
