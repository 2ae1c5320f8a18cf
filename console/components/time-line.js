// What happened, in order.

import { h } from '../core/dom.js';
import { moodOf } from './status.js';
import { time } from './instant.js';

/** @typedef {{at: string, title: string, mood?: import('./status.js').Mood, details?: import('../core/dom.js').Child}} Moment */

/** @param {Moment[]} moments */
export function timeLine(moments) {
  return h('ol', { class: 'time-line' },
    moments.map(({ at, title, mood = moodOf(title), details }) =>
      h('li', { class: mood }, h('p', { class: 'row' }, h('span', { class: 'strong' }, title), h('span', { class: 'quiet' }, time(at))), details)));
}
