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
 * @param {string} text
 * @returns {Draft}
 */
export const newDraft = (text) => ({ id: freshID(), text });

/**
 * @param {string} owner whose they are: another may be signed in by the time that they are kept
 * @returns {{drafts: Draft[], chosen: number}}
 */
export function recallDrafts(owner) {
  const { drafts, chosen } = recall(mine('drafts', owner), { drafts: /** @type {Draft[]} */ ([]), chosen: 0 });
  return { drafts: drafts.map(({ id, text }) => ({ id: String(id), text: String(text) })), chosen };
}

/**
 * Keeps what this window has, beside what other windows of the browser wrote meanwhile.
 *
 * @param {string} owner
 * @param {Draft[]} drafts
 * @param {number} chosen
 * @param {{closed: Set<string>, changed: Set<string>}} here ids of those that were closed, and changed, in this window
 */
export function keepDrafts(owner, drafts, chosen, { closed, changed }) {
  const kept = new Map(recallDrafts(owner).drafts.map((draft) => [draft.id, draft]));
  const own = drafts.map((draft) => (changed.has(draft.id) ? draft : kept.get(draft.id) ?? draft));
  for (const { id } of drafts) kept.delete(id);
  const others = [...kept.values()].filter(({ id, text }) => !closed.has(id) && text.trim());
  keep(mine('drafts', owner), { drafts: [...own, ...others], chosen });
}

/** @returns {Asked[]} the newest first */
export const asked = () => recall(mine('history'), /** @type {Asked[]} */ ([]));

/** @param {Asked} entry */
export function remember(entry) {
  if (entry.text.length <= textLengthMax) keep(mine('history'), [entry, ...asked()].slice(0, historyLengthMax));
}

/** @returns {Saved[]} */
export const saved = () => recall(mine('saved'), /** @type {Saved[]} */ ([]));

/**
 * @param {Saved} query
 * @returns {boolean} whether the browser had room for it
 */
export const save = (query) => keep(mine('saved'), [query, ...saved().filter(({ name }) => name !== query.name)]);

/** @param {string} name */
export const forget = (name) => keep(mine('saved'), saved().filter((query) => query.name !== name));
