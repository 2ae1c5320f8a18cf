// Shortcuts of single keys, and sequences that begin with g. They can be switched off, and never take a key from who is writing.

import { keep, recall } from './preferences.js';

/** @type {Map<string, () => void>} */
const shortcuts = new Map();
let pending = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

export const areShortcutsOn = () => recall('shortcuts', true);

/** @param {boolean} isOn */
export function switchShortcuts(isOn) {
  keep('shortcuts', isOn);
}

/**
 * @param {string} keys one key, or `g` and another with a blank between
 * @param {() => void} work
 */
export function shortcut(keys, work) {
  shortcuts.set(keys, work);
}

/** Nobody is signed in: there is nothing to go to. */
export function forgetShortcuts() {
  shortcuts.clear();
}

/** @param {Event} event */
function isWriting(event) {
  const element = event.composedPath()[0];
  if (!(element instanceof HTMLElement)) return false;
  return element.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName);
}

/**
 * The key as a shortcut names it: on a keyboard of other letters the Latin one of the same place.
 *
 * @param {{key: string, code: string}} event
 * @returns {string}
 */
export function keyOf({ key, code }) {
  const isOfOtherLetters = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key);
  return isOfOtherLetters && /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}

export function listenForShortcuts() {
  document.addEventListener('keydown', (event) => {
    const isAsked = document.querySelector('dialog[open]') !== null;
    const key = keyOf(event);
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && key.toLowerCase() === 'k') {
      if (isAsked) event.preventDefault();
      else run('Ctrl+K', event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event) || !areShortcutsOn() || isAsked) return;
    const keys = pending ? `${pending} ${key}` : key;
    clearTimeout(timer);
    pending = '';
    if (shortcuts.has(keys)) return run(keys, event);
    if (key !== 'g') return;
    pending = 'g';
    timer = setTimeout(() => (pending = ''), 1500);
  });
}

/**
 * @param {string} keys
 * @param {KeyboardEvent} event
 */
function run(keys, event) {
  const work = shortcuts.get(keys);
  if (!work) return;
  event.preventDefault();
  work();
}
