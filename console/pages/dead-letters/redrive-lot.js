// A lot of dead letters sent again: looked at first, counted, confirmed by its number, and watched until it is through.

import { get, post } from '../../core/api.js';
import { announce } from '../../core/announce.js';
import { fill, h } from '../../core/dom.js';
import { number, t } from '../../core/language.js';
import { actor } from '../../core/session.js';
import { confirm, openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {import('../../types/api.js').DeadLetter} DeadLetter */
/**
 * @typedef {object} Lot
 * @property {{client?: string, registrar?: string, code?: string, before?: string}} [filter]
 * @property {ReadIDs} [readIDs] in place of a filter
 * @property {DeadLetter[]} letters some of it, to be looked at
 */
/** @typedef {(countMax: number) => Promise<{ids: string[], isCut: boolean}>} ReadIDs */

/** Sent again so many a second unless another number is typed. */
const usualRate = 10;
const shownCountMax = 5;
/** Of one call. */
const idCountMax = 10_000;
/** Between looks, in milliseconds. */
const interval = 1_000;

/** @typedef {{ids: string[]} | {filter: {[name: string]: string}}} Wanted */
/**
 * @typedef {object} Running a lot that is under way
 * @property {string} actor who began it
 * @property {Wanted} what
 * @property {number} count
 * @property {number} lastsUntil when all were sent, in milliseconds since 1970
 */

/**
 * Lots of this window, which go on whatever page is shown.
 *
 * @type {Set<Running>}
 */
const running = new Set();

/**
 * @typedef {object} View
 * @property {HTMLElement} place where progress is shown
 * @property {AbortSignal} signal of the page
 * @property {() => void} done when a lot is through
 */

/**
 * @param {Lot} lot
 * @param {View} view
 */
export async function redriveLot({ filter, readIDs, letters }, view) {
  try {
    const { ids, isCut } = (await readIDs?.(idCountMax)) ?? { ids: null, isCut: false };
    const what = ids ? { ids } : { filter: filter ?? {} };
    const { count } = await post('/v1/dead-letters/redrive', { body: { ...what, dry_run: true }, signal: view.signal });
    if (view.signal.aborted) return;
    if (count) ask(count, what, isCut, letters, view);
    else openDialog(t('dead-letters.redrive-lot'), () => [h('p', {}, t('dead-letters.none-matching'))]);
  } catch (error) {
    fill(view.place, problemView(error));
  }
}

/**
 * @param {number} count
 * @param {Wanted} what
 * @param {boolean} isCut whether there are more than one call takes
 * @param {DeadLetter[]} letters
 * @param {View} view
 */
function ask(count, what, isCut, letters, view) {
  const rate = h('input', { id: 'rate', type: 'number', min: 0.01, max: 1000, step: 'any', required: true, value: String(usualRate) });
  const lasts = h('p', { class: 'quiet' });
  const tellTime = () => fill(lasts, Number(rate.value) > 0 && t('dead-letters.lasts', { count: Math.ceil(count / Number(rate.value)) }));
  rate.addEventListener('input', tellTime);
  tellTime();
  confirm({
    title: t('dead-letters.redrive-lot'), text: t('dead-letters.lot-text', { count }), action: t('dead-letters.redrive'), count,
    extra: h('div', { class: 'stack' }, isCut && h('p', { class: 'banner bad' }, t('dead-letters.lot-cut', { count: idCountMax })), preview(letters, count), h('p', { class: 'field' }, h('label', { for: 'rate' }, t('dead-letters.rate')), rate), lasts),
    work: async () => {
      const perSecond = Number(rate.value);
      const begun = await post('/v1/dead-letters/redrive', { body: { ...what, per_second: perSecond } });
      running.add({ actor: actor(), what, count: begun.count, lastsUntil: Date.now() + (begun.count / perSecond) * 1_000 + interval });
      showLots(view);
    },
  });
}

/**
 * @param {DeadLetter[]} letters
 * @param {number} count
 */
function preview(letters, count) {
  const shown = letters.slice(0, shownCountMax);
  return h('div', {}, h('p', { class: 'strong' }, t('dead-letters.preview')),
    h('ul', { class: 'stack tight' }, shown.map(({ receipt, event, name, reason }) => h('li', {}, h('code', {}, receipt?.receipt_id ?? event), ' · ', name, ' · ', h('span', { class: 'quiet' }, reason.slice(0, 160))))),
    count > shown.length && h('p', { class: 'quiet' }, t('dead-letters.and-more', { count: count - shown.length })));
}

/**
 * Shows the lots that are under way, on whichever visit of the page.
 *
 * @param {View} view
 */
export function showLots(view) {
  const own = [...running].filter((lot) => lot.actor === actor());
  fill(view.place, own.length > 0 && h('div', { class: 'stack tight', id: 'lot-progress' }, own.map((lot) => watch(lot, view))));
}

/**
 * What is left is counted until nothing is, or until all were sent and some came back.
 *
 * @param {Running} lot
 * @param {View} view
 */
function watch(lot, { signal, done }) {
  const { count, lastsUntil, what } = lot;
  const bar = h('progress', { max: count, value: 0, 'aria-label': t('storage.progress') });
  const text = h('span', {});
  const line = h('div', { class: 'card row' }, bar, text);
  const look = async () => {
    // Another visit of the page shows it, or one that began another lot.
    if (signal.aborted || !running.has(lot) || (isShown && !line.isConnected)) return;
    try {
      const left = await countLeft(what);
      isShown ||= line.isConnected;
      bar.value = Math.max(0, count - left);
      fill(text, t('dead-letters.progress', { sent: number(Math.max(0, count - left)), all: number(count) }));
      if (left > 0 && Date.now() < lastsUntil) {
        setTimeout(look, interval);
        return;
      }
      running.delete(lot);
      announce(t('dead-letters.redriven', { count: count - left }));
      if (!signal.aborted) done();
    } catch (error) {
      fill(text, problemView(error, look));
    }
  };
  let isShown = false;
  look();
  return line;
}

/** @param {Wanted} what */
async function countLeft(what) {
  if ('filter' in what) return (await post('/v1/dead-letters/redrive', { body: { ...what, dry_run: true } })).count;
  const wanted = new Set(what.ids);
  let left = 0;
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {import('../../types/api.js').DeadLetterList} */
    const page = await get('/v1/dead-letters', { query: { limit: idCountMax, cursor } });
    left += page.dead_letters.filter(({ id }) => wanted.has(id)).length;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return left;
}
