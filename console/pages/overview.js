// At a glance: what needs somebody, what was promised and kept, what goes through. Each number leads to the list behind it.

import { get } from '../core/api.js';
import { announce } from '../core/announce.js';
import { fill, h, patch } from '../core/dom.js';
import { bytes, clockTime, duration, number, percent, relative, rounded, t } from '../core/language.js';
import { address } from '../core/location.js';
import { Problem } from '../core/problem.js';
import { isAuditor, isWatcher } from '../core/session.js';
import { oneLook, repeat } from '../core/watch.js';
import '../components/chart.js';
import { codeBlock } from '../components/empty-state.js';
import { icon } from '../components/icon.js';
import { listTable } from '../components/list-table.js';
import { problemView } from '../components/problem-view.js';
import { status } from '../components/status.js';

/** @typedef {import('../types/api.js').Overview} Overview */

/** Between looks, in milliseconds. */
const interval = 2_000;
/** Looks that the chart of rates goes back. */
const lookCount = 60;

/**
 * Where each need is seen to.
 *
 * @type {{[code: string]: string}}
 */
const places = {
  'dead-letters': address('dead-letters'), 'oldest-unregistered': address('tickets', [], { state: 'PROCESSING' }), registrar: address('tickets', [], { state: 'PROCESSING' }),
  'disk-full': address('storage'), 'promise-broken': address('queries'), degraded: address('storage'),
};

/** @type {import('./pages.js').PageModule['render']} */
export async function render(_, { signal }) {
  const body = h('div', { class: 'stack' });
  const page = h('div', { class: 'stack' }, h('h1', {}, t('overview.title')), body);
  if (isAuditor() || isWatcher()) {
    fill(body, isAuditor() ? reviews() : scraping());
    return page;
  }
  const chart = h('till-chart', { height: 200 });
  const [top, rest] = [h('div', { class: 'stack' }), h('div', { class: 'stack' })];
  const fault = h('div', {});
  fill(body, fault, top, h('section', { class: 'card' }, h('h2', {}, t('overview.rates')), chart), rest);
  /** @type {{at: string, rates: Overview['rates']}[]} */
  const looks = [];
  /**
   * What needed somebody at the last look.
   *
   * @type {string | undefined}
   */
  let needed;
  let told = '';
  const look = async () => {
    try {
      const overview = await get('/v1/overview', { signal: oneLook(signal) });
      looks.push(overview);
      if (looks.length > lookCount) looks.shift();
      // In place: what has the focus, and what is read aloud, stays.
      patch(top, needs(overview), now(overview));
      patch(rest, levels(overview));
      patch(fault);
      told = '';
      drawRates(chart, looks);
      // Seen on the tab of the browser, too.
      document.title = [overview.needs.length > 0 && `(${overview.needs.length})`, t('overview.title'), '· Till'].filter(Boolean).join(' ');
      const present = overview.needs.map(({ code, count, text }) => needText(code, count, text)).join(', ');
      if (needed !== undefined && needed !== present) announce(present || t('overview.nothing'));
      needed = present;
    } catch (error) {
      if (signal.aborted) return false;
      // Who does not sign in again is not asked to every other second.
      const hasEnded = error instanceof Problem && error.status === 401;
      // What was seen last stays to be seen.
      // And is told once, not with each look. Only what has ended begins anew: two would look twice as often.
      if (told !== String(error)) fill(fault, problemView(error, hasEnded ? watch : look));
      told = String(error);
      if (!looks.length) throw error;
      return !hasEnded;
    }
    return true;
  };
  const watch = async () => {
    if (await look()) repeat(interval, look, signal);
  };
  await watch();
  return page;
}

/** @param {Overview} overview */
function now(overview) {
  return h('section', { class: 'stack tight' }, h('h2', {}, t('overview.now')), h('div', { class: 'figures-grid' }, figures(overview)));
}

/** @param {Overview} overview */
function levels(overview) {
  return [
    overview.promises.length > 0 && h('section', { class: 'stack tight' }, h('h2', {}, t('overview.promises')), promiseTable(overview)),
    overview.registrars.length > 0 && h('section', { class: 'stack tight' }, h('h2', {}, t('overview.registrars')), registrarTable(overview)),
    overview.store && h('section', { class: 'stack tight' }, h('h2', {}, t('overview.store')), h('div', { class: 'figures-grid' }, storeFigures(overview.store))),
  ];
}

/** @param {Overview} overview */
function needs({ needs: all }) {
  if (!all.length) return h('p', { class: 'banner good' }, icon('check'), t('overview.nothing'));
  return h('div', { class: 'banner bad' }, icon('warning'), h('div', {}, h('p', {}, t('overview.needs', { count: all.length })),
    h('ul', {}, all.map(({ code, text, count }) => h('li', {}, h('a', { href: places[code] ?? address('tickets') }, needText(code, count, text)))))));
}

/**
 * @param {string} code
 * @param {number} count
 * @param {string} text as the server says it, for what this language has no words for
 */
function needText(code, count, text) {
  const key = `need.${code}`;
  const said = t(key, { count });
  return said === key ? text : said;
}

/** @param {Overview} overview */
function figures({ rates, post_ms: post, dead_letters: dead, refused, oldest_unregistered_at: oldest }) {
  const perSecond = t('overview.per-second');
  return [
    figure(t('overview.receipts'), rounded(rates.receipts_per_second), perSecond, address('receipts')),
    figure(t('overview.registrations'), rounded(rates.registrations_per_second), perSecond, address('tickets')),
    figure(t('overview.deliveries'), rounded(rates.deliveries_per_second), perSecond, address('tickets')),
    figure(t('overview.post'), milliseconds(post.p99), t('overview.percentiles', { p50: milliseconds(post.p50), p95: milliseconds(post.p95) }), address('receipts')),
    figure(t('overview.oldest'), oldest ? relative(oldest) : '–', t('overview.oldest-text'), address('tickets', [], { state: 'PROCESSING' })),
    figure(t('dead-letters.title'), number(dead), t('overview.dead-text'), address('dead-letters'), dead ? 'bad' : 'good'),
    refused !== null && figure(t('quarantine.title'), number(refused), t('overview.refused-text'), address('quarantine')),
  ];
}

/** @param {NonNullable<Overview['store']>} store */
function storeFigures(store) {
  return [
    figure(t('overview.hot'), number(store.hot_days), t('rows', { count: store.hot_rows }), address('storage')),
    figure(t('overview.debt'), number(store.compaction_due_files), t('overview.debt-text', { count: store.compaction_due_rows }), address('storage')),
    figure(t('overview.disk'), bytes(store.disk_free_bytes), t('overview.free'), address('storage')),
    figure(t('overview.memory'), bytes(store.memory_bytes), t('overview.of', { most: bytes(store.memory_max_bytes) }), address('queries')),
    figure(t('queries.title'), number(store.queries_running), t('overview.running'), address('queries')),
  ];
}

/** @param {number | null} value */
function milliseconds(value) {
  return value === null ? '–' : duration(value);
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} text
 * @param {string} target
 * @param {'good' | 'bad' | ''} [mood]
 */
function figure(name, value, text, target, mood = '') {
  return h('a', { class: `figure ${mood}`, href: target }, h('span', { class: 'quiet' }, name), h('span', { class: 'value' }, value), h('span', { class: 'quiet' }, text));
}

/**
 * Where what each promise is about is listed.
 *
 * @type {{[name: string]: string}}
 */
const promisePages = { post: address('receipts'), hot: address('tickets'), cold: address('queries') };

/** @param {Overview} overview */
function promiseTable({ promises }) {
  /** @param {'hour' | 'day' | 'month'} span */
  const share = (span) => (/** @type {Overview['promises'][number]} */ { name, [span]: { kept, of } }) => (of
    ? h('a', { href: promisePages[name] ?? address('queries') }, status(percent(kept / of), kept === of ? 'good' : kept / of > 0.99 ? 'busy' : 'bad'), ' ', `${number(kept)} / ${number(of)}`) : '–');
  return listTable(t('overview.promises'), [
    { title: t('overview.promise'), isWide: true, cell: ({ name, limit_ms: limit }) => t(`promise.${name}`, { limit: duration(limit) }) },
    { title: t('overview.hour'), cell: share('hour') },
    { title: t('overview.day'), cell: share('day') },
    { title: t('overview.month'), cell: share('month') },
  ], promises);
}

/** @param {Overview} overview */
function registrarTable({ registrars }) {
  return listTable(t('overview.registrars'), [
    { title: t('registrar'), isWide: true, cell: ({ name }) => h('a', { href: address('dead-letters', [], { registrar: name }) }, name) },
    { title: t('state'), cell: ({ state }) => status(t(`breaker.${state}`), state === 'closed' ? 'good' : state === 'open' ? 'bad' : 'busy') },
    { title: t('overview.waiting'), isNumeric: true, cell: ({ waiting }) => h('a', { href: address('tickets', [], { state: 'PROCESSING' }) }, number(waiting)) },
  ], registrars);
}

/**
 * @param {import('../components/chart.js').Chart} chart
 * @param {{at: string, rates: Overview['rates']}[]} looks
 */
function drawRates(chart, looks) {
  chart.show({
    kind: 'line', title: t('overview.rates'), across: t('at'), labels: looks.map(({ at }) => clockTime(at)),
    series: [
      { name: t('overview.receipts'), values: looks.map(({ rates }) => rates.receipts_per_second) },
      { name: t('overview.registrations'), values: looks.map(({ rates }) => rates.registrations_per_second) },
      { name: t('overview.deliveries'), values: looks.map(({ rates }) => rates.deliveries_per_second) },
    ],
  });
}

/** For who reviews and reads no rows: where there is something to review. */
function reviews() {
  return h('div', { class: 'figures-grid' }, ['quarantine', 'types', 'processes', 'contracts', 'rollups', 'audit'].map((name) => figure(t(`${name}.title`), '→', '', address(name))));
}

/** For who watches the server by its figures: how Prometheus is told of them. */
function scraping() {
  const scheme = location.protocol.replace(':', '');
  const code = `scrape_configs:\n  - job_name: till\n    scheme: ${scheme}\n    authorization: {credentials_file: /etc/prometheus/till.key}\n    static_configs: [{targets: ["${location.host}"]}]`;
  return h('section', { class: 'card' }, h('p', {}, t('overview.scraping')), codeBlock(code));
}
