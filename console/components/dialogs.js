// Dialogs that ask: the platform's own, which keep the focus and close with Escape.

import { fill, h, uniqueID } from '../core/dom.js';
import { number, t } from '../core/language.js';
import { icon } from './icon.js';
import { problemView } from './problem-view.js';

/**
 * Opens a dialog of its own and removes it when it closes.
 *
 * @param {string} title
 * @param {(close: () => void) => import('../core/dom.js').Child[]} content
 * @param {{class?: string, isFirm?: boolean}} [options] a firm one does not close with Escape
 */
export function openDialog(title, content, options = {}) {
  const id = uniqueID('dialog');
  const dialog = h('dialog', { 'aria-labelledby': id, class: options.class, oncancel: keepFirm });
  if (options.isFirm) hold(dialog);
  const close = () => dialog.close();
  const button = h('button', { class: 'icon-button', 'aria-label': t('close'), type: 'button', onclick: close }, icon('close'));
  dialog.append(h('header', {}, h('h2', { id }, title), button));
  dialog.append(h('div', { class: 'dialog-body' }, ...content(close)));
  const before = document.activeElement;
  dialog.addEventListener('close', () => {
    dialog.remove();
    // The page may have been made anew meanwhile: then what has the same name there is meant.
    const place = before?.isConnected ? before : document.getElementById(before?.id ?? '');
    if (place instanceof HTMLElement) place.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * From now on it closes by its own buttons alone.
 *
 * @param {HTMLDialogElement} dialog
 */
export function hold(dialog) {
  dialog.setAttribute('closedby', 'none');
}

/** @param {HTMLDialogElement} dialog that was held, and closes with Escape again */
export function release(dialog) {
  dialog.removeAttribute('closedby');
}

/** @param {Event} event */
function keepFirm(event) {
  const { target } = event;
  if (target instanceof HTMLDialogElement && target.getAttribute('closedby') === 'none') event.preventDefault();
}

/**
 * Asks before something is done; a lot is confirmed by typing its number. Who has gone elsewhere before it was done stays there.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text
 * @param {string} question.action
 * @param {number} [question.count] of a lot
 * @param {boolean} [question.isDangerous]
 * @param {Node} [question.extra]
 * @param {() => Promise<unknown>} question.work
 * @param {() => void} [question.done] once it is, on the page that asked
 */
export function confirm({ title, text, action, count, isDangerous, extra, work, done = () => {} }) {
  const asked = location.href;
  openDialog(title, (close) => {
    const id = uniqueID('confirm');
    /** @type {HTMLInputElement} */
    const typed = h('input', { id, autofocus: true, inputmode: 'numeric', autocomplete: 'off', oninput: () => (button.disabled = !isRight()) });
    const isRight = () => count === undefined || typed.value.trim() === String(count);
    /** @type {HTMLButtonElement} */
    const button = h('button', { class: `button primary ${isDangerous ? 'danger' : ''}`, disabled: !isRight() }, action);
    const fault = h('div', {});
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!isRight()) return;
      button.disabled = true;
      try {
        await work();
        close();
        if (location.href === asked) done();
      } catch (error) {
        if (fault.isConnected) fill(fault, problemView(error));
        else openDialog(title, () => [problemView(error)]);
        button.disabled = false;
      }
    };
    return [h('form', { class: 'stack', onsubmit: submit },
      h('p', {}, text), extra,
      count !== undefined && h('p', { class: 'field' }, h('label', { for: id }, t('confirm.type', { number: number(count), digits: String(count) })), typed),
      fault,
      h('p', { class: 'row end' }, h('button', { class: 'button', type: 'button', onclick: close }, t('cancel')), button))];
  });
}
