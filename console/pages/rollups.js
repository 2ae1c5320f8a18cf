// Rollups: sums that are kept. What each sums, how far it is and why not further; declared, changed and deleted by the administrator, who is advised too.

import { get, remove } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, number, t } from '../core/language.js';
import { address, go, refine } from '../core/location.js';
import { isAdmin, isAuditor, seesAll } from '../core/session.js';
import { oneLook, repeat } from '../core/watch.js';
import { confirm } from '../components/dialogs.js';
import { codeBlock, emptyState } from '../components/empty-state.js';
import { factList } from '../components/facts.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { problemView } from '../components/problem-view.js';
import { status } from '../components/status.js';
import { adviceSection } from './rollups/advice.js';
import { declare } from './rollups/declare.js';

/** @typedef {import('../types/api.js').Rollup} Rollup */
/** @typedef {NonNullable<Rollup['progress']>} Progress */

/** Between looks at one that fills, in milliseconds. */
const interval = 2_000;

/** Files of others are nothing to who sees their own rows. */
const seesFiles = () => seesAll() || isAuditor();

/** @type {import('./pages.js').PageModule['render']} */
export async function render({ segments }, { signal }) {
  if (segments.length) return renderRollup(segments[0], signal);
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/rollups', { query: { cursor }, signal });
      return { rows: page.rollups, next: page.next_cursor };
    },
    (rollups) => (rollups.length ? rollupTable(rollups) : emptyState(t('rollups.none'), { command: isAdmin() && `till rollup put --url ${location.origin} FILE` })));
  const add = isAdmin() && h('button', { class: 'button primary', id: 'declare-rollup', onclick: () => declare(null) }, t('rollups.new'));
  return h('div', { class: 'stack' }, h('div', { class: 'row between' }, h('h1', {}, t('rollups.title')), add), h('p', { class: 'quiet' }, t('rollups.text')), list, isAdmin() && adviceSection());
}

/** @param {Rollup[]} rollups */
function rollupTable(rollups) {
  return listTable(t('rollups.title'), [
    { title: t('name'), cell: ({ name }) => h('a', { href: address('rollups', [name]) }, name) },
    { title: t('table'), cell: ({ table }) => table },
    { title: t('rollups.keys'), isWide: true, cell: ({ group_by: keys }) => Object.keys(keys).join(', ') || t('rollups.no-keys') },
    { title: t('rollups.measures'), isWide: true, cell: ({ measures }) => Object.keys(measures).join(', ') },
    ...(seesFiles() ? [
      { title: t('state'), cell: (/** @type {Rollup} */ { progress }) => progress && standing(progress) },
      { title: t('rollups.covered'), isNumeric: true, cell: (/** @type {Rollup} */ { progress }) => progress && t('rollups.share', { covered: number(progress.files_covered), files: number(progress.files) }) },
      { title: t('queries.rows'), isNumeric: true, cell: (/** @type {Rollup} */ { progress }) => progress && number(progress.rows) },
      { title: t('storage.size'), isNumeric: true, cell: (/** @type {Rollup} */ { progress }) => progress && bytes(Number(progress.bytes)) },
    ] : []),
  ], rollups);
}

/** @param {Progress} progress */
function standing({ state, files_left_out: leftOut }) {
  return [status(t(`rollups.${state}`), state === 'ready' ? 'good' : 'busy'), leftOut > 0 && [' ', status(t('rollups.left-out', { count: leftOut }), 'bad')]];
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
async function renderRollup(name, signal) {
  const rollup = await get('/v1/rollups/{name}', { path: { name }, signal });
  const progress = h('div', { class: 'stack' });
  if (seesFiles()) watch(name, rollup, progress, signal);
  const query = `SELECT * FROM rollup_${name} LIMIT 100`;
  return h('div', { class: 'stack' },
    h('p', {}, h('a', { href: address('rollups') }, t('rollups.title'))),
    h('div', { class: 'row between' }, h('h1', {}, name), isAdmin() && h('span', { class: 'row' },
      h('button', { class: 'button', onclick: () => declare(rollup) }, t('edit')),
      h('button', { class: 'button', onclick: () => discard(name) }, t('delete')))),
    h('section', { class: 'card' }, factList([
      [t('table'), rollup.table],
      [t('rollups.where'), rollup.where ? h('code', {}, rollup.where) : t('rollups.all-rows')],
      [t('rollups.unnest'), rollup.unnest && h('code', {}, rollup.unnest)],
    ])),
    progress,
    h('div', { class: 'columns' }, expressions(t('rollups.keys'), rollup.group_by), expressions(t('rollups.measures'), rollup.measures)),
    !isAuditor() && h('section', { class: 'card' }, h('h2', {}, t('rollups.ask')), h('p', { class: 'quiet' }, t('rollups.ask-text')), codeBlock(query),
      h('p', {}, h('a', { class: 'button', href: `${address('sql')}#${new URLSearchParams({ q: query })}` }, t('rollups.open-sql')))));
}

/**
 * @param {string} title
 * @param {{[name: string]: string}} columns
 */
function expressions(title, columns) {
  const entries = Object.entries(columns);
  return h('section', { class: 'stack tight' }, h('h2', {}, title), entries.length ? listTable(title, [
    { title: t('name'), cell: ([name]) => h('code', {}, name) },
    { title: t('rollups.expression'), isWide: true, cell: ([, expression]) => h('code', {}, expression) },
  ], entries) : h('p', { class: 'quiet' }, t('rollups.no-keys')));
}

/**
 * Shows how far it is, and looks again as long as it fills.
 *
 * @param {string} name
 * @param {Rollup} rollup
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 */
function watch(name, rollup, place, signal) {
  let shown = '';
  /** @param {Rollup} now */
  const show = ({ progress }) => {
    // What has not changed is not taken from under who reads it.
    if (!progress || JSON.stringify(progress) === shown) return;
    shown = JSON.stringify(progress);
    fill(place, progressView(progress));
  };
  show(rollup);
  if (rollup.progress?.state !== 'filling') return;
  repeat(interval, async () => {
    try {
      const now = await get('/v1/rollups/{name}', { path: { name }, signal: oneLook(signal) });
      show(now);
      return now.progress?.state === 'filling';
    } catch (error) {
      if (!signal.aborted) fill(place, problemView(error, () => refine({})));
      return false;
    }
  }, signal);
}

/** @param {Progress} progress */
function progressView(progress) {
  const { files, files_covered: covered, files_left_out: leftOut, uncovered } = progress;
  const hidden = files - covered - uncovered.length;
  return [
    h('section', { class: 'card' }, h('div', { class: 'row between' }, h('h2', {}, t('rollups.progress')), h('span', { class: 'row' }, standing(progress))),
      progress.state === 'filling' && h('progress', { max: Math.max(1, files), value: covered + leftOut, 'aria-label': t('rollups.progress') }),
      factList([
        [t('rollups.files'), number(files)], [t('rollups.covered'), number(covered)], [t('rollups.waiting'), number(Math.max(0, files - covered - leftOut))],
        [t('rollups.files-left-out'), number(leftOut)], [t('queries.rows'), number(progress.rows)], [t('storage.size'), bytes(Number(progress.bytes))],
      ])),
    uncovered.length > 0 && h('details', { class: 'card', open: leftOut > 0 }, h('summary', { class: 'strong' }, t('rollups.uncovered', { count: files - covered })),
      listTable(t('rollups.uncovered', { count: files - covered }), [
        { title: t('storage.path'), isWide: true, cell: ({ file }) => h('code', {}, file) },
        { title: t('cause'), isWide: true, cell: ({ reason }) => reason },
      ], uncovered), hidden > 0 && h('p', { class: 'quiet' }, t('rollups.more', { count: hidden }))),
  ];
}

/** @param {string} name */
function discard(name) {
  confirm({ title: t('delete'), text: t('rollups.delete-text', { name }), action: t('delete'), isDangerous: true, work: () => remove('/v1/rollups/{name}', { path: { name } }), done: () => go(address('rollups')) });
}
