// Who is signed in. The key is exchanged for a cookie that scripts cannot read, and is nowhere kept.

import { credential, get, post, remove } from './api.js';
import { keep, recall } from './preferences.js';
import { Problem } from './problem.js';

/** @typedef {import('../types/api.js').Me} Me */

/** @type {Me | null} */
let me = null;

/** Sends `change` when somebody signs in or out. */
export const session = new EventTarget();

/** @param {import('../types/api.js').Session | null} answer */
function become(answer) {
  me = answer;
  credential.csrf = answer?.csrf ?? null;
  keep('signed-in', answer ? true : null);
  session.dispatchEvent(new Event('change'));
}

/**
 * Goes on with the session that the browser has.
 *
 * @returns {Promise<boolean>} whether it has one
 */
export async function resume() {
  if (!recall('signed-in', false)) return false;
  try {
    become(await get('/v1/session'));
    return true;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    become(null);
    return false;
  }
}

/** @param {string} key an API key, or a token of the issuer */
export async function signIn(key) {
  become(await post('/v1/session', { body: { key } }));
}

export async function signOut() {
  try {
    await remove('/v1/session');
  } catch (error) {
    // Of a session that has ended there is nothing to end; a server that does not answer cannot end one, so the page does not say that it did.
    if (!(error instanceof Problem)) throw error;
  }
  become(null);
}

/** @returns {Me} */
export function whoami() {
  return me ?? { client_id: null, role: 'contract', access: 'read', scope: 'own', types: [], sensitive: false, roles: [], plan: null, valid_to: null, subscriptions: [], postgres: null };
}

export const isAdmin = () => whoami().admin === true;
export const isAuditor = () => whoami().role === 'auditor';
export const mayWrite = () => isAdmin() || whoami().access === 'read-write';
export const seesAll = () => isAdmin() || isAuditor() || whoami().scope === 'all';

/** The signed-in one's name, as it is said to people and kept with drafts. */
export const actor = () => whoami().client_id ?? (isAdmin() ? 'admin' : whoami().role ?? '');
