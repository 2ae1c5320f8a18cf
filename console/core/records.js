// The records of a file as an upload counts them, so that some of them can be taken out, corrected and sent by themselves.

/** @typedef {{head: string, records: string[], join: (records: string[]) => string}} RecordFile */

/**
 * @typedef {object} Layout what the records' type says of their file
 * @property {boolean} [isEnvelope] records stand within one document
 * @property {string} [delimiter] of CSV
 */

/**
 * @param {string} text of CSV, NDJSON, JSON values end to end or a JSON array; nil for other texts
 * @param {string} name of the file
 * @param {Layout} [layout]
 * @returns {RecordFile | null}
 */
export function splitRecords(text, name, layout = {}) {
  const { isEnvelope = false, delimiter = ',' } = layout;
  const plain = text.replace(/^\uFEFF/, '');
  const form = formOf(plain, name);
  if (form === 'csv') return csvRecords(plain, delimiter);
  if (isEnvelope || form === null) return null;
  if (form === 'lines') return lineRecords(plain);
  return plain.trimStart()[0] === '[' ? arrayRecords(plain) : valueRecords(plain);
}

/**
 * As the server sees it: by the name, else by what the text begins with.
 *
 * @param {string} text
 * @param {string} name
 * @returns {'csv' | 'json' | 'lines' | null}
 */
function formOf(text, name) {
  const start = text.trimStart()[0];
  if (start === undefined || start === '<') return null;
  const [, ending = ''] = /\.([^.]+)$/.exec(name.toLowerCase().replace(/\.(gz|zst)$/, '')) ?? [];
  if (ending === 'xml') return null;
  if (ending === 'ndjson' || ending === 'jsonl') return 'lines';
  if (ending === 'json' || ending === 'csv') return ending;
  if (start === '[') return 'json';
  if (start !== '{') return 'csv';
  // A value that ends with its line is a line of many.
  const [line] = text.trimStart().split('\n', 1);
  return valueEnd(line, 0) > 0 ? 'lines' : 'json';
}

/** @param {string} text */
function lineRecords(text) {
  return { head: '', records: text.split(/\r?\n/).filter((line) => line.trim()), join: (/** @type {string[]} */ records) => `${records.join('\n')}\n` };
}

/** @typedef {'start' | 'plain' | 'quoted' | 'closing' | 'faulty'} FieldState */

/**
 * Only a quote that begins a field opens one, and a line end within it ends no record; a line without anything is none.
 *
 * @param {string} text
 * @param {string} delimiter
 * @returns {RecordFile}
 */
function csvRecords(text, delimiter) {
  /** @type {string[]} */
  const lines = [];
  /** @type {FieldState} */
  let state = 'start';
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    if (at < text.length && (text[at] !== '\n' || state === 'quoted')) {
      state = stateAfter(state, text[at], delimiter);
      continue;
    }
    const line = text.slice(from, at).replace(/\r$/, '');
    if (line) lines.push(line);
    from = at + 1;
    state = 'start';
  }
  const [head = '', ...records] = lines;
  return { head, records, join: (some) => `${[head, ...some].join('\n')}\n` };
}

/**
 * What is wrong with a row, as a quote within a field, ends with its line.
 *
 * @param {FieldState} state
 * @param {string} character
 * @param {string} delimiter
 * @returns {FieldState}
 */
function stateAfter(state, character, delimiter) {
  if (state === 'faulty') return state;
  if (state === 'quoted') return character === '"' ? 'closing' : state;
  if (character === delimiter) return 'start';
  if (state === 'closing') return character === '"' ? 'quoted' : character === '\r' ? state : 'faulty';
  if (character === '"') return state === 'start' ? 'quoted' : 'faulty';
  return 'plain';
}

/**
 * JSON values end to end, as they are written.
 *
 * @param {string} text
 * @returns {RecordFile | null} none where one does not end
 */
function valueRecords(text) {
  const records = [];
  for (let at = 0; at < text.length;) {
    const end = valueEnd(text, at);
    if (end < 0) return null;
    const record = text.slice(at, end).trim();
    if (record) records.push(record);
    at = end;
  }
  return { head: '', records, join: (some) => `${some.join('\n')}\n` };
}

/**
 * @param {string} text
 * @param {number} from
 * @returns {number} behind the object that comes next, or behind all where none does; less than nothing where it does not end
 */
function valueEnd(text, from) {
  let [depth, isQuoted] = [0, false];
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character === '\\') at += 1;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth <= 0) return at + 1;
    }
  }
  return depth > 0 || isQuoted ? -1 : text.length;
}

/**
 * Elements of an array, as they are written: no number or blank is changed.
 *
 * @param {string} text
 * @returns {RecordFile}
 */
function arrayRecords(text) {
  const records = [];
  let [depth, from, isQuoted] = [0, -1, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character === '\\') at += 1;
      else if (character === '"') isQuoted = false;
      continue;
    }
    if (character === '"') isQuoted = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth === 1) from = at + 1;
    } else if (character === ']' || character === '}') depth -= 1;
    const isEnd = (character === ',' && depth === 1) || (character === ']' && depth === 0);
    if (!isEnd) continue;
    const record = text.slice(from, at).trim();
    if (record) records.push(record);
    from = at + 1;
  }
  return { head: '', records, join: (some) => `[${some.join(',\n')}]\n` };
}
