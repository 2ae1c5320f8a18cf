// Light or dark: as the system says, until it is chosen.

import { keep, recall } from './preferences.js';

/** @typedef {'system' | 'light' | 'dark'} Theme */
/** @type {Theme[]} */
export const themes = ['system', 'light', 'dark'];

/** @returns {Theme} */
export const theme = () => themes.find((name) => name === String(recall('theme', ''))) ?? 'system';

/** @param {Theme} chosen */
export function chooseTheme(chosen) {
  keep('theme', chosen === 'system' ? null : chosen);
  showTheme();
}

export function showTheme() {
  document.documentElement.dataset.theme = theme();
}
