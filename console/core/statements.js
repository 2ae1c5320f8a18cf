// Where statements begin and end in a text of SQL, without parsing them: only quotes, comments and semicolons matter.

/** @typedef {{text: string, from: number, to: number}} Statement in UTF-16 units */

/**
 * As the server's own reader takes them: a backslash escapes in `E'…'` alone, whose pieces may lie on several lines, and a name may have dollars.
 */
const token = /(?<![\w$\u0080-\uffff])(?:[eE]'(?:[^'\\]+|\\[\s\S]|''|'[ \t\v\f]*[\r\n]\s*')*'?|\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?(?:\$\1\$|$))|'(?:[^']+|'')*'?|"(?:[^"]+|"")*"?|--[^\r\n]*|\/\*|;|\$\d+/g;

/**
 * @param {string} text
 * @returns {Generator<{word: string, at: number}>}
 */
function* tokens(text) {
  const scan = new RegExp(token);
  for (let match = scan.exec(text); match; match = scan.exec(text)) {
    if (match[0] === '/*') scan.lastIndex = commentEnd(text, match.index);
    else yield { word: match[0], at: match.index };
  }
}

/**
 * Comments may have comments in them.
 *
 * @param {string} text
 * @param {number} from
 */
function commentEnd(text, from) {
  const scan = /\/\*|\*\//g;
  scan.lastIndex = from;
  let depth = 0;
  for (let match = scan.exec(text); match; match = scan.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return scan.lastIndex;
  }
  return text.length;
}

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
  for (const { word, at } of tokens(text)) if (word === ';') end(at);
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
  for (const { word } of tokens(text)) if (/^\$\d+$/.test(word)) highest = Math.max(highest, Number(word.slice(1)));
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
