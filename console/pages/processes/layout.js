// A state machine as a graph in layers: a state stands below all that lead to it, but for loops.

/** @typedef {import('../../types/contract.js').StateMachine} StateMachine */
/** @typedef {import('../../types/contract.js').State} State */
/** @typedef {{name: string, type: string, layer: number, place: number}} Box */
/** @typedef {{from: string, to: string, kind: 'next' | 'choice' | 'catch'}} Arrow */

/**
 * @param {State} state
 * @returns {{to: string, kind: Arrow['kind']}[]}
 */
function exits({ Next, Default, Choices = [], Catch = [] }) {
  return [
    ...(Next ? [{ to: Next, kind: /** @type {const} */ ('next') }] : []),
    ...Choices.map((choice) => ({ to: choice.Next, kind: /** @type {const} */ ('choice') })),
    ...(Default ? [{ to: Default, kind: /** @type {const} */ ('choice') }] : []),
    ...Catch.map((fault) => ({ to: fault.Next, kind: /** @type {const} */ ('catch') })),
  ];
}

/**
 * @param {StateMachine} machine
 * @returns {{boxes: Box[], arrows: Arrow[]}}
 */
export function layOut({ StartAt, States }) {
  const layers = layersOf(StartAt, States);
  /** @type {Arrow[]} */
  const arrows = [];
  for (const [name, state] of Object.entries(States)) for (const { to, kind } of exits(state)) arrows.push({ from: name, to, kind });
  /** @type {Map<number, number>} */
  const counts = new Map();
  const boxes = [...layers].map(([name, layer]) => {
    const place = counts.get(layer) ?? 0;
    counts.set(layer, place + 1);
    return { name, type: States[name].Type, layer, place };
  });
  return { boxes, arrows };
}

/**
 * A walk in depth tells arrows that close a loop, which lead to a state that is still open; without them the states have an order, in which each is below
 * all that lead to it. Each state and arrow is looked at once, however many ways there are.
 *
 * @param {string} start
 * @param {{[name: string]: State}} states
 * @returns {Map<string, number>} of those that are come to, in the order that they are
 */
function layersOf(start, states) {
  const isThere = (/** @type {string} */ name) => Object.hasOwn(states, name);
  /** @type {Map<string, number>} */
  const layers = new Map();
  /** @type {Set<string>} */
  const open = new Set();
  /** @type {string[]} */
  const finished = [];
  /** @type {Map<string, string[]>} without those that close a loop */
  const onward = new Map();
  /** @type {{name: string, left: string[]}[]} */
  const path = [];
  const enter = (/** @type {string} */ name) => {
    layers.set(name, 0);
    open.add(name);
    onward.set(name, []);
    path.push({ name, left: exits(states[name]).map(({ to }) => to).filter(isThere) });
  };
  if (isThere(start)) enter(start);
  for (let last = path.at(-1); last; last = path.at(-1)) {
    const to = last.left.shift();
    if (to === undefined) {
      open.delete(last.name);
      finished.push(last.name);
      path.pop();
    } else if (!open.has(to)) {
      onward.get(last.name)?.push(to);
      if (!layers.has(to)) enter(to);
    }
  }
  for (const name of finished.reverse()) {
    for (const to of onward.get(name) ?? []) layers.set(to, Math.max(layers.get(to) ?? 0, (layers.get(name) ?? 0) + 1));
  }
  return layers;
}
