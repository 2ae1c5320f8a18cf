// A document as a tree whose parts open when they are asked for, so that ten megabytes cost no more than what is looked at; and as it came.

import { ExactNumber, parse } from '../core/exact-json.js';
import { fill, h } from '../core/dom.js';
import { number, t } from '../core/language.js';
import { readXML } from '../core/xml.js';

/** @typedef {import('../core/xml.js').XMLElement} XMLElement */

/** Of a long list so many are shown at a time. */
const childCountMax = 100;
/** Of the text as it came so many characters. */
const rawLengthMax = 200_000;
/** Of one text within it, at first. */
const textLengthMax = 1_000;

/**
 * @param {unknown} value parsed JSON, or the text of anything else
 * @param {Set<string>} [marked] JSON Pointers whose places are faults
 */
export function documentTree(value, marked = new Set()) {
  if (typeof value === 'string' && value.trimStart().startsWith('<')) return xmlTree(value, marked);
  // A text of another form, as CSV, is shown as it is.
  if (typeof value === 'string' && /\n/.test(value)) return documentText(value);
  return h('div', { class: 'document', tabindex: '0', role: 'group', 'aria-label': t('document.title') }, branch('', value, '', marked, 2));
}

/** @param {string} text as it came */
export function documentText(text) {
  const shown = text.slice(0, rawLengthMax);
  return h('div', {},
    h('pre', { class: 'document raw', tabindex: '0' }, shown),
    text.length > shown.length && h('p', { class: 'quiet' }, t('document.cut', { shown: shown.length, all: text.length })));
}

/**
 * @param {string} text
 * @returns {unknown} JSON where it is, else the text
 */
export function asDocument(text) {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} pointer
 * @param {Set<string>} marked
 * @param {number} depth how many levels are open from the start
 * @returns {HTMLElement}
 */
function branch(name, value, pointer, marked, depth) {
  const isMarked = marked.has(pointer);
  const label = name === '' ? null : [h('span', { class: 'name' }, name), ': '];
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) {
    return h('div', { class: isMarked ? 'leaf fault' : 'leaf' }, label, scalar(value));
  }
  const children = Array.isArray(value) ? value.map((item, index) => /** @type {[string, unknown]} */ ([String(index), item])) : Object.entries(value);
  const kind = Array.isArray(value) ? `[${number(children.length)}]` : `{${number(children.length)}}`;
  const isOpen = depth > 0 || [...marked].some((place) => place.startsWith(`${pointer}/`));
  const body = h('div', { class: 'branch' });
  /** @type {HTMLDetailsElement} */
  const details = h('details', { open: isOpen, class: isMarked ? 'fault' : null, ontoggle: () => details.open && show() }, h('summary', {}, label, h('span', { class: 'quiet' }, kind)), body);
  let shownCount = 0;

  function show() {
    if (shownCount) return;
    more();
  }
  function more() {
    const next = children.slice(shownCount, shownCount + childCountMax);
    shownCount += next.length;
    body.querySelector(':scope > button')?.remove();
    body.append(...next.map(([key, item]) => branch(key, item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, marked, depth - 1)));
    if (shownCount < children.length) body.append(h('button', { class: 'button small', onclick: more }, t('more')));
  }
  if (isOpen) show();
  for (const place of marked) if (isMissingChild(place, pointer, value)) body.append(h('div', { class: 'leaf fault' }, h('span', { class: 'name' }, place.slice(pointer.length + 1)), ': ', t('document.missing')));
  return details;
}

/**
 * @param {string} place
 * @param {string} pointer
 * @param {object} value
 */
function isMissingChild(place, pointer, value) {
  if (!place.startsWith(`${pointer}/`)) return false;
  const rest = place.slice(pointer.length + 1);
  return !rest.includes('/') && !Object.hasOwn(value, rest.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** @param {unknown} value */
function scalar(value) {
  const kind = value === null ? 'null' : value instanceof ExactNumber ? 'number' : typeof value;
  return longText(typeof value === 'string' ? `"${value}"` : String(value), `value ${kind}`);
}

/**
 * A text of which so much is shown as somebody reads at once: one of megabytes would hold up the whole page.
 *
 * @param {string} text
 * @param {string} [kind] its class
 * @returns {HTMLElement}
 */
export function longText(text, kind = 'value') {
  if (text.length <= textLengthMax) return h('span', { class: kind }, text);
  const shown = h('span', { class: kind }, text.slice(0, textLengthMax), '…');
  const place = h('span', { class: 'quiet' }, t('document.cut', { shown: textLengthMax, all: text.length }));
  let length = textLengthMax;
  const more = () => {
    length = Math.min(rawLengthMax, text.length, length * 10);
    fill(shown, text.slice(0, length), length < text.length && '…');
    fill(place, length < text.length && t('document.cut', { shown: length, all: text.length }));
    if (length >= Math.min(rawLengthMax, text.length)) button.remove();
  };
  const button = h('button', { class: 'button small', type: 'button', onclick: more }, t('more'));
  return h('span', { class: 'long' }, shown, ' ', place, ' ', button);
}

/**
 * @param {string} text
 * @param {Set<string>} marked paths of elements and attributes that are faults
 */
function xmlTree(text, marked) {
  const root = readXML(text);
  if (!root) return documentText(text);
  const plain = new Set([...marked].map(withoutPrefixes));
  return h('div', { class: 'document', tabindex: '0', role: 'group', 'aria-label': t('document.title') }, xmlBranch(root, `/${root.localName}`, plain, 2));
}

/**
 * A type's prefixes need not be the document's; the first of a name is meant where no place says which.
 *
 * @param {string} path
 */
const withoutPrefixes = (path) => path.replace(/\/(@?)[^/:[\]]+:/g, '/$1').replaceAll('[1]', '');

/**
 * @param {XMLElement} element
 * @param {string} path
 * @param {Set<string>} marked
 * @param {number} depth
 * @returns {HTMLElement}
 */
function xmlBranch(element, path, marked, depth) {
  const attributes = element.attributes.map(({ name, localName, value }) =>
    h('span', { class: marked.has(`${path}/@${localName}`) ? 'fault' : null }, ' ', h('span', { class: 'name' }, name), '=', h('span', { class: 'value string' }, `"${value}"`)));
  const tag = [h('span', { class: 'tag' }, element.name), attributes];
  const isMarked = marked.has(path);
  // Blanks between elements say nothing; what else stands between them does.
  const content = element.content.filter((part) => typeof part !== 'string' || part.trim());
  if (content.every((part) => typeof part === 'string')) return h('div', { class: isMarked ? 'leaf fault' : 'leaf' }, tag, ' ', longText(content.join('').trim(), 'value string'), missing(path, marked, element));
  const isOpen = depth > 0 || [...marked].some((place) => place.startsWith(`${path}/`));
  const body = h('div', { class: 'branch' });
  const details = h('details', { open: isOpen, class: isMarked ? 'fault' : null, ontoggle: show }, h('summary', {}, tag, ' ', h('span', { class: 'quiet' }, number(content.length))), body);
  let shownCount = 0;
  function show() {
    if (details.open && !shownCount) more();
  }
  function more() {
    const next = content.slice(shownCount, shownCount + childCountMax);
    body.querySelector(':scope > button')?.remove();
    body.append(...next.map((part) => (typeof part === 'string' ? h('div', { class: 'leaf' }, longText(part.trim(), 'value string')) : xmlBranch(part, `${path}/${part.step}`, marked, depth - 1))));
    shownCount += next.length;
    if (shownCount < content.length) body.append(h('button', { class: 'button small', onclick: more }, t('more')));
  }
  if (isOpen) {
    more();
    body.append(...missing(path, marked, element));
  }
  return details;
}

/**
 * Faults at what is not there.
 *
 * @param {string} path
 * @param {Set<string>} marked
 * @param {XMLElement} element
 */
function missing(path, marked, element) {
  return [...marked].filter((place) => place.startsWith(`${path}/`) && !place.slice(path.length + 1).includes('/')).map((place) => place.slice(path.length + 1))
    .filter((name) => (name.startsWith('@') ? !element.attributes.some(({ localName }) => localName === name.slice(1)) : !element.content.some((part) => typeof part !== 'string' && part.step === name)))
    .map((name) => h('div', { class: 'leaf fault' }, h('span', { class: 'tag' }, name), ': ', t('document.missing')));
}
