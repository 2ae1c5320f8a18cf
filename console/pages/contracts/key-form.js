// A new key: its secret is shown in one dialog, and nowhere else. A rotation is a new key, and the old one revoked once the new one is in use.

import { post, remove } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { refine } from '../../core/location.js';
import { copyable } from '../../components/copy-button.js';
import { hold, openDialog, release } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {{id: string, label?: string | null}} OldKey */

/**
 * @param {string} clientID
 * @param {OldKey} [old] that the new one takes the place of
 */
export function makeKey(clientID, old) {
  const path = { client_id: clientID };
  keyDialog({
    roles: [], old,
    make: ({ label, expires }) => post('/v1/contracts/{client_id}/keys', { path, body: { label, expires_at: expires } }),
    revoke: (id) => remove('/v1/contracts/{client_id}/keys/{id}', { path: { ...path, id } }),
  });
}

/** @param {OldKey & {role: string}} [old] */
export function makeOperatorKey(old) {
  keyDialog({
    roles: old ? [old.role] : ['admin', 'auditor', 'metrics'], old,
    make: ({ label, expires, role }) => post('/v1/admin/keys', { body: { label, expires_at: expires, role: /** @type {'admin'} */ (role) } }),
    revoke: (id) => remove('/v1/admin/keys/{id}', { path: { id } }),
  });
}

/**
 * @param {object} calls
 * @param {string[]} calls.roles to choose from
 * @param {OldKey} [calls.old]
 * @param {(wanted: {label: string | null, expires: string | null, role: string}) => Promise<{key: string}>} calls.make
 * @param {(id: string) => Promise<unknown>} calls.revoke
 */
function keyDialog({ roles, old, make, revoke }) {
  const dialog = openDialog(t(old ? 'keys.rotate' : 'keys.new'), (close) => {
    const label = h('input', { id: 'key-label', maxlength: 200, autocomplete: 'off', value: old?.label ?? '' });
    const expires = h('input', { id: 'key-expires', type: 'date' });
    const role = h('select', { id: 'key-role' }, roles.map((name) => h('option', { value: name }, t(`role.${name}`))));
    const body = h('div', {});
    const fault = h('div', {});
    const button = h('button', { class: 'button primary' }, t('keys.new'));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      // It is never shown again: none is made twice, and no key of the keyboard takes it away unseen.
      button.disabled = true;
      hold(dialog);
      // Who waits in vain for a server that is silent may still close it by its button.
      dialog.classList.add('waiting');
      try {
        const made = await make({ label: label.value || null, expires: expires.value || null, role: role.value });
        dialog.classList.remove('waiting');
        if (!dialog.open) return refine({});
        fill(body, secret(made.key, old, revoke, close));
        body.querySelector('button')?.focus();
        dialog.addEventListener('close', () => refine({}));
      } catch (error) {
        fill(fault, problemView(error));
        button.disabled = false;
        dialog.classList.remove('waiting');
        release(dialog);
      }
    };
    fill(body, h('form', { class: 'stack', onsubmit: submit },
      old && h('p', {}, t('keys.rotate-text', { label: old.label ?? old.id })),
      roles.length > 1 && h('p', { class: 'field' }, h('label', { for: role.id }, t('keys.role')), role),
      h('p', { class: 'field' }, h('label', { for: label.id }, t('keys.label')), label),
      h('p', { class: 'field' }, h('label', { for: expires.id }, t('keys.expires')), expires),
      fault, h('p', { class: 'row end' }, button)));
    return [body];
  });
}

/**
 * @param {string} key
 * @param {OldKey | undefined} old
 * @param {(id: string) => Promise<unknown>} revoke
 * @param {() => void} close
 */
function secret(key, old, revoke, close) {
  const fault = h('div', {});
  const end = async () => {
    try {
      await revoke(old?.id ?? '');
      close();
    } catch (error) {
      fill(fault, problemView(error));
    }
  };
  return h('div', { class: 'stack' }, h('p', {}, t('keys.once')), copyable(key), old && h('p', {}, t('keys.revoke-old-text', { label: old.label ?? old.id })), fault,
    h('p', { class: 'row end' }, old && h('button', { class: 'button', onclick: end }, t('keys.revoke-old')), h('button', { class: 'button primary', onclick: close }, t('keys.kept'))));
}
