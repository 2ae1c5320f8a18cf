// A state machine drawn, with the path of one execution over it where there is one.

import { h, svg } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { layOut } from './layout.js';

const box = { width: 190, height: 46, gapX: 36, gapY: 44 };

/**
 * The machine, and under it those that run within its states.
 *
 * @param {import('../../types/contract.js').StateMachine} machine
 * @param {Map<string, string>} [visited] the last event of each state that an execution came to
 * @returns {HTMLElement}
 */
export function graph(machine, visited = new Map()) {
  const within = Object.entries(machine.States).flatMap(([name, { Branches = [], Iterator, ItemProcessor }]) =>
    [...Branches, Iterator, ItemProcessor].flatMap((part, index) => (part ? [h('figure', { class: 'graph-part' }, h('figcaption', {}, Branches.length > 1 ? t('processes.branch', { name, number: index + 1 }) : t('processes.within', { name })), graph(part, visited))] : [])));
  return h('div', { class: 'graphs' }, drawing(machine, visited), within);
}

/**
 * @param {import('../../types/contract.js').StateMachine} machine
 * @param {Map<string, string>} visited
 */
function drawing(machine, visited) {
  const { boxes, arrows } = layOut(machine);
  const places = new Map(boxes.map(({ name, layer, place }) => [name, { x: 10 + place * (box.width + box.gapX), y: 10 + layer * (box.height + box.gapY) }]));
  const width = Math.max(0, ...[...places.values()].map(({ x }) => x)) + box.width + 10;
  const height = Math.max(0, ...[...places.values()].map(({ y }) => y)) + box.height + 10;
  // What is drawn is said too: states in order, and where each leads.
  const told = boxes.map(({ name, type }) => [`${name} (${visited.get(name) ?? type})`, arrows.filter(({ from }) => from === name).map(({ to }) => to).join(', ')].filter(Boolean).join(' → ')).join('; ');
  return svg('svg', { class: 'graph', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${t('processes.graph', { count: boxes.length })}: ${told}` },
    arrows.map(({ from, to, kind }) => arrow(places.get(from), places.get(to), kind, visited.has(from) && visited.has(to))),
    boxes.map(({ name, type }) => state(name, type, places.get(name) ?? { x: 0, y: 0 }, visited.get(name))));
}

/**
 * @param {{x: number, y: number} | undefined} from
 * @param {{x: number, y: number} | undefined} to
 * @param {string} kind
 * @param {boolean} isOfPath
 */
function arrow(from, to, kind, isOfPath) {
  if (!from || !to) return null;
  if (to.y <= from.y) return backArrow(from, to, kind, isOfPath);
  const [x1, y1, x2, y2] = [from.x + box.width / 2, from.y + box.height, to.x + box.width / 2, to.y];
  const middle = (y1 + y2) / 2;
  const tip = `M${x2 - 4},${y2 - 7}L${x2},${y2}L${x2 + 4},${y2 - 7}`;
  return svg('path', { class: `arrow ${kind} ${isOfPath ? 'path' : ''}`, d: `M${x1},${y1}C${x1},${middle} ${x2},${middle} ${x2},${y2}${tip}` });
}

/**
 * Of a loop: at the boxes' right sides, where no other arrow is.
 *
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @param {string} kind
 * @param {boolean} isOfPath
 */
function backArrow(from, to, kind, isOfPath) {
  const [x1, y1, x2, y2] = [from.x + box.width, from.y + box.height / 2, to.x + box.width, to.y + box.height / 2];
  const side = Math.max(x1, x2) + box.gapX / 2;
  return svg('path', { class: `arrow ${kind} ${isOfPath ? 'path' : ''}`, d: `M${x1},${y1}C${side},${y1} ${side},${y2} ${x2},${y2}M${x2 + 7},${y2 - 4}L${x2},${y2}L${x2 + 7},${y2 + 4}` });
}

/**
 * @param {string} name
 * @param {string} type
 * @param {{x: number, y: number}} place
 * @param {string | undefined} event
 */
function state(name, type, { x, y }, event) {
  const mood = event === 'succeeded' ? 'good' : event === 'failed' || event === 'timed-out' ? 'bad' : event ? 'busy' : '';
  return svg('g', { class: `state ${mood}`, transform: `translate(${x} ${y})` },
    svg('title', {}, `${name}: ${event ? `${type} · ${event}` : type}`),
    svg('rect', { width: box.width, height: box.height, rx: 8 }),
    svg('text', { x: box.width / 2, y: 20, 'text-anchor': 'middle' }, name.length > 24 ? `${name.slice(0, 23)}…` : name),
    svg('text', { class: 'kind', x: box.width / 2, y: 36, 'text-anchor': 'middle' }, event ? `${type} · ${event}` : type));
}
