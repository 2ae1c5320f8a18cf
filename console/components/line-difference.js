// What changed between two texts, line by line.

import { h } from '../core/dom.js';
import { t } from '../core/language.js';

/** Beyond so many lines the table of a comparison would be too large. */
const lineCountMax = 2_000;
/** Unchanged lines shown around changes. */
const contextLineCount = 2;

/** @typedef {{kind: 'same' | 'gone' | 'new', text: string}} Line */

/**
 * The longest common subsequence, by the table of its lengths (Wagner and Fischer, 1974).
 *
 * @param {string[]} before
 * @param {string[]} after
 * @returns {Line[]}
 */
export function compareLines(before, after) {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = before[i] === after[j] ? lengths[(i + 1) * width + j + 1] + 1 : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ kind: 'same', text: before[i] });
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) {
      lines.push({ kind: 'gone', text: before[i] });
      i += 1;
    } else {
      lines.push({ kind: 'new', text: after[j] });
      j += 1;
    }
  }
  return lines;
}

const signs = { same: ' ', gone: '−', new: '+' };

/**
 * @param {string} before
 * @param {string} after
 */
export function lineDifference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length > lineCountMax || now.length > lineCountMax) return h('p', { class: 'quiet' }, t('difference.too-long'));
  const lines = compareLines(old, now);
  const isNear = lines.map((_, index) => lines.slice(Math.max(0, index - contextLineCount), index + contextLineCount + 1).some(({ kind }) => kind !== 'same'));
  const shown = lines.filter((_, index) => isNear[index]);
  if (!shown.length) return h('p', { class: 'quiet' }, t('difference.none'));
  return h('pre', { class: 'difference', tabindex: '0', 'aria-label': t('difference.title'), role: 'region' }, shown.map(({ kind, text }) => h('span', { class: kind }, `${signs[kind]} ${text}\n`)));
}
