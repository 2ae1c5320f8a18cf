// Signing in: a key for a session. Nothing on the page below is lost when a session has ended and is had again.

import { fill, h, uniqueID } from '../core/dom.js';
import { t } from '../core/language.js';
import { actor, isSignedIn, session, signIn } from '../core/session.js';
import { openDialog } from './dialogs.js';
import { problemView } from './problem-view.js';

/** @param {() => void | Promise<void>} done */
export function signInForm(done) {
  const id = uniqueID('key');
  const input = h('input', { id, autofocus: true, name: 'key', type: 'password', autocomplete: 'current-password', required: true, spellcheck: 'false', 'aria-describedby': `${id}-help` });
  const button = h('button', { class: 'button primary wide' }, t('sign-in.do'));
  const fault = h('div', {});
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await signIn(input.value.trim());
      input.value = '';
      await done();
    } catch (error) {
      fill(fault, problemView(error));
      input.select();
    } finally {
      button.disabled = false;
    }
  };
  return h('form', { class: 'stack', onsubmit: submit },
    h('p', { class: 'field' }, h('label', { for: id }, t('sign-in.key')), input),
    h('p', { class: 'quiet', id: `${id}-help` }, t('sign-in.help')),
    fault, button);
}

/** @type {Promise<boolean> | null} */
let renewal = null;

/** Asks to sign in again over whatever is shown. Calls that find the session ended at the same time wait for one dialog. */
export function renewSession() {
  // Who has signed out is asked by the form, and for nothing that the page before it wanted.
  if (!isSignedIn()) return Promise.resolve(false);
  const before = actor();
  renewal ??= new Promise((resolve) => {
    let isRenewed = false;
    const dialog = openDialog(t('sign-in.again'), (close) => [
      h('p', {}, t('sign-in.again-text')),
      signInForm(() => {
        // Somebody else sees other things: the page begins anew, and what was written is kept for who wrote it.
        if (actor() !== before) location.reload();
        isRenewed = actor() === before;
        close();
      }),
    ]);
    // In another window, too.
    const renewed = () => {
      isRenewed = actor() === before;
      dialog.close();
    };
    session.addEventListener('change', renewed);
    dialog.addEventListener('close', () => {
      session.removeEventListener('change', renewed);
      renewal = null;
      resolve(isRenewed);
    });
  });
  return renewal;
}
