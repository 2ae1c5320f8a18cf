// EXPLAIN ANALYZE as a tree: each operator with its rows and its share of the time.

import { h } from '../core/dom.js';
import { duration, t } from '../core/language.js';

/**
 * @typedef {object} PlanNode
 * @property {string} text
 * @property {string | null} rows
 * @property {number | null} milliseconds
 * @property {string} more
 * @property {PlanNode[]} children
 * @property {string[]} notes
 */

const measured = /^(.*?)\s+\((\d+) rows, ([\d.]+) ms(?:, (.*))?\)$/;
const isNote = /^[a-z][\w ]*: /;

/**
 * @param {string[]} lines of the plan; two blanks a level
 * @returns {{roots: PlanNode[], summary: string[]}}
 */
export function parsePlan(lines) {
  /** @type {PlanNode[]} */
  const roots = [];
  /** @type {PlanNode[]} */
  const path = [];
  const summary = [];
  for (const line of lines) {
    const text = line.trimStart();
    const depth = (line.length - text.length) / 2;
    if (depth === 0 && roots.length) {
      summary.push(text);
      continue;
    }
    const parent = path[Math.min(depth, path.length) - 1];
    if (isNote.test(text) && parent) {
      parent.notes.push(text);
      continue;
    }
    const match = measured.exec(text);
    const node = { text: match?.[1] ?? text, rows: match?.[2] ?? null, milliseconds: match ? Number(match[3]) : null, more: match?.[4] ?? '', children: [], notes: [] };
    (parent?.children ?? roots).push(node);
    path.length = depth;
    path[depth] = node;
  }
  return { roots, summary };
}

/** @param {string[]} lines */
export function planView(lines) {
  const { roots, summary } = parsePlan(lines);
  const longest = Math.max(...roots.flatMap(allTimes), 0.001);
  return h('div', { class: 'plan', tabindex: '0', role: 'region', 'aria-label': t('sql.plan') }, roots.map((node) => operator(node, longest)), summary.map((text) => h('p', { class: 'quiet' }, text)));
}

/**
 * @param {PlanNode} node
 * @returns {number[]}
 */
function allTimes(node) {
  return [node.milliseconds ?? 0, ...node.children.flatMap(allTimes)];
}

/**
 * @param {PlanNode} node
 * @param {number} longest
 * @returns {HTMLElement}
 */
function operator(node, longest) {
  const [name, ...rest] = node.text.split(' ');
  const meter = node.milliseconds !== null && h('meter', { min: 0, max: longest, value: node.milliseconds, 'aria-label': t('sql.plan-time') });
  return h('details', { open: true },
    h('summary', {},
      h('span', { class: 'strong' }, name), ' ', h('span', { class: 'quiet' }, rest.join(' ')),
      node.rows !== null && h('span', { class: 'figures' }, t('rows', { count: Number(node.rows) }), ' · ', duration(node.milliseconds ?? 0), meter)),
    node.more && h('p', { class: 'quiet' }, node.more),
    node.notes.map((note) => h('p', { class: 'quiet' }, note)),
    node.children.length > 0 && h('div', { class: 'branch' }, node.children.map((child) => operator(child, longest))));
}

