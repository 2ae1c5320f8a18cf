// A new key: its secret is shown in one dialog, and nowhere else.

import { post } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { refine } from '../../core/location.js';
import { copyable } from '../../components/copy-button.js';
import { openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @param {string} clientID */
export function makeKey(clientID) {
  const dialog = openDialog(t('keys.new'), (close) => {
    const label = h('input', { id: 'key-label', maxlength: 200, autocomplete: 'off' });
    const expires = h('input', { id: 'key-expires', type: 'date' });
    const body = h('div', {});
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      try {
        const made = await post('/v1/contracts/{client_id}/keys', { path: { client_id: clientID }, body: { label: label.value || null, expires_at: expires.value || null } });
        fill(body, h('div', { class: 'stack' }, h('p', {}, t('keys.once')), copyable(made.key), h('p', { class: 'row end' }, h('button', { class: 'button primary', onclick: close }, t('keys.kept')))));
      } catch (error) {
        fill(fault, problemView(error));
      }
    };
    const fault = h('div', {});
    fill(body, h('form', { class: 'stack', onsubmit: submit },
      h('p', { class: 'field' }, h('label', { for: label.id }, t('keys.label')), label),
      h('p', { class: 'field' }, h('label', { for: expires.id }, t('keys.expires')), expires),
      fault, h('p', { class: 'row end' }, h('button', { class: 'button primary' }, t('keys.new')))));
    return [body];
  });
  dialog.addEventListener('close', () => refine({}));
}
