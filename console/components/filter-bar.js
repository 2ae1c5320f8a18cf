// Filters as chips: each is a parameter of the URL, named as the API names it.

import { fill, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { here, refine } from '../core/location.js';
import { icon } from './icon.js';

/**
 * @typedef {object} Filter
 * @property {string} name the parameter
 * @property {string} label
 * @property {'text' | 'date' | 'instant'} [kind] an instant is written as the API writes it
 * @property {string[]} [choices]
 */

/** @param {Filter[]} filters */
export function filterBar(filters) {
  const { parameters } = here();
  const chips = filters.filter(({ name }) => parameters.has(name)).map((filter) => chip(filter, parameters.get(filter.name) ?? ''));
  const absent = filters.filter(({ name }) => !parameters.has(name));
  const editor = h('div', { class: 'filter-editor' });
  // Arrows go from one filter to the next without opening the list: the focus stays until one is chosen.
  let isWalking = false;
  /** @type {HTMLSelectElement} */
  const choice = h('select', { id: 'add-filter', 'aria-label': t('filter.add'),
    onkeydown: (/** @type {KeyboardEvent} */ event) => (isWalking = event.key.startsWith('Arrow')), onpointerdown: () => (isWalking = false),
    onchange: () => edit(filters.find(({ name }) => name === choice.value)) },
    h('option', { value: '' }, t('filter.add')), absent.map(({ name, label }) => h('option', { value: name }, label)));

  /** @param {Filter | undefined} filter */
  function edit(filter) {
    if (!filter) return;
    const form = filterForm(filter);
    fill(editor, form);
    if (isWalking) return;
    /** @type {HTMLElement | null} */ (form.querySelector('input, select'))?.focus();
  }
  return h('div', { class: 'filters', role: 'search', 'aria-label': t('filter.title') }, chips, absent.length > 0 && choice, editor);
}

/**
 * @param {Filter} filter
 * @param {string} value
 */
function chip({ name, label }, value) {
  return h('span', { class: 'chip' }, h('span', { class: 'quiet' }, label), ' ', h('span', {}, value),
    h('button', { class: 'icon-button', 'aria-label': t('filter.remove', { name: label }), onclick: () => refine({ [name]: null }) }, icon('close')));
}

/** @param {Filter} filter */
function filterForm({ name, label, kind = 'text', choices }) {
  const input = choices
    ? h('select', { id: `filter-${name}` }, choices.map((choice) => h('option', { value: choice }, choice)))
    : h('input', { id: `filter-${name}`, type: kind === 'date' ? 'date' : 'text', placeholder: kind === 'instant' ? new Date().toISOString() : null, required: true, autocomplete: 'off' });
  const apply = (/** @type {Event} */ event) => {
    event.preventDefault();
    refine({ [name]: input.value.trim() });
  };
  return h('form', { class: 'row', onsubmit: apply }, h('label', { for: input.id }, label), input, h('button', { class: 'button' }, t('filter.apply')));
}
