// What is shown is in the URL: `/console/<page>/<segments>?<parameters>#<fragment>`. Links work, Back goes back, a copied address shows the same.

/**
 * @typedef {object} Place
 * @property {string} page
 * @property {string[]} segments decoded
 * @property {URLSearchParams} parameters
 */

const root = '/console/';
const changes = new EventTarget();

/** @returns {Place} */
export function here() {
  const [page = '', ...segments] = location.pathname.slice(root.length).split('/').filter(Boolean).map(decoded);
  return { page: page || 'overview', segments, parameters: new URLSearchParams(location.search) };
}

/** Segments that a browser would take away, `.` and `..`, with their dots escaped: in an address these are escaped once more, and so is what looks like it. */
const escapedDots = /^%(25)*2E(%(25)*2E)?$/;

/** @param {string} segment */
function decoded(segment) {
  try {
    const text = decodeURIComponent(segment);
    return escapedDots.test(text) ? decodeURIComponent(text) : text;
  } catch {
    return segment;
  }
}

/** @param {string} text */
function encoded(text) {
  if (text === '.' || text === '..') return encodeURIComponent(text.replaceAll('.', '%2E'));
  return encodeURIComponent(escapedDots.test(text) ? encodeURIComponent(text) : text);
}

/**
 * @param {string} page
 * @param {string[]} [segments]
 * @param {{[name: string]: string | null | undefined} | URLSearchParams} [parameters] none where there is no value
 * @returns {string}
 */
export function address(page, segments = [], parameters = {}) {
  const path = root + [page, ...segments].map(encoded).join('/');
  const entries = parameters instanceof URLSearchParams ? [...parameters] : Object.entries(parameters);
  const query = new URLSearchParams();
  for (const [name, value] of entries) if (value) query.append(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {string} target the place that is shown, to show it anew: Back leads away from it all the same */
export function go(target) {
  if (new URL(target, location.href).href === location.href) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  changes.dispatchEvent(new Event('change'));
}

/**
 * Changes parameters of the page that is shown.
 *
 * @param {{[name: string]: string | null}} changed null takes one away; a cursor belongs to the filters that it came with, so it goes with them
 */
export function refine(changed) {
  const { page, segments, parameters } = here();
  if (!('cursor' in changed)) parameters.delete('cursor');
  for (const [name, value] of Object.entries(changed)) {
    if (value === null || value === '') parameters.delete(name);
    else parameters.set(name, value);
  }
  go(address(page, segments, parameters));
}

/**
 * Calls `show` for each place that is gone to, by whatever way.
 *
 * @param {(place: Place) => void} show
 */
export function follow(show) {
  const shown = () => show(here());
  changes.addEventListener('change', shown);
  addEventListener('popstate', shown);
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || !isOurs(link, event)) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}

/**
 * @param {HTMLAnchorElement} link
 * @param {MouseEvent} event
 */
function isOurs(link, event) {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return false;
  if (link.origin !== location.origin || !link.pathname.startsWith(root) || link.hasAttribute('download')) return false;
  return !link.target && !(link.pathname === location.pathname && link.search === location.search && link.hash);
}
