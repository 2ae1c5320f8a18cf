// A new key: its secret is shown in one dialog, and nowhere else. A rotation is a new key, and the old one revoked once the new one is in use.

import { post, remove } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { refine } from '../../core/location.js';
import { whoIsHere } from '../../core/session.js';
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
 * What the dialogs of one new key have in common.
 *
 * @typedef {object} Making
 * @property {string} title
 * @property {OldKey} [old]
 * @property {(id: string) => Promise<unknown>} revoke
 * @property {string} asked the page on which it was
 */

/**
 * @param {object} calls
 * @param {string[]} calls.roles to choose from
 * @param {OldKey} [calls.old]
 * @param {(wanted: {label: string | null, expires: string | null, role: string}) => Promise<{key: string}>} calls.make
 * @param {(id: string) => Promise<unknown>} calls.revoke
 */
function keyDialog({ roles, old, make, revoke }) {
  const making = { title: t(old ? 'keys.rotate' : 'keys.new'), old, revoke, asked: location.href };
  const dialog = openDialog(making.title, (close) => {
    const label = h('input', { id: 'key-label', maxlength: 200, autocomplete: 'off', value: old?.label ?? '' });
    const expires = h('input', { id: 'key-expires', type: 'date' });
    const role = h('select', { id: 'key-role' }, roles.map((name) => h('option', { value: name }, t(`role.${name}`))));
    const fault = h('div', {});
    const button = h('button', { class: 'button primary' }, t('keys.new'));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      // It is never shown again: none is made twice, and no key of the keyboard takes it away unseen.
      button.disabled = true;
      hold(dialog);
      // Who waits in vain for a server that is silent may still close it by its button. A key that is made all the same is shown when it comes.
      dialog.classList.add('waiting');
      const isStillHere = whoIsHere();
      const allowLeaving = askBeforeLeaving(isStillHere);
      try {
        const made = await make({ label: label.value || null, expires: expires.value || null, role: role.value });
        close();
        if (isStillHere()) showSecret(made.key, making, allowLeaving);
        else allowLeaving();
      } catch (error) {
        allowLeaving();
        if (fault.isConnected) fill(fault, problemView(error));
        else if (isStillHere()) openDialog(making.title, () => [problemView(error)]);
        button.disabled = false;
        dialog.classList.remove('waiting');
        release(dialog);
      }
    };
    return [h('form', { class: 'stack', onsubmit: submit },
      old && h('p', {}, t('keys.rotate-text', { label: old.label ?? old.id })),
      roles.length > 1 && h('p', { class: 'field' }, h('label', { for: role.id }, t('keys.role')), role),
      h('p', { class: 'field' }, h('label', { for: label.id }, t('keys.label')), label),
      h('p', { class: 'field' }, h('label', { for: expires.id }, t('keys.expires')), expires),
      fault, h('p', { class: 'row end' }, button))];
  });
}

/**
 * The browser asks before the page goes, by a link to elsewhere, Back, a reload or with its window.
 *
 * @param {() => boolean} isStillHere who would lose something by it
 * @returns {() => void} ends that
 */
function askBeforeLeaving(isStillHere) {
  const ask = (/** @type {Event} */ event) => {
    if (isStillHere()) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}

/**
 * Closes by one button alone, which says that the key is kept.
 *
 * @param {string} key
 * @param {Making} making
 * @param {() => void} allowLeaving once the key is copied, or kept
 */
function showSecret(key, { title, old, revoke, asked }, allowLeaving) {
  let isCopied = false;
  const copied = () => {
    isCopied = true;
    allowLeaving();
  };
  const dialog = openDialog(title, (close) => {
    const name = old?.label ?? old?.id ?? '';
    const text = h('p', { role: 'status' }, t('keys.revoke-old-text', { label: name }));
    const fault = h('div', {});
    const revokeOld = async () => {
      button.disabled = true;
      try {
        await revoke(old?.id ?? '');
        if (isCopied) return close();
        // It is the only one now: it stays until it is kept.
        fill(text, t('keys.revoked-old', { label: name }));
        fill(fault);
        kept.focus();
        button.remove();
      } catch (error) {
        fill(fault, problemView(error));
        button.disabled = false;
      }
    };
    /** @type {HTMLButtonElement} */
    const button = h('button', { class: 'button', onclick: revokeOld }, t('keys.revoke-old'));
    const kept = h('button', { class: 'button primary', onclick: close }, t('keys.kept'));
    // By hand, too: what is selected is copied by a key of the keyboard.
    const copiedByHand = () => String(getSelection()).includes(key) && copied();
    return [h('div', { class: 'stack', oncopy: copiedByHand }, h('p', {}, t('keys.once')), copyable(key, copied), old && text, fault, h('p', { class: 'row end' }, old && button, kept))];
  }, { isFirm: true });
  dialog.addEventListener('close', () => {
    allowLeaving();
    // Who has gone elsewhere meanwhile stays there.
    if (location.href === asked) refine({});
  });
}
