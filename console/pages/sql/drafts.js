// What is written and was asked, kept in the browser: drafts of tabs, history, saved queries. Each belongs to who is signed in.

import { keep, recall } from '../../core/preferences.js';
import { actor } from '../../core/session.js';

/** @typedef {{id: number, title: string, text: string}} Draft */
/** @typedef {{text: string, at: string, milliseconds: number, rows: number | null, fault: string | null}} Asked */
/** @typedef {{name: string, text: string}} Saved */

const historyLengthMax = 200;
/** A longer text is run, not remembered. */
const textLengthMax = 20_000;

const mine = (/** @type {string} */ what) => `sql.${what}.${actor()}`;

/** @returns {{drafts: Draft[], chosen: number}} */
export const recallDrafts = () => recall(mine('drafts'), { drafts: [], chosen: 0 });

/**
 * @param {Draft[]} drafts
 * @param {number} chosen
 */
export const keepDrafts = (drafts, chosen) => keep(mine('drafts'), { drafts, chosen });

/** @returns {Asked[]} the newest first */
export const asked = () => recall(mine('history'), /** @type {Asked[]} */ ([]));

/** @param {Asked} entry */
export function remember(entry) {
  if (entry.text.length <= textLengthMax) keep(mine('history'), [entry, ...asked()].slice(0, historyLengthMax));
}

/** @returns {Saved[]} */
export const saved = () => recall(mine('saved'), /** @type {Saved[]} */ ([]));

/** @param {Saved} query */
export const save = (query) => keep(mine('saved'), [query, ...saved().filter(({ name }) => name !== query.name)]);

/** @param {string} name */
export const forget = (name) => keep(mine('saved'), saved().filter((query) => query.name !== name));
