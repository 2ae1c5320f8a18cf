// Lines, bars, areas and points over one axis, as SVG. The table with the same numbers stands beside every chart, so that it is a picture of them.

import { fill, h, patch, svg } from '../core/dom.js';
import { number, rounded, t } from '../core/language.js';
import { isInstantType, isNumericType } from '../core/schema.js';
import { evenly, linear, niceTicks } from './chart-scale.js';

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

/** One drawing of some data in some room. */
class Plot {
  /**
   * @param {DrawnData} data
   * @param {{left: number, right: number, top: number, bottom: number}} area in pixels
   */
  constructor(data, area) {
    this.data = data;
    this.area = area;
    this.format = data.format ?? ((/** @type {number} */ value) => rounded(value, 3));
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
    return evenly(this.data.labels.length, room).map((index) =>
      svg('text', { class: 'label', x: this.x(this.across[index]), y: this.area.bottom + 18, 'text-anchor': 'middle' }, shortened(this.data.labels[index])));
  }

  marks() {
    return this.data.series.map((series, index) => svg('g', { class: `series series-${index}` }, this.shape(series.values, index)));
  }

  /**
   * @param {(number | null)[]} values
   * @param {number} index of the series
   */
  shape(values, index) {
    switch (this.data.kind) {
      case 'line': return this.line(values);
      case 'area': return this.filled(values);
      case 'bar': return this.bars(values, index);
      case 'scatter': return this.dots(values);
    }
  }

  /** @param {(number | null)[]} values */
  line(values) {
    return [svg('path', { class: 'stroke', d: this.path(values) }), values.length <= 60 && this.dots(values)];
  }

  /** @param {(number | null)[]} values */
  filled(values) {
    const first = this.x(this.across[0] ?? 0);
    const last = this.x(this.across[values.length - 1] ?? 0);
    return [svg('path', { class: 'fill', d: `${this.path(values)}L${last},${this.y(0)}L${first},${this.y(0)}Z` }), svg('path', { class: 'stroke', d: this.path(values) })];
  }

  /**
   * @param {(number | null)[]} values
   * @param {number} index of the series
   */
  bars(values, index) {
    // A single day is no wall.
    const width = Math.max(1, Math.min(this.step * 0.72, 120) / this.data.series.length);
    return values.map((value, at) => {
      if (value === null) return null;
      const [top, bottom] = [this.y(Math.max(0, value)), this.y(Math.min(0, value))];
      const x = this.x(at + 0.5) - (width * this.data.series.length) / 2 + index * width;
      return svg('rect', { class: 'fill', x, y: top, width: Math.max(1, width - 1), height: Math.max(1, bottom - top), rx: Math.min(3, width / 4) }, this.hint(at, value));
    });
  }

  /** @param {(number | null)[]} values */
  dots(values) {
    return values.map((value, at) => value !== null && svg('circle', { class: 'dot', cx: this.x(this.across[at]), cy: this.y(value), r: 3 }, this.hint(at, value)));
  }

  /**
   * @param {number} at
   * @param {number} value
   */
  hint(at, value) {
    return svg('title', {}, `${this.data.labels[at]}: ${number(value)}`);
  }

  /** @param {(number | null)[]} values gaps where there is none */
  path(values) {
    let isDown = false;
    return values.map((value, at) => {
      if (value === null) {
        isDown = false;
        return '';
      }
      const command = isDown ? 'L' : 'M';
      isDown = true;
      return `${command}${this.x(this.across[at]).toFixed(1)},${this.y(value).toFixed(1)}`;
    }).join('');
  }
}

/** @param {string} text */
function shortened(text) {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
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
  const name = columns.findIndex(({ type }) => /^(VARCHAR|BOOLEAN)/.test(type));
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
