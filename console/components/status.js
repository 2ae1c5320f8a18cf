// A state as a word with a mark of its own shape, so that colour is never all that tells.

import { h } from '../core/dom.js';
import { speaks, t } from '../core/language.js';

/** @typedef {'good' | 'bad' | 'busy' | 'idle'} Mood */

/** @type {{[state: string]: Mood}} */
const moods = {
  COMPLETE: 'good', ACCEPTED: 'good', DONE: 'good', PROCESSED: 'good', SUCCEEDED: 'good', DELIVERED: 'good',
  FAILED: 'bad', REFUSED: 'bad', DEAD: 'bad', REJECTED: 'bad', ERROR: 'bad', TIMED_OUT: 'bad',
  PROCESSING: 'busy', WAITING: 'busy', RUNNING: 'busy', SENT: 'busy', QUEUED: 'busy', PENDING: 'busy',
};

/** @param {string} state as the API says it */
export function moodOf(state) {
  return moods[state.toUpperCase()] ?? 'idle';
}

const marks = { good: '✓', bad: '✕', busy: '◔', idle: '–' };

/**
 * @param {string} state as the API says it
 * @param {Mood} [mood]
 */
export function status(state, mood = moodOf(state)) {
  const key = `state.${state.toLowerCase()}`;
  return h('span', { class: `status ${mood}` }, h('span', { class: 'mark', 'aria-hidden': 'true' }, marks[mood]), speaks(key) ? t(key) : state);
}
