// Lines, bars, areas and points over one axis, as SVG. The table with the same numbers stands beside every chart, so that it is a picture of them.

import { fill, h, patch, svg } from '../core/dom.js';
import { number, rounded, t } from '../core/language.js';
import { isInstantType, isNumericType } from '../core/schema.js';
import { evenly, linear, niceTicks, shortLabels } from './chart-scale.js';

/** @typedef {'line' | 'bar' | 'area' | 'scatter'} ChartKind */
/**
 * @typedef {object} ChartData
 * @property {ChartKind} kind
 * @property {string} title said to screen readers
 * @property {string[]} labels of the axis across, or the numbers of a scatter as text
 * @property {string} [across] what the labels are
 * @property {{name: string, values: any[]}[]} series numbers, or what has the digits of some; null where there is none
 * @property {(value: number) => string} [format]
 */

/** @typedef {Omit<ChartData, 'series'> & {series: {name: string, values: (number | null)[], exact: any[]}[]}} DrawnData values as far as they can be drawn */

const margin = { top: 12, right: 16, bottom: 28, left: 64 };
const labelWidth = 84;
/** Of the table beside a chart; an answer's grid has all. */
const tableRowCountMax = 500;
export const seriesCountMax = 6;

export class Chart extends HTMLElement {
  /** @type {DrawnData | null} */
  #data = null;
  #size = new ResizeObserver(() => this.#draw());
  #picture = h('div', {});
  #numbers = h('div', { class: 'table-frame', tabindex: '0', role: 'region' });
  #beside = h('details', { class: 'chart-numbers', ontoggle: () => this.#showNumbers() }, h('summary', {}, t('chart.numbers')), this.#numbers);

  connectedCallback() {
    this.replaceChildren(this.#picture, this.#beside);
    this.#size.observe(this);
  }

  disconnectedCallback() {
    this.#size.disconnect();
  }

  /** @param {ChartData} data */
  show(data) {
    this.#data = { ...data, series: data.series.slice(0, seriesCountMax).map(({ name, values }) => ({ name, values: values.map(drawable), exact: values })) };
    this.#draw();
  }

  #draw() {
    const data = this.#data;
    const width = Math.floor(this.clientWidth);
    const height = Number(this.getAttribute('height') ?? 260);
    if (!data || width < 80) return;
    const area = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom };
    const plot = new Plot(data, area);
    const picture = svg('svg', { width, height, role: 'img', 'aria-label': data.title }, plot.grid(), plot.marks(), plot.axis());
    fill(this.#picture, picture, data.series.length > 1 && legend(data.series));
    this.#showNumbers();
  }

  /** The same numbers as a table, for who cannot see them or wants them exact. */
  #showNumbers() {
    const data = this.#data;
    if (!data || !this.#beside.open) return;
    this.#numbers.setAttribute('aria-label', data.title);
    patch(this.#numbers, h('table', { class: 'list' }, h('caption', { class: 'visually-hidden' }, data.title),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, data.across ?? t('chart.across')), data.series.map(({ name }) => h('th', { scope: 'col', class: 'numeric' }, name)))),
      h('tbody', {}, data.labels.slice(0, tableRowCountMax).map((label, at) => h('tr', {}, h('th', { scope: 'row' }, label),
        data.series.map(({ exact }) => h('td', { class: 'numeric' }, exact[at] === null || exact[at] === undefined ? '–' : number(exact[at]))))))));
  }
}

/** @param {any} value */
function drawable(value) {
  if (value === null || value === undefined || value === '') return null;
  const plain = Number(value);
  return Number.isFinite(plain) ? plain : null;
}

/** @param {{name: string}[]} series */
function legend(series) {
  return h('ul', { class: 'legend' }, series.map(({ name }, index) => h('li', {}, h('span', { class: `swatch series-${index}`, 'aria-hidden': 'true' }), name)));
}

/** Beyond so much an axis has no room for digits. */
const plainMax = 1e12;

/** @param {number} value of an axis */
function axisNumber(value) {
  return Math.abs(value) < plainMax ? rounded(value, 3) : value.toExponential();
}

/** One drawing of some data in some room. */
class Plot {
  /**
   * @param {DrawnData} data
   * @param {{left: number, right: number, top: number, bottom: number}} area in pixels
   */
  constructor(data, area) {
    this.data = data;
    this.area = area;
    this.format = data.format ?? axisNumber;
    const values = data.series.flatMap((series) => series.values.filter((value) => value !== null)).map(Number);
    const startsAtZero = data.kind === 'bar' || data.kind === 'area';
    const least = values.reduce((low, value) => Math.min(low, value), startsAtZero ? 0 : values[0] ?? 0);
    const most = values.reduce((high, value) => Math.max(high, value), startsAtZero ? 0 : values[0] ?? 1);
    this.ticks = niceTicks(least, most === least ? least + 1 : most, 5);
    this.y = linear(this.ticks[0], this.ticks[this.ticks.length - 1], area.bottom, area.top);
    const places = data.labels.map(drawable);
    // Points stand at numbers, where there are numbers across.
    const isPlaced = data.kind === 'scatter' && places.length > 0 && places.every((place) => place !== null);
    this.across = isPlaced ? places.map(Number) : data.labels.map((_, index) => index + 0.5);
    const [left, right] = isPlaced ? [Math.min(...this.across), Math.max(...this.across)] : [0, data.labels.length];
    this.x = linear(left, right, area.left, area.right);
    this.step = (area.right - area.left) / Math.max(1, data.labels.length);
  }

  grid() {
    return this.ticks.map((tick) => svg('g', { class: tick === 0 ? 'rule zero' : 'rule' },
      svg('line', { x1: this.area.left, x2: this.area.right, y1: this.y(tick), y2: this.y(tick) }),
      svg('text', { x: this.area.left - 8, y: this.y(tick), 'text-anchor': 'end', 'dominant-baseline': 'middle' }, this.format(tick))));
  }

  axis() {
    const room = Math.floor((this.area.right - this.area.left) / labelWidth);
    const short = shortLabels(this.data.labels);
    return evenly(this.data.labels.length, room).map((index) =>
      svg('text', { class: 'label', x: this.x(this.across[index]), y: this.area.bottom + 18, 'text-anchor': 'middle' }, short[index]));
  }

  marks() {
    return this.data.series.map((series, index) => svg('g', { class: `series series-${index}` }, this.shape(series, index)));
  }

  /**
   * @param {DrawnData['series'][number]} series
   * @param {number} index of the series
   */
  shape(series, index) {
    switch (this.data.kind) {
      case 'line': return this.line(series);
      case 'area': return this.filled(series);
      case 'bar': return this.bars(series, index);
      case 'scatter': return this.dots(series);
    }
  }

  /** @param {DrawnData['series'][number]} series */
  line(series) {
    return [this.stroke(series), series.values.length <= 60 && this.dots(series)];
  }

  /** @param {DrawnData['series'][number]} series */
  stroke({ values }) {
    return svg('path', { class: 'stroke', d: this.runs(values).map((run) => this.path(run, values)).join('') });
  }

  /**
   * What has no value has nothing below it: each part between two gaps is closed by itself.
   *
   * @param {DrawnData['series'][number]} series
   */
  filled(series) {
    const { values } = series;
    const floor = this.y(0);
    const down = (/** @type {number} */ at) => `L${this.x(this.across[at]).toFixed(1)},${floor}`;
    const parts = this.runs(values).map((run) => `${this.path(run, values)}${down(run[run.length - 1])}${down(run[0])}Z`);
    return [svg('path', { class: 'fill', d: parts.join('') }), this.stroke(series)];
  }

  /**
   * @param {DrawnData['series'][number]} series
   * @param {number} index of the series
   */
  bars({ values, exact }, index) {
    // A single day is no wall.
    const width = Math.max(1, Math.min(this.step * 0.72, 120) / this.data.series.length);
    return values.map((value, at) => {
      if (value === null) return null;
      const [top, bottom] = [this.y(Math.max(0, value)), this.y(Math.min(0, value))];
      const x = this.x(at + 0.5) - (width * this.data.series.length) / 2 + index * width;
      return svg('rect', { class: 'fill', x, y: top, width: Math.max(1, width - 1), height: Math.max(1, bottom - top), rx: Math.min(3, width / 4) }, this.hint(at, exact[at]));
    });
  }

  /** @param {DrawnData['series'][number]} series */
  dots({ values, exact }) {
    return values.map((value, at) => value !== null && svg('circle', { class: 'dot', cx: this.x(this.across[at]), cy: this.y(value), r: 3 }, this.hint(at, exact[at])));
  }

  /**
   * @param {number} at
   * @param {any} exact the value with all its digits
   */
  hint(at, exact) {
    return svg('title', {}, `${this.data.labels[at]}: ${number(exact)}`);
  }

  /**
   * @param {(number | null)[]} values
   * @returns {number[][]} places of those that are there, in runs without a gap
   */
  runs(values) {
    /** @type {number[][]} */
    const runs = [];
    for (const [at, value] of values.entries()) {
      if (value === null) continue;
      if (at > 0 && values[at - 1] !== null) runs[runs.length - 1].push(at);
      else runs.push([at]);
    }
    return runs;
  }

  /**
   * @param {number[]} run places of values
   * @param {(number | null)[]} values
   */
  path(run, values) {
    return run.map((at, index) => `${index ? 'L' : 'M'}${this.x(this.across[at]).toFixed(1)},${this.y(Number(values[at])).toFixed(1)}`).join('');
  }
}

/**
 * What the types of an answer's columns suggest: time across gives lines, names across give bars, two numbers give points.
 *
 * @param {{name: string, type: string}[]} columns
 * @returns {{kind: ChartKind, across: number, series: number[]} | null} null where there is nothing to draw
 */
export function suggestChart(columns) {
  const numeric = columns.flatMap(({ type }, index) => (isNumericType(type) ? [index] : []));
  const time = columns.findIndex(({ type }) => isInstantType(type) || type === 'DATE');
  const name = columns.findIndex(({ type }) => !isNumericType(type));
  if (!numeric.length) return null;
  if (time >= 0) return { kind: 'line', across: time, series: numeric };
  if (name >= 0) return { kind: 'bar', across: name, series: numeric };
  if (numeric.length > 1) return { kind: 'scatter', across: numeric[0], series: numeric.slice(1, 2) };
  return null;
}

export const chartKinds = /** @type {ChartKind[]} */ (['line', 'bar', 'area', 'scatter']);

/** @param {ChartKind} kind */
export const chartKindName = (kind) => t(`chart.${kind}`);

customElements.define('till-chart', Chart);
