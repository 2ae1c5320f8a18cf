// A lot of dead letters sent again: looked at first, counted, confirmed by its number, and watched until it is through.

import { get, post } from '../../core/api.js';
import { announce } from '../../core/announce.js';
import { fill, h } from '../../core/dom.js';
import { number, t } from '../../core/language.js';
import { confirm, openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/** @typedef {import('../../types/api.js').DeadLetter} DeadLetter */
/**
 * @typedef {object} Lot
 * @property {{client?: string, registrar?: string, code?: string, before?: string}} [filter]
 * @property {string[]} [ids] in place of a filter
 * @property {DeadLetter[]} letters some of it, to be looked at
 */

/** Sent again so many a second unless another number is typed. */
const usualRate = 10;
const shownCountMax = 5;
/** Of one call. */
const idCountMax = 10_000;
/** Between looks, in milliseconds. */
const interval = 1_000;

/**
 * @param {Lot} lot
 * @param {HTMLElement} place where its progress is shown
 * @param {() => void} done
 */
export async function redriveLot({ filter, ids, letters }, place, done) {
  const what = ids ? { ids: ids.slice(0, idCountMax) } : { filter: filter ?? {} };
  try {
    const { count } = await post('/v1/dead-letters/redrive', { body: { ...what, dry_run: true } });
    if (count) ask(count, what, letters, place, done);
    else openDialog(t('dead-letters.redrive-lot'), () => [h('p', {}, t('dead-letters.none-matching'))]);
  } catch (error) {
    fill(place, problemView(error));
  }
}

/**
 * @param {number} count
 * @param {{ids: string[]} | {filter: {[name: string]: string}}} what
 * @param {DeadLetter[]} letters
 * @param {HTMLElement} place
 * @param {() => void} done
 */
function ask(count, what, letters, place, done) {
  const rate = h('input', { id: 'rate', type: 'number', min: 0.01, max: 1000, step: 'any', required: true, value: String(usualRate) });
  const lasts = h('p', { class: 'quiet' });
  const tellTime = () => fill(lasts, Number(rate.value) > 0 && t('dead-letters.lasts', { count: Math.ceil(count / Number(rate.value)) }));
  rate.addEventListener('input', tellTime);
  tellTime();
  confirm({
    title: t('dead-letters.redrive-lot'), text: t('dead-letters.lot-text', { count }), action: t('dead-letters.redrive'), count,
    extra: h('div', { class: 'stack' }, preview(letters, count), h('p', { class: 'field' }, h('label', { for: 'rate' }, t('dead-letters.rate')), rate), lasts),
    work: async () => {
      const perSecond = Number(rate.value);
      const begun = await post('/v1/dead-letters/redrive', { body: { ...what, per_second: perSecond } });
      watch(begun.count, perSecond, what, place, done);
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
    h('ul', { class: 'stack tight' }, shown.map(({ receipt, name, reason }) => h('li', {}, h('code', {}, receipt.receipt_id), ' · ', name, ' · ', h('span', { class: 'quiet' }, reason.slice(0, 160))))),
    count > shown.length && h('p', { class: 'quiet' }, t('dead-letters.and-more', { count: count - shown.length })));
}

/**
 * What is left is counted until nothing is, or until all were sent and some came back.
 *
 * @param {number} count
 * @param {number} perSecond
 * @param {{ids: string[]} | {filter: {[name: string]: string}}} what
 * @param {HTMLElement} place
 * @param {() => void} done
 */
function watch(count, perSecond, what, place, done) {
  const bar = h('progress', { max: count, value: 0, 'aria-label': t('storage.progress') });
  const text = h('span', {});
  fill(place, h('div', { class: 'card row', id: 'lot-progress' }, bar, text));
  const lastsUntil = Date.now() + (count / perSecond) * 1_000 + interval;
  const look = async () => {
    if (!place.isConnected) return;
    try {
      const left = await countLeft(what);
      bar.value = Math.max(0, count - left);
      fill(text, t('dead-letters.progress', { sent: number(Math.max(0, count - left)), all: number(count) }));
      if (left > 0 && Date.now() < lastsUntil) {
        setTimeout(look, interval);
        return;
      }
      announce(t('dead-letters.redriven', { count: count - left }));
      done();
    } catch (error) {
      fill(text, problemView(error, look));
    }
  };
  look();
}

/** @param {{ids: string[]} | {filter: {[name: string]: string}}} what */
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
