// Tabs: arrows move between them, each shows one panel.

import { fill, h, uniqueID } from '../core/dom.js';

/**
 * @param {string} label
 * @param {{name: string, title: string, show: () => import('../core/dom.js').Child}[]} tabs
 * @param {string} [chosen]
 * @param {(name: string) => void} [onchoose]
 */
export function tabList(label, tabs, chosen = tabs[0]?.name, onchoose = () => {}) {
  const panelID = uniqueID('panel');
  const buttons = tabs.map(({ name, title }) =>
    h('button', { role: 'tab', id: `${panelID}-${name}`, type: 'button', 'aria-controls': panelID, onclick: () => choose(name) }, title));
  const panel = h('div', { role: 'tabpanel', id: panelID, class: 'tab-panel', tabindex: '0' });

  /** @param {string} name */
  function choose(name) {
    const at = Math.max(0, tabs.findIndex((tab) => tab.name === name));
    buttons.forEach((button, index) => {
      button.setAttribute('aria-selected', String(index === at));
      button.tabIndex = index === at ? 0 : -1;
    });
    panel.setAttribute('aria-labelledby', buttons[at].id);
    fill(panel, tabs[at].show());
    onchoose(tabs[at].name);
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = (at + step + tabs.length) % tabs.length;
    choose(tabs[next].name);
    buttons[next].focus();
  }

  choose(chosen);
  return h('div', { class: 'tabs' }, h('div', { role: 'tablist', 'aria-label': label, onkeydown: walk }, buttons), panel);
}
