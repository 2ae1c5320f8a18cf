// An answer: as a grid, a chart, one record, or the plan it was made by; with what it cost.

import { cellText, isNumeric } from '../../components/data-grid.js';
import { chartKindName, chartKinds, seriesCountMax, suggestChart } from '../../components/chart.js';
import { factList } from '../../components/facts.js';
import { planView } from '../../components/plan-view.js';
import { documentTree, longText } from '../../components/document-view.js';
import { problemView } from '../../components/problem-view.js';
import { tabList } from '../../components/tab-list.js';
import { fill, h } from '../../core/dom.js';
import { bytes, duration, number, t } from '../../core/language.js';
import { recall, keep } from '../../core/preferences.js';

/** Of a longer answer the chart shows the first points. */
const pointCountMax = 2_000;

/**
 * @param {import('./query-run.js').QueryRun} run
 * @param {import('./query-run.js').QueryPage} page the first
 * @param {number} milliseconds until it came
 */
export function resultView(run, page, milliseconds) {
  const { columns, rows, statistics } = page;
  let cursor = page.next_cursor;
  if (columns.length === 1 && columns[0].name === 'QUERY PLAN') return planView(rows.map(([line]) => String(line)));

  const count = h('span', {});
  const showCount = () => fill(count, t(cursor === null ? 'rows' : 'rows-so-far', { count: rows.length }));
  const readPage = async () => {
    if (cursor === null) return false;
    const next = await run.next(cursor);
    for (const row of next.rows) rows.push(row);
    cursor = next.next_cursor;
    showCount();
    return cursor !== null;
  };
  /**
   * The page that is on its way: each grid that is made waits for it.
   *
   * @type {Promise<boolean> | null}
   */
  let reading = null;
  const more = () => (reading ??= readPage().finally(() => { reading = null; }));

  let record = 0;
  const tabs = tabList(t('sql.result'), [
    { name: 'grid', title: t('sql.grid'), show: () => grid(columns, rows, cursor === null ? null : more, openRecord) },
    { name: 'chart', title: t('sql.chart'), show: () => chartPanel(columns, rows) },
    { name: 'record', title: t('sql.record'), show: () => recordPanel(columns, rows, record) },
  ], recall('sql.view', 'grid'), (name) => keep('sql.view', name));

  /** @param {number} index */
  function openRecord(index) {
    record = index;
    /** @type {HTMLElement | null} */ (tabs.querySelector('[role=tab]:nth-child(3)'))?.click();
  }

  showCount();
  const cost = [duration(milliseconds), t('sql.scanned', { count: statistics.rows_scanned }), bytes(statistics.bytes_read), t('sql.pruned', { count: statistics.files_pruned })];
  return h('div', { class: 'stack tight' }, h('p', { class: 'quiet', role: 'status' }, count, ' · ', cost.join(' · ')), tabs);
}

/**
 * @param {{name: string, type: string}[]} columns
 * @param {any[][]} rows
 * @param {(() => Promise<boolean>) | null} more
 * @param {(index: number) => void} open
 */
function grid(columns, rows, more, open) {
  if (!rows.length && !more) return h('p', { class: 'quiet' }, t('sql.no-rows'), ' ', columns.map(({ name, type }) => `${name} ${type}`).join(', '));
  const element = h('till-grid', { 'aria-label': t('sql.result') });
  const fault = h('div', {});
  /**
   * @param {unknown} error
   * @param {() => void} again
   */
  const tell = (error, again) => fill(fault, problemView(error, () => {
    fill(fault);
    again();
  }));
  element.show({ columns, rows, more, open, fault: tell });
  return h('div', { class: 'stack tight' }, element, fault);
}

/**
 * @param {{name: string, type: string}[]} columns
 * @param {any[][]} rows
 */
function chartPanel(columns, rows) {
  const suggestion = suggestChart(columns);
  if (!suggestion || !rows.length) return h('p', { class: 'quiet' }, t('sql.no-chart'));
  const shown = rows.slice(0, pointCountMax);
  const chart = h('till-chart', { height: 340 });
  const kind = select('chart-kind', t('sql.chart-kind'), chartKinds.map((name) => [name, chartKindName(name)]), suggestion.kind);
  const across = select('chart-across', t('sql.chart-across'), columns.map(({ name }, index) => [String(index), name]), String(suggestion.across));
  const up = select('chart-up', t('sql.chart-up'), [['', t('sql.chart-all')], ...columns.flatMap(({ name, type }, index) => (isNumeric(type) ? [/** @type {[string, string]} */ ([String(index), name])] : []))], '');

  function draw() {
    const x = Number(across.input.value);
    const series = up.input.value ? [Number(up.input.value)] : suggestion?.series.filter((index) => index !== x).slice(0, seriesCountMax) ?? [];
    const names = series.map((index) => columns[index].name).join(', ');
    chart.show({
      kind: /** @type {import('../../components/chart.js').ChartKind} */ (kind.input.value),
      title: t('sql.chart-title', { series: names, across: columns[x].name, count: shown.length }),
      across: columns[x].name,
      labels: shown.map((row) => (row[x] === null ? 'NULL' : String(row[x]).replace(/T00:00:00\.000000Z$/, ''))),
      series: series.map((index) => ({ name: columns[index].name, values: shown.map((row) => row[index]) })),
    });
  }
  for (const { input } of [kind, across, up]) input.addEventListener('change', draw);
  queueMicrotask(draw);
  return h('div', { class: 'stack' }, h('div', { class: 'row' }, kind.field, across.field, up.field), chart, rows.length > shown.length && h('p', { class: 'quiet' }, t('sql.chart-cut', { count: shown.length })));
}

/**
 * @param {string} id
 * @param {string} label
 * @param {[string, string][]} options
 * @param {string} chosen
 */
function select(id, label, options, chosen) {
  const input = h('select', { id }, options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));
  return { input, field: h('p', { class: 'row' }, h('label', { for: id }, label), input) };
}

/**
 * @param {{name: string, type: string}[]} columns
 * @param {any[][]} rows
 * @param {number} from the row to begin at
 */
function recordPanel(columns, rows, from) {
  if (!rows.length) return h('p', { class: 'quiet' }, t('sql.no-rows'));
  const body = h('div', {});
  let index = Math.min(from, rows.length - 1);
  const place = h('span', { class: 'quiet' });
  const step = (/** @type {number} */ by) => () => {
    index = Math.min(Math.max(index + by, 0), rows.length - 1);
    show();
  };
  function show() {
    fill(place, t('sql.record-place', { index: number(index + 1), count: rows.length }));
    fill(body, factList(columns.map(({ name, type }, column) => [name, recordValue(rows[index][column], type)])));
  }
  show();
  return h('div', { class: 'stack' }, h('p', { class: 'row' }, h('button', { class: 'button small', onclick: step(-1) }, t('previous')), h('button', { class: 'button small', onclick: step(1) }, t('next')), place), body);
}

/**
 * @param {any} value
 * @param {string} type
 */
function recordValue(value, type) {
  return value !== null && typeof value === 'object' && type.startsWith('STRUCT') ? documentTree(value) : longText(cellText(value, type));
}
