// What is written and was asked, kept in the browser: drafts of tabs, history, saved queries. Each belongs to who is signed in.

import { freshID } from '../../core/dom.js';
import { keep, recall } from '../../core/preferences.js';
import { actor } from '../../core/session.js';

/** @typedef {{id: string, text: string}} Draft */
/** @typedef {{text: string, at: string, milliseconds: number, rows: number | null, fault: string | null}} Asked */
/** @typedef {{name: string, text: string}} Saved */

const historyLengthMax = 200;
/** A longer text is run, not remembered. */
const textLengthMax = 20_000;

const mine = (/** @type {string} */ what, owner = actor()) => `sql.${what}.${owner}`;

/**
 * @param {unknown} value as the browser kept it
 * @returns {any[]} its members that are objects
 */
const listOf = (value) => (Array.isArray(value) ? value.filter((item) => item !== null && typeof item === 'object') : []);

/**
 * @param {string} text
 * @returns {Draft}
 */
export const newDraft = (text) => ({ id: freshID(), text });

/**
 * @param {string} owner whose they are: another may be signed in by the time that they are kept
 * @returns {{drafts: Draft[], chosen: number}}
 */
export function recallDrafts(owner) {
  // Another version may have kept something else there: what is no draft is left out.
  const kept = recall(mine('drafts', owner), /** @type {{drafts?: unknown, chosen?: unknown} | null} */ (null));
  const drafts = listOf(kept?.drafts).filter(({ id, text }) => typeof id === 'string' && typeof text === 'string').map(({ id, text }) => ({ id, text }));
  const chosen = Number(kept?.chosen);
  return { drafts, chosen: Number.isInteger(chosen) && chosen > 0 ? chosen : 0 };
}

/**
 * Keeps what this window has, beside what other windows of the browser wrote meanwhile.
 *
 * @param {string} owner
 * @param {Draft[]} drafts
 * @param {number} chosen
 * @param {{closed: Set<string>, changed: Set<string>}} here ids of those that were closed, and changed, in this window
 * @returns {boolean} whether the browser had room for them
 */
export function keepDrafts(owner, drafts, chosen, { closed, changed }) {
  const kept = new Map(recallDrafts(owner).drafts.map((draft) => [draft.id, draft]));
  const own = drafts.map((draft) => (changed.has(draft.id) ? draft : kept.get(draft.id) ?? draft));
  for (const { id } of drafts) kept.delete(id);
  const others = [...kept.values()].filter(({ id, text }) => !closed.has(id) && text.trim());
  return keep(mine('drafts', owner), { drafts: [...own, ...others], chosen });
}

/**
 * @param {string} owner
 * @returns {Asked[]} the newest first
 */
export const asked = (owner) => listOf(recall(mine('history', owner), null)).filter(({ text }) => typeof text === 'string');

/**
 * @param {string} owner who asked it: another may be signed in by the time that it is answered
 * @param {Asked} entry
 */
export function remember(owner, entry) {
  if (entry.text.length <= textLengthMax) keep(mine('history', owner), [entry, ...asked(owner)].slice(0, historyLengthMax));
}

/** @returns {Saved[]} */
export const saved = () => listOf(recall(mine('saved'), null)).filter(({ name, text }) => typeof name === 'string' && typeof text === 'string');

/**
 * @param {Saved} query
 * @returns {boolean} whether the browser had room for it
 */
export const save = (query) => keep(mine('saved'), [query, ...saved().filter(({ name }) => name !== query.name)]);

/** @param {string} name */
export const forget = (name) => keep(mine('saved'), saved().filter((query) => query.name !== name));
