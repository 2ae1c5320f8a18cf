// Pages by cursor: further rows are asked for when they are wanted, and added to the list.

import { announce } from '../core/announce.js';
import { fill, h } from '../core/dom.js';
import { t } from '../core/language.js';
import { isAbort } from '../core/problem.js';
import { problemView } from './problem-view.js';

/**
 * @template R
 * @param {(cursor: string | null) => Promise<{rows: R[], next: string | null}>} read
 * @param {(rows: R[], isWhole: boolean) => Node} show all rows read so far, and whether these are all that there are
 * @param {boolean} [isThrowing] the first page's fault is the caller's, and is not shown in place of the list
 */
export async function paged(read, show, isThrowing = false) {
  const list = h('div', {});
  const foot = h('div', { class: 'pager' });
  /** @type {R[]} */
  const rows = [];

  /** @param {string | null} cursor */
  async function more(cursor) {
    const page = await read(cursor);
    rows.push(...page.rows);
    fill(list, show(rows, page.next === null));
    const count = h('span', { class: 'quiet' }, t('rows-shown', { count: rows.length }));
    const button = h('button', { class: 'button', onclick: () => next(page.next) }, t('more'));
    fill(foot, rows.length > 0 && count, page.next !== null && button);
    if (cursor) announce(t('rows-shown', { count: rows.length }));
  }

  /** @param {string | null} cursor */
  async function next(cursor) {
    const hadFocus = foot.contains(document.activeElement);
    for (const button of foot.querySelectorAll('button')) button.disabled = true;
    try {
      await more(cursor);
      // The button that was pressed is no more: the next has its focus, or the list where that was all.
      const heir = foot.querySelector('button') ?? list.querySelector('[tabindex="0"]');
      if (hadFocus && document.activeElement === document.body && heir instanceof HTMLElement) heir.focus({ preventScroll: true });
    } catch (error) {
      fill(foot, problemView(error, () => next(cursor)));
    }
  }

  // What stands around a list, as the filters that it was asked with, stays.
  const first = async () => {
    try {
      await more(null);
    } catch (error) {
      if (isAbort(error) || isThrowing) throw error;
      fill(list, problemView(error, first));
    }
  };
  await first();
  return h('div', { class: 'paged' }, list, foot);
}

/**
 * Pages without what does not pass: further ones are read until one has something, so that an empty list means that there is nothing.
 *
 * @template R
 * @param {(cursor: string | null) => Promise<{rows: R[], next: string | null}>} read
 * @param {(row: R) => boolean} passes
 * @returns {(cursor: string | null) => Promise<{rows: R[], next: string | null}>}
 */
export function passing(read, passes) {
  return async (cursor) => {
    let page = await read(cursor);
    while (page.next !== null && !page.rows.some(passes)) page = await read(page.next);
    return { rows: page.rows.filter(passes), next: page.next };
  };
}
