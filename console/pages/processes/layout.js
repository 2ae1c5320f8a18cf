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
  /** @type {Map<string, number>} */
  const layers = new Map();
  /** @type {Arrow[]} */
  const arrows = [];
  /**
   * @param {string} name
   * @param {number} layer
   * @param {string[]} path what leads here; a state of it is a loop's beginning
   */
  function visit(name, layer, path) {
    const state = States[name];
    if (!state || path.includes(name) || (layers.get(name) ?? -1) >= layer) return;
    layers.set(name, layer);
    for (const { to } of exits(state)) visit(to, layer + 1, [...path, name]);
  }
  visit(StartAt, 0, []);
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
