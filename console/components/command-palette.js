// Ctrl+K: everything that can be gone to or done, found by what it is called; an id goes where it leads.

import { fill, h, uniqueID } from '../core/dom.js';
import { t } from '../core/language.js';
import { openDialog } from './dialogs.js';

/** @typedef {{title: string, hint?: string, run: () => void}} Command */

const shownCountMax = 12;

/** @param {(text: string) => Command[]} find */
export function openPalette(find) {
  openDialog(t('palette.title'), (close) => {
    const listID = uniqueID('commands');
    const input = h('input', { type: 'text', autofocus: true, role: 'combobox', 'aria-expanded': 'true', 'aria-controls': listID, 'aria-label': t('palette.title'), placeholder: t('palette.hint'), autocomplete: 'off', oninput: () => show(0), onkeydown: walk });
    const list = h('ul', { id: listID, role: 'listbox', 'aria-label': t('palette.title') });
    /** @type {Command[]} */
    let commands = [];
    let chosen = 0;

    /** @param {number} at */
    function show(at) {
      commands = find(input.value.trim()).slice(0, shownCountMax);
      chosen = Math.min(Math.max(at, 0), Math.max(0, commands.length - 1));
      fill(list, commands.map(({ title, hint }, index) =>
        h('li', { role: 'option', id: `${listID}-${index}`, 'aria-selected': String(index === chosen), onclick: () => run(index) }, h('span', {}, title), hint && h('kbd', {}, hint))));
      input.setAttribute('aria-activedescendant', commands.length ? `${listID}-${chosen}` : '');
    }

    /** @param {number} index */
    function run(index) {
      close();
      commands[index]?.run();
    }

    /** @param {KeyboardEvent} event */
    function walk(event) {
      if (event.key === 'ArrowDown') show(chosen + 1);
      else if (event.key === 'ArrowUp') show(chosen - 1);
      else if (event.key === 'Enter') run(chosen);
      else return;
      event.preventDefault();
    }

    show(0);
    return [input, list];
  }, { class: 'palette' });
}
