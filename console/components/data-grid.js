// Rows of an answer, as many as there are: only those in sight are elements. One cell is active; arrows move it, Enter opens its row.

import { ExactNumber, stringify } from '../core/exact-json.js';
import { announce } from '../core/announce.js';
import { copyText } from '../core/clipboard.js';
import { fill, h, uniqueID } from '../core/dom.js';
import { keyOf } from '../core/keyboard.js';
import { number, t } from '../core/language.js';
import { isNumericType } from '../core/schema.js';

/** @typedef {{name: string, type: string}} Column */
/** @typedef {any[]} Row */
/**
 * @typedef {object} Source
 * @property {Column[]} columns
 * @property {Row[]} rows grows as further pages come
 * @property {(() => Promise<boolean>) | null} [more] reads the next page into `rows`; answers whether there is another
 * @property {(index: number) => void} [open]
 * @property {(error: unknown, again: () => void) => void} [fault] told when a further page could not be read
 */

const rowHeight = 30;
const rowsBeyondSight = 12;
/** Of more columns only those in sight are elements. */
const columnCountMax = 30;
/** On paper all rows are in sight; of more so many are there. */
const printedRowCountMax = 1_000;
/** A cell shows so many characters; its row shows all. */
const cellLengthMax = 300;
/** Widths, in characters. */
const widths = { least: 6, most: 44, sample: 200, padding: 4 };

/** @param {string} type as SQL names it */
export const isNumeric = isNumericType;

/**
 * @param {any} value
 * @param {string} type
 * @returns {string}
 */
export function cellText(value, type) {
  if (value === null || value === undefined) return 'NULL';
  if (isNumeric(type)) return number(value);
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return stringify(value);
  return String(value);
}

export class DataGrid extends HTMLElement {
  /** @type {Source} */
  #source = { columns: [], rows: [] };
  #active = { row: 0, column: 0 };
  #isReading = false;
  #head = h('div', { class: 'grid-head', role: 'row' });
  #body = h('div', { class: 'grid-body', role: 'presentation' });
  #id = uniqueID('grid');
  #frame = 0;
  /**
   * Where each column ends, in pixels; measured when it is wanted.
   *
   * @type {number[] | null}
   */
  #edges = null;

  connectedCallback() {
    this.tabIndex = 0;
    this.setAttribute('role', 'grid');
    if (!this.hasAttribute('aria-label')) this.setAttribute('aria-label', t('grid.label'));
    this.replaceChildren(this.#head, this.#body);
    this.addEventListener('scroll', this.#plan);
    this.addEventListener('keydown', this.#walk);
    this.addEventListener('click', this.#choose);
    this.addEventListener('dblclick', () => this.#source.open?.(this.#active.row));
    this.#sight.observe(this);
    addEventListener('beforeprint', this.#print);
    addEventListener('afterprint', this.#plan);
  }

  disconnectedCallback() {
    this.#sight.disconnect();
    cancelAnimationFrame(this.#frame);
    removeEventListener('beforeprint', this.#print);
    removeEventListener('afterprint', this.#plan);
  }

  #print = () => {
    const { rows, columns } = this.#source;
    const count = Math.min(rows.length, printedRowCountMax);
    this.#body.style.height = `${count * rowHeight}px`;
    fill(this.#body, rows.slice(0, count).map((row, index) => this.#row(row, index, columns, { from: 0, to: columns.length })));
  };

  #sight = new ResizeObserver(() => {
    this.#edges = null;
    this.#plan();
  });

  /** @param {Source} source */
  show(source) {
    this.#source = source;
    this.#active = { row: 0, column: 0 };
    this.#edges = null;
    const { columns } = source;
    this.style.setProperty('--columns', columns.map((column, index) => `${this.#width(column, index)}ch`).join(' '));
    this.setAttribute('aria-colcount', String(columns.length));
    fill(this.#head, columns.map(({ name, type }, index) =>
      h('div', { role: 'columnheader', 'aria-colindex': index + 1, class: isNumeric(type) ? 'numeric' : null }, h('span', {}, name), h('small', {}, type))));
    this.scrollTop = 0;
    this.#plan();
  }

  /**
   * @param {Column} column
   * @param {number} index
   */
  #width({ name, type }, index) {
    const lengths = this.#source.rows.slice(0, widths.sample).map((row) => cellText(row[index], type).length);
    const headLength = Math.max(name.length, Math.min(type.length, 14));
    return Math.min(widths.most, Math.max(widths.least, headLength, ...lengths)) + widths.padding;
  }

  #plan = () => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  };

  #draw() {
    const { rows, columns } = this.#source;
    this.setAttribute('aria-rowcount', String(this.#source.more ? -1 : rows.length + 1));
    const first = Math.max(0, Math.floor(this.scrollTop / rowHeight) - rowsBeyondSight);
    const last = Math.min(rows.length, Math.ceil((this.scrollTop + this.clientHeight) / rowHeight) + rowsBeyondSight);
    this.#body.style.height = `${rows.length * rowHeight}px`;
    const span = this.#columnsInSight();
    const drawn = [];
    for (let index = first; index < last; index += 1) drawn.push(this.#row(rows[index], index, columns, span));
    fill(this.#body, drawn);
    const isActiveDrawn = this.#active.row >= first && this.#active.row < last && this.#active.column >= span.from && this.#active.column < span.to;
    if (isActiveDrawn) this.setAttribute('aria-activedescendant', this.#cellID(this.#active.row, this.#active.column));
    else this.removeAttribute('aria-activedescendant');
    if (last >= rows.length - 2 * rowsBeyondSight) this.#readMore();
  }

  /** @returns {{from: number, to: number}} where the head, which has all columns, says that they are */
  #columnsInSight() {
    const { length } = this.#source.columns;
    if (length <= columnCountMax) return { from: 0, to: length };
    this.#edges ??= [...this.#head.children].map((cell) => (cell instanceof HTMLElement ? cell.offsetLeft + cell.offsetWidth : 0));
    const [left, right] = [this.scrollLeft, this.scrollLeft + this.clientWidth];
    const from = this.#edges.findIndex((edge) => edge > left);
    const last = this.#edges.findIndex((edge) => edge >= right);
    return { from: Math.max(0, from - 1), to: last < 0 ? length : Math.min(length, last + 2) };
  }

  /**
   * @param {Row} row
   * @param {number} index
   * @param {Column[]} columns
   * @param {{from: number, to: number}} span of columns
   */
  #row(row, index, columns, { from, to }) {
    const element = h('div', { class: index % 2 ? 'grid-row odd' : 'grid-row', role: 'row', 'aria-rowindex': index + 2 });
    element.style.transform = `translateY(${index * rowHeight}px)`;
    const cells = columns.slice(from, to).map(({ type }, at) => this.#cell(row[from + at], type, index, from + at));
    if (from > 0) cells[0]?.style.setProperty('grid-column-start', String(from + 1));
    element.append(...cells);
    return element;
  }

  /**
   * @param {any} value
   * @param {string} type
   * @param {number} row
   * @param {number} column
   */
  #cell(value, type, row, column) {
    const isActive = row === this.#active.row && column === this.#active.column;
    const classes = [isNumeric(type) && 'numeric', value === null && 'null', isActive && 'active'].filter(Boolean).join(' ');
    const text = cellText(value, type);
    return h('div', { id: this.#cellID(row, column), role: 'gridcell', 'aria-colindex': column + 1, class: classes || null, 'aria-selected': isActive ? 'true' : null },
      text.length > cellLengthMax ? `${text.slice(0, cellLengthMax)}…` : text);
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  #cellID(row, column) {
    return `${this.#id}-${row}-${column}`;
  }

  async #readMore() {
    if (this.#isReading || !this.#source.more) return;
    this.#isReading = true;
    const source = this.#source;
    const { more } = source;
    try {
      if (!(await more?.())) source.more = null;
    } catch (error) {
      // Not asked for again and again while it is in sight.
      source.more = null;
      source.fault?.(error, () => {
        source.more = more;
        this.#plan();
      });
    }
    this.#isReading = false;
    if (source === this.#source) this.#plan();
  }

  /** @param {KeyboardEvent} event */
  #walk = (event) => {
    const { rows, columns } = this.#source;
    if (!rows.length || !columns.length) return;
    const page = Math.max(1, Math.floor(this.clientHeight / rowHeight) - 2);
    const { row, column } = this.#active;
    /** @type {{[key: string]: [number, number]}} */
    const moves = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1],
      PageDown: [row + page, column], PageUp: [row - page, column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows.length - 1 : row, columns.length - 1],
    };
    if (event.key === 'Enter') this.#source.open?.(row);
    else if (keyOf(event) === 'c' && (event.ctrlKey || event.metaKey) && getSelection()?.isCollapsed) this.#copy();
    else if (moves[event.key]) this.#activate(...moves[event.key]);
    else return;
    event.preventDefault();
  };

  async #copy() {
    const value = this.#source.rows[this.#active.row]?.[this.#active.column];
    const isCopied = await copyText(value === null ? '' : typeof value === 'object' ? stringify(value) : String(value));
    announce(t(isCopied ? 'copied' : 'copy-failed'));
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  #activate(row, column) {
    const { rows, columns } = this.#source;
    this.#active = { row: Math.min(Math.max(row, 0), rows.length - 1), column: Math.min(Math.max(column, 0), columns.length - 1) };
    const top = this.#active.row * rowHeight;
    const headHeight = this.#head.offsetHeight;
    if (top < this.scrollTop) this.scrollTop = top;
    else if (top + rowHeight + headHeight > this.scrollTop + this.clientHeight) this.scrollTop = top + rowHeight + headHeight - this.clientHeight;
    // Its head is there, though the cell may not be yet.
    this.#head.children[this.#active.column]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.#draw();
  }

  /** @param {MouseEvent} event */
  #choose = (event) => {
    const cell = event.target instanceof Element ? event.target.closest('[role=gridcell]') : null;
    const place = /-(\d+)-(\d+)$/.exec(cell?.id ?? '');
    if (place) this.#activate(Number(place[1]), Number(place[2]));
  };
}

customElements.define('till-grid', DataGrid);
