// A time: said in the reader's zone, exact in its title; or a span that counts down.

import { h } from '../core/dom.js';
import { instant, relative } from '../core/language.js';

/** @param {string | null | undefined} text in ISO 8601 */
export function time(text) {
  return text ? h('time', { datetime: text, title: text }, instant(text)) : h('span', { class: 'quiet' }, '–');
}

/** Counts down to `datetime`, or up from it, once a second. */
export class Countdown extends HTMLElement {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  connectedCallback() {
    this.#show();
    this.#timer = setInterval(() => this.#show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #show() {
    this.textContent = relative(this.getAttribute('datetime') ?? '');
  }
}

customElements.define('till-countdown', Countdown);
