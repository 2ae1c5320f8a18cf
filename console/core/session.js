// Who is signed in. The key is exchanged for a cookie that scripts cannot read, and is nowhere kept.

import { credential, get, post, remove } from './api.js';
import { freshID } from './dom.js';
import { keep, keptName, recall } from './preferences.js';
import { Problem, Unreachable } from './problem.js';

/** @typedef {import('../types/api.js').Me} Me */

/** @type {Me | null} */
let me = null;
/** How often somebody has signed out. */
let endCount = 0;

/** Sends `change` when somebody signs in or out. */
export const session = new EventTarget();

/**
 * @param {import('../types/api.js').Session | null} answer
 * @param {string | null} [mark] another for each signing in, and null for each signing out, so that other windows hear of it
 */
function become(answer, mark) {
  me = answer;
  if (!answer) endCount += 1;
  credential.csrf = answer?.csrf ?? null;
  if (mark !== undefined) keep('signed-in', mark);
  session.dispatchEvent(new Event('change'));
}

/** Whether somebody is, or was until the server said otherwise. */
export const isSignedIn = () => me !== null;

/**
 * Tells later whether who is signed in now is still here, and has not signed out since. Who was asked to sign in again meanwhile is.
 *
 * @returns {() => boolean}
 */
export function whoIsHere() {
  const [name, count] = [actor(), endCount];
  return () => isSignedIn() && endCount === count && actor() === name;
}

/**
 * The cookie is one for all windows: who signs in or out in another does so here too. The same one goes on, another begins anew.
 *
 * @param {() => void} ended asks to sign in again over whatever is shown
 */
export function followOtherWindows(ended) {
  addEventListener('storage', async ({ key, newValue }) => {
    if (key !== keptName('signed-in')) return;
    if (newValue === null) {
      if (me === null) return;
      // Whoever signs in now may be another.
      endCount += 1;
      return ended();
    }
    if (me === null) return location.reload();
    return take(ended, lookCountMax);
  });
}

/** Between looks at a session that another window has begun, in milliseconds, and how many. */
const lookInterval = 1_000;
const lookCountMax = 10;

/**
 * Takes the session that another window has begun; who cannot have it is asked to sign in, and sees nothing of somebody else's by mistake.
 *
 * @param {() => void} ended
 * @param {number} left
 */
async function take(ended, left) {
  const before = actor();
  try {
    become(await get('/v1/session'));
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    if (left > 0) setTimeout(() => take(ended, left - 1), lookInterval);
    else ended();
    return;
  }
  if (actor() !== before) location.reload();
}

/** Whether somebody has signed in with this browser, and nobody out since: the server knows whether that counts still. */
export const expectsSession = () => Boolean(recall('signed-in', /** @type {unknown} */ (false)));

/**
 * Goes on with the session that the browser has.
 *
 * @returns {Promise<{isBegun: boolean, refusal?: Problem}>} whether it has one that counts; why not, where it has one that does not
 */
export async function resume() {
  if (!expectsSession()) return { isBegun: false };
  try {
    become(await get('/v1/session'));
    return { isBegun: true };
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 403)) throw error;
    // A contract that has ended, or not begun, may count again: then so does its session.
    if (error.status === 403) return { isBegun: false, refusal: error };
    become(null, null);
    return { isBegun: false };
  }
}

/** @param {string} key an API key, or a token of the issuer */
export async function signIn(key) {
  become(await post('/v1/session', { body: { key } }), freshID());
}

export async function signOut() {
  try {
    await remove('/v1/session');
  } catch (error) {
    // Of a session that has ended, or whose cookie is gone, there is nothing to end; a server that does not answer, or refuses, has ended none, so the
    // page does not say that it did.
    if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 404)) throw error;
  }
  become(null, null);
}

/** @returns {Me} */
export function whoami() {
  return me ?? { client_id: null, role: 'contract', access: 'read', scope: 'own', types: [], sensitive: false, roles: [], plan: null, valid_to: null, subscriptions: [], postgres: null };
}

export const isAdmin = () => whoami().admin === true;
export const isAuditor = () => whoami().role === 'auditor';
/** Who watches the server by its figures, and reads nothing else. */
export const isWatcher = () => whoami().role === 'metrics';
export const mayWrite = () => isAdmin() || whoami().access === 'read-write';
export const seesAll = () => isAdmin() || isAuditor() || whoami().scope === 'all';

/** The signed-in one's name, as it is said to people and kept with drafts. */
export const actor = () => whoami().client_id ?? (isAdmin() ? 'admin' : whoami().role ?? '');
