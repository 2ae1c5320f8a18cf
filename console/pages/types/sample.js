// A document to begin with on the bench, where the type has taken none yet: in the type's format, with something at each plain path that it reads.

import { stringify } from '../../core/exact-json.js';

/** @typedef {{name: string, text: string, attributes: Map<string, string>, children: Map<string, Part>}} Part */

const instant = '2026-11-20T12:00:00Z';
/** A step that names one thing; what it asks of it besides is left out. */
const plainStep = /^(@?(?:[\w.-]+:)?[\w.-]+)(?:\[.*\])?$/;

/** @param {any} type a type file */
export function sampleOf(type) {
  const values = valuesOf(type);
  if (type.format === 'xml') return xmlSample(type, values);
  if (type.format === 'csv') return csvSample(type, values);
  return jsonSample(values);
}

/**
 * @param {any} type
 * @returns {[string, string][]} paths from the document on, and what stands there
 */
function valuesOf({ match, receipt_id: id, issued_at: at, columns, each, format }) {
  // What `each` names in JSON is a list.
  const before = pathOf(each).replace(/(?<!\*)$/, pathOf(each) && format === 'json' ? '/*' : '');
  /** @type {[string, string][]} */
  const found = Object.entries(match ?? {}).filter(([path]) => path !== 'root').map(([path, value]) => [path, textOf(Array.isArray(value) ? value[0] : value)]);
  const within = (/** @type {any} */ source, /** @type {string} */ text, prefix = before) => {
    const path = pathOf(source);
    if (path) found.push([prefix && format !== 'csv' ? `${prefix}/${path.replace(/^\//, '')}` : path, text]);
  };
  within(id, 'R-1');
  within(at, instant);
  for (const column of Object.values(columns ?? {})) {
    if (column.columns) for (const own of Object.values(column.columns)) within(own, valueOfType(own.type), joined(before, pathOf(column), format));
    else within(column, valueOfType(column.type));
  }
  return found;
}

/**
 * @param {string} before
 * @param {string} path
 * @param {string} format
 */
const joined = (before, path, format) => (before ? `${before}/${path.replace(/^\//, '')}` : path).replace(/\/$/, '') + (format === 'xml' ? '' : '/0');

/** @param {any} value that a match wants */
const textOf = (value) => (value === null || typeof value === 'object' ? '' : String(value));

/**
 * The first path of a source, in whichever form it is written.
 *
 * @param {any} source
 * @returns {string}
 */
function pathOf(source) {
  if (typeof source === 'string') return source;
  if (Array.isArray(source)) return pathOf(source[0]);
  return source === null || typeof source !== 'object' ? '' : pathOf(source.path ?? source.from ?? source.sum ?? '');
}

/** @param {string} [type] */
function valueOfType(type = 'VARCHAR') {
  if (/^(DECIMAL|DOUBLE)/.test(type)) return '12.50';
  if (/INT/.test(type)) return '1';
  if (type === 'BOOLEAN') return 'true';
  return type === 'DATE' ? instant.slice(0, 10) : /^TIMESTAMP/.test(type) ? instant : 'text';
}

/** @param {[string, string][]} values */
function jsonSample(values) {
  /** @type {any} */
  const root = {};
  for (const [path, text] of values) {
    const names = path.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    let place = root;
    for (const [index, name] of names.entries()) {
      const key = name === '*' ? '0' : name;
      const inner = ['*', '0'].includes(names[index + 1] ?? '') ? [] : {};
      if (index < names.length - 1) place = place[key] = Object(place[key] ?? inner) === place[key] ? place[key] : inner;
      else if (place[key] === undefined) place[key] = text;
    }
  }
  return stringify(root, 2);
}

/**
 * @param {any} type
 * @param {[string, string][]} values
 */
function csvSample({ delimiter = ',' }, values) {
  const fields = new Map([...values].reverse());
  const names = [...fields.keys()].reverse();
  const quoted = (/** @type {string} */ text) => (/["\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${names.map(quoted).join(delimiter)}\n${names.map((name) => quoted(fields.get(name) ?? '')).join(delimiter)}\n`;
}

/**
 * @param {any} type
 * @param {[string, string][]} values
 */
function xmlSample({ match, namespaces = {} }, values) {
  /** @type {Part} */
  const top = { name: '', text: '', attributes: new Map(), children: new Map() };
  for (const [path, text] of values) put(top, path, text);
  const [wanted] = [match?.root ?? 'document'].flat();
  const root = [...top.children.values()][0] ?? put(top, `/${String(wanted).replace(/^\{.*\}/, '')}`, '');
  for (const [prefix, uri] of Object.entries(namespaces)) if ([uri].flat()[0]) root.attributes.set(prefix ? `xmlns:${prefix}` : 'xmlns', String([uri].flat()[0]));
  return `${written(root, '')}\n`;
}

/**
 * @param {Part} top
 * @param {string} path
 * @param {string} text
 * @returns {Part} where it was put; as far as the path is plain
 */
function put(top, path, text) {
  let place = top;
  // Whatever namespace a name is of, it is a name.
  for (const step of path.replace(/\*\[local-name\(\)='([\w.-]+)'\]/g, '$1').split('/').filter(Boolean)) {
    const name = plainStep.exec(step)?.[1];
    if (!name) return place;
    if (name.startsWith('@')) {
      if (!place.attributes.has(name.slice(1))) place.attributes.set(name.slice(1), text);
      return place;
    }
    // A document has one root.
    if (place === top && top.children.size && !top.children.has(name)) return place;
    const child = place.children.get(name) ?? { name, text: '', attributes: new Map(), children: new Map() };
    place.children.set(name, child);
    place = child;
  }
  place.text ||= text;
  return place;
}

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/**
 * @param {Part} part
 * @param {string} indent
 * @returns {string}
 */
function written({ name, text, attributes, children }, indent) {
  const head = [name, ...[...attributes].map(([own, value]) => `${own}="${escaped(value)}"`)].join(' ');
  if (children.size) return `${indent}<${head}>\n${[...children.values()].map((child) => written(child, `${indent}  `)).join('\n')}\n${indent}</${name}>`;
  return text ? `${indent}<${head}>${escaped(text)}</${name}>` : `${indent}<${head}/>`;
}
