// Elements from code. Text becomes text nodes and nothing else: no markup is ever read from a string, so that no document can bring its own.

/** @typedef {import('../types/dom.js').AttributeValue} AttributeValue */
/** @typedef {import('../types/dom.js').Child} Child */

const properties = new Set(['value', 'checked', 'selected', 'indeterminate']);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {{[name: string]: AttributeValue}} [attributes] `on…` adds a listener; true is an attribute without a value, false and null are none
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  apply(element, attributes);
  element.append(...nodes(children));
  return element;
}

/**
 * An SVG element.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {{[name: string]: AttributeValue}} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  apply(element, attributes);
  element.append(...nodes(children));
  return element;
}

/**
 * @param {Element} element
 * @param {{[name: string]: AttributeValue}} attributes
 */
function apply(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (properties.has(name)) Reflect.set(element, name, value ?? '');
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  return children.flatMap((child) => {
    if (Array.isArray(child)) return nodes(child);
    if (child === null || child === undefined || child === false) return [];
    return [typeof child === 'number' ? String(child) : child];
  });
}

/**
 * @param {Element} element
 * @param {...Child} children what it holds from now on
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

let lastID = 0;

/** @returns {string} an id that no other element of the page has */
export function uniqueID(prefix = 'id') {
  lastID += 1;
  return `${prefix}-${lastID}`;
}

/**
 * Waits until calls pause.
 *
 * @template {unknown[]} A
 * @param {number} milliseconds
 * @param {(...values: A) => void} work
 * @returns {(...values: A) => void}
 */
export function debounced(milliseconds, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

/**
 * Makes an element hold `children`, changing in place what is already there: who has the focus in it, or has selected some of it, keeps that. Only for
 * what has no listeners of its own, since those of the elements that stay are the earlier ones.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function patch(element, ...children) {
  patchChildren(element, nodes(children).map((child) => (typeof child === 'string' ? document.createTextNode(child) : child)));
}

/**
 * @param {Node} parent
 * @param {Node[]} wanted
 */
function patchChildren(parent, wanted) {
  const present = [...parent.childNodes];
  for (const [index, node] of wanted.entries()) {
    if (index >= present.length) parent.appendChild(node);
    else patchNode(present[index], node);
  }
  for (const node of present.slice(wanted.length)) parent.removeChild(node);
}

/**
 * @param {ChildNode} present
 * @param {Node} wanted
 */
function patchNode(present, wanted) {
  if (present === wanted) return;
  if (present instanceof Text && wanted instanceof Text) {
    if (present.data !== wanted.data) present.data = wanted.data;
  } else if (present instanceof Element && wanted instanceof Element && present.nodeName === wanted.nodeName && present.namespaceURI === wanted.namespaceURI) {
    for (const { name } of [...present.attributes]) if (!wanted.hasAttribute(name)) present.removeAttribute(name);
    for (const { name, value } of wanted.attributes) if (present.getAttribute(name) !== value) present.setAttribute(name, value);
    patchChildren(present, [...wanted.childNodes]);
  } else present.replaceWith(wanted);
}

/** Before what was saved is let go of, in milliseconds: the browser has begun to read it by then. */
const revokeDelay = 60_000;

/**
 * A file of what the page has, where the browser puts downloads.
 *
 * @param {Blob} contents
 * @param {string} name
 */
export function saveFile(contents, name) {
  const url = URL.createObjectURL(contents);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), revokeDelay);
}

/** @returns {string} an id that nobody else makes; `crypto.randomUUID` is for secure places alone */
export function freshID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
