// The records of a file as an upload counts them, so that some of them can be taken out, corrected and sent by themselves.

/** @typedef {{head: string, records: string[], join: (records: string[]) => string}} RecordFile */

/**
 * @param {string} text of CSV, NDJSON or a JSON array; nil for other texts
 * @param {string} name of the file
 * @returns {RecordFile | null}
 */
export function splitRecords(text, name) {
  const plain = text.replace(/^\uFEFF/, '');
  const start = plain.trimStart()[0];
  if (start === '[') return arrayRecords(plain);
  if (start === '{') return lineRecords(plain);
  if (start === '<' || start === undefined || /\.xml(\.|$)/i.test(name)) return null;
  return csvRecords(plain);
}

/** @param {string} text */
function lineRecords(text) {
  return { head: '', records: text.split(/\r?\n/).filter((line) => line.trim()), join: (/** @type {string[]} */ records) => `${records.join('\n')}\n` };
}

/**
 * A line end within quotes ends no record; a line without anything is none.
 *
 * @param {string} text
 * @returns {RecordFile}
 */
function csvRecords(text) {
  const lines = [];
  let from = 0;
  let isQuoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    if (at < text.length && (character !== '\n' || isQuoted)) continue;
    const line = text.slice(from, at).replace(/\r$/, '');
    if (line) lines.push(line);
    from = at + 1;
  }
  const [head = '', ...records] = lines;
  return { head, records, join: (some) => `${[head, ...some].join('\n')}\n` };
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
