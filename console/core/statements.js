// Where statements begin and end in a text of SQL, without parsing them: only quotes, comments and semicolons matter.

/** @typedef {{text: string, from: number, to: number}} Statement in UTF-16 units */

const tokens = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;|\$\d+/g;

/**
 * @param {string} text
 * @returns {Statement[]} those that hold anything
 */
export function statements(text) {
  /** @type {Statement[]} */
  const found = [];
  let from = 0;
  const end = (/** @type {number} */ to) => {
    const piece = text.slice(from, to);
    if (piece.trim()) found.push({ text: piece.trim(), from: from + piece.length - piece.trimStart().length, to });
    from = to + 1;
  };
  for (const match of text.matchAll(tokens)) if (match[0] === ';') end(match.index ?? 0);
  end(text.length);
  return found;
}

/**
 * The statement that a cursor stands in, or just behind.
 *
 * @param {string} text
 * @param {number} cursor
 * @returns {Statement | undefined}
 */
export function statementAt(text, cursor) {
  const all = statements(text);
  return all.find(({ to }) => cursor <= to) ?? all[all.length - 1];
}

/**
 * @param {string} text
 * @returns {number} the highest n of its `$n`
 */
export function parameterCount(text) {
  let highest = 0;
  for (const [token] of text.matchAll(tokens)) if (/^\$\d+$/.test(token)) highest = Math.max(highest, Number(token.slice(1)));
  return Math.min(64, highest);
}

/**
 * @param {string} text
 * @param {number} position in Unicode scalars, from 1
 * @returns {number} in UTF-16 units, from 0
 */
export function offsetOf(text, position) {
  return [...text].slice(0, position - 1).join('').length;
}
