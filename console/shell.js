// What stands around every page: the list of pages, who is signed in, the palette, help, theme and language.

import { announce } from './core/announce.js';
import { fill, h } from './core/dom.js';
import { serverVersion } from './core/features.js';
import { areShortcutsOn, forgetShortcuts, shortcut, switchShortcuts } from './core/keyboard.js';
import { chooseLanguage, chooseZone, language, languages, t, zone, zones } from './core/language.js';
import { address, go } from './core/location.js';
import { actor, signOut } from './core/session.js';
import { chooseTheme, theme, themes } from './core/theme.js';
import { oneLook } from './core/watch.js';
import { openPalette } from './components/command-palette.js';
import { openDialog } from './components/dialogs.js';
import { icon } from './components/icon.js';
import { problemView } from './components/problem-view.js';
import { signInForm } from './components/sign-in.js';
import { shownPages } from './pages/pages.js';

/** How long between attempts to reach a server that is gone, in milliseconds. */
const reachInterval = 3000;
const ticketID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/**
 * @typedef {object} Hooks
 * @property {() => void} onleave before somebody is signed out
 * @property {() => void} onstay where they could not be
 * @property {() => void} onsignout
 * @property {() => void} onlanguage
 */

export class Shell {
  main = h('main', { id: 'main', tabindex: '-1' });
  #nav = h('nav', { class: 'pages', id: 'pages' });
  /** @type {HTMLButtonElement | null} */
  #menu = null;
  #actor = h('span', { class: 'actor' });
  #notice = h('div', { class: 'notice', role: 'status', hidden: true });
  #update = h('div', { class: 'notice', role: 'status', hidden: true });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #reaching;
  /** @type {Hooks} */
  #hooks = { onleave: () => {}, onstay: () => {}, onsignout: () => {}, onlanguage: () => {} };

  /** @param {Hooks} hooks */
  mount(hooks) {
    this.#hooks = hooks;
    this.#listPages();
    this.showActor();
    this.#listen();
    const skip = h('a', { class: 'skip', href: '#main', onclick: (/** @type {Event} */ event) => { event.preventDefault(); this.main.focus(); } }, t('shell.skip'));
    this.#replaceBody(skip, h('div', { class: 'shell' }, this.#side(), h('div', { class: 'page' }, this.#bar(), this.#notice, this.#update, this.main)));
  }

  /**
   * @param {() => void | Promise<void>} done
   * @param {unknown} [refusal] why the session that there is does not count
   */
  mountSignIn(done, refusal) {
    forgetShortcuts();
    document.title = `${t('sign-in.title')} · Till`;
    const card = h('div', { class: 'card sign-in' }, brand(), h('h1', {}, t('sign-in.title')), refusal !== undefined && problemView(refusal), signInForm(done));
    this.#replaceBody(h('main', { class: 'sign-in-page', id: 'main' }, card, h('div', { class: 'row center' }, this.#languageChoice(() => this.mountSignIn(done, refusal)), themeChoice())));
    card.querySelector('input')?.focus();
  }

  /**
   * Nothing can be shown at all, not even the form.
   *
   * @param {unknown} error
   */
  mountProblem(error) {
    document.title = `${t('problem.unexpected')} · Till`;
    this.#replaceBody(h('main', { class: 'sign-in-page', id: 'main' }, h('div', { class: 'card stack' }, brand(), h('h1', {}, t('problem.unexpected')), problemView(error, () => location.reload()))));
  }

  /** @param {...Node} content beside what announcements live in, and dialogs */
  #replaceBody(...content) {
    for (const child of [...document.body.children]) if (!child.matches('[aria-live], dialog')) child.remove();
    document.body.prepend(...content);
  }

  #side() {
    return h('aside', { class: 'side' }, h('a', { class: 'brand-link', href: address('overview') }, brand()), this.#nav,
      h('div', { class: 'side-foot' }, h('p', { class: 'quiet' }, `Till ${serverVersion()}`)));
  }

  #bar() {
    const menu = h('button', { class: 'icon-button menu', id: 'menu', 'aria-controls': 'pages', 'aria-expanded': 'false', 'aria-label': t('shell.pages'), onclick: () => this.#toggleMenu() }, icon('menu'));
    this.#menu = menu;
    return h('header', { class: 'bar' }, menu,
      h('button', { class: 'search', id: 'open-palette', 'aria-label': t('palette.title'), 'aria-keyshortcuts': 'Control+K', onclick: () => this.#palette() }, icon('search'), h('span', {}, t('palette.title')), h('kbd', {}, 'Ctrl K')),
      h('span', { class: 'grow' }),
      this.#actor,
      h('button', { class: 'icon-button', id: 'open-help', 'aria-label': t('help.title'), title: t('help.title'), onclick: () => this.#help() }, icon('help')),
      h('button', { class: 'icon-button', id: 'open-settings', 'aria-label': t('settings.title'), title: t('settings.title'), onclick: () => this.#settings() }, icon('settings')),
      h('button', { class: 'icon-button', id: 'sign-out', 'aria-label': t('sign-out'), title: t('sign-out'), onclick: () => this.#leave() }, icon('leave')));
  }

  #toggleMenu() {
    const isOpen = !document.body.classList.contains('menu-open');
    this.#showMenu(isOpen);
    if (isOpen) /** @type {HTMLElement | null} */ (this.#nav.querySelector('a'))?.focus();
  }

  /** @param {boolean} isOpen */
  #showMenu(isOpen) {
    document.body.classList.toggle('menu-open', isOpen);
    this.#menu?.setAttribute('aria-expanded', String(isOpen));
  }

  /** Escape closes what the menu's button has opened, and leads back to it. */
  #closeMenu = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !document.body.classList.contains('menu-open') || document.querySelector('dialog[open]')) return;
    this.#showMenu(false);
    this.#menu?.focus();
  };

  #listPages() {
    this.#nav.setAttribute('aria-label', t('shell.pages'));
    fill(this.#nav, h('ul', {}, shownPages().map(({ name, title, icon: picture }) => h('li', {}, h('a', { href: address(name), 'data-page': name }, icon(picture), h('span', {}, t(title)))))));
  }

  showActor() {
    fill(this.#actor, h('span', { class: 'visually-hidden' }, t('shell.signed-in-as')), ' ', actor());
  }

  /**
   * @param {{name: string}} page
   * @param {boolean} isLoading
   */
  select({ name }, isLoading) {
    this.main.setAttribute('aria-busy', String(isLoading));
    document.body.classList.toggle('loading', isLoading);
    this.#showMenu(false);
    for (const link of this.#nav.querySelectorAll('a')) {
      if (link.dataset.page === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }

  empty() {
    fill(this.main);
    document.body.classList.remove('loading');
  }

  notOffered() {
    return h('div', { class: 'empty' }, h('h1', {}, t('lost.title')), h('p', {}, t('lost.not-offered')));
  }

  /** The server has been replaced by one with other modules. */
  outdated() {
    return h('div', { class: 'empty' }, h('h1', {}, t('outdated.title')), h('p', {}, t('outdated.text')), h('button', { class: 'button primary', onclick: () => location.reload() }, t('outdated.reload')));
  }

  /** @param {boolean} isReachable */
  setReachable(isReachable) {
    if (this.#notice.hidden === isReachable) return;
    this.#notice.hidden = isReachable;
    fill(this.#notice, icon('warning'), t('problem.unreachable'), ' ', t('shell.reaching'));
    clearInterval(this.#reaching);
    if (isReachable) {
      announce(t('shell.reached'));
      this.#lookForUpdate();
    } else this.#reaching = setInterval(() => fetch('/healthz', { signal: oneLook(undefined, reachInterval) }).then((answer) => answer.ok && this.setReachable(true), () => {}), reachInterval);
  }

  /** A server that was gone may come back as another version: this page goes on, and says so. */
  async #lookForUpdate() {
    const answer = await fetch(address('overview'), { cache: 'no-store', signal: oneLook(undefined, reachInterval) }).catch(() => null);
    const text = answer?.ok ? await answer.text().catch(() => '') : '';
    if (!text || text.includes(new URL('.', import.meta.url).pathname)) return;
    fill(this.#update, icon('warning'), t('outdated.title'), '. ', t('outdated.text'), ' ', h('button', { class: 'button small', onclick: () => location.reload() }, t('outdated.reload')));
    this.#update.hidden = false;
  }

  #listen() {
    forgetShortcuts();
    document.addEventListener('keydown', this.#closeMenu);
    shortcut('Ctrl+K', () => this.#palette());
    shortcut('?', () => this.#help());
    for (const { name, key } of shownPages()) if (key) shortcut(`g ${key}`, () => go(address(name)));
  }

  #palette() {
    openPalette((text) => {
      const wanted = text.toLowerCase();
      const found = shownPages().map(({ name, title, key }) => ({ title: t(title), hint: key && `g ${key}`, run: () => go(address(name)) }));
      const acts = [
        ...themes.map((name) => ({ title: `${t('settings.theme')}: ${t(`theme.${name}`)}`, run: () => chooseTheme(name) })),
        { title: t('help.title'), hint: '?', run: () => this.#help() },
        { title: t('sign-out'), run: () => this.#leave() },
      ];
      const matching = [...found, ...acts].filter(({ title }) => title.toLowerCase().includes(wanted));
      return text ? [...matching, ...this.#lookups(text)] : matching;
    });
  }

  /**
   * What a text may be the id of.
   *
   * @param {string} text
   */
  #lookups(text) {
    const lookups = [{ title: t('palette.receipt', { text }), run: () => go(address('receipts', [], { receipt: text })) }];
    if (ticketID.test(text)) lookups.unshift({ title: t('palette.ticket', { text }), run: () => go(address('tickets', [text])) });
    return lookups;
  }

  #help() {
    /** @type {[string, string][]} */
    const rows = [['Ctrl K', t('palette.title')], ['?', t('help.title')], ['↑ ↓ ← →', t('help.arrows')], ['Enter', t('help.open')], ['Ctrl C', t('help.copy')], ['Ctrl Enter', t('help.run')], ['Esc Tab', t('help.leave-editor')],
      ...shownPages().flatMap(({ key, title }) => (key ? [/** @type {[string, string]} */ ([`g ${key}`, t(title)])] : []))];
    openDialog(t('help.title'), () => [h('dl', { class: 'keys' }, rows.map(([keys, what]) => h('div', {}, h('dt', {}, keys.split(' ').map((key) => h('kbd', {}, key))), h('dd', {}, what))))]);
  }

  #settings() {
    openDialog(t('settings.title'), (close) => {
      // The dialog too is in the language that was chosen.
      const spoken = () => {
        close();
        this.#hooks.onlanguage();
        // Where the focus goes when the dialog is closed: the button that opened the first is no more.
        document.getElementById('open-settings')?.focus();
        this.#settings();
        document.getElementById('language')?.focus();
      };
      /** @type {HTMLInputElement} */
      const keys = h('input', { type: 'checkbox', id: 'single-keys', checked: areShortcutsOn(), onchange: () => switchShortcuts(keys.checked) });
      return [h('div', { class: 'stack' }, this.#languageChoice(spoken), themeChoice(), zoneChoice(() => this.#hooks.onlanguage()), h('p', { class: 'row' }, keys, h('label', { for: 'single-keys' }, t('settings.shortcuts'))))];
    });
  }

  /** @param {() => void} done */
  #languageChoice(done) {
    const fault = h('div', {});
    const choose = async () => {
      try {
        await chooseLanguage(choice.value);
      } catch (error) {
        choice.value = language();
        fill(fault, problemView(error));
        return;
      }
      done();
    };
    /** @type {HTMLSelectElement} */
    const choice = h('select', { id: 'language', onchange: choose }, languages.map((tag) => h('option', { value: tag, lang: tag, selected: tag === language() }, new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag)));
    return h('div', { class: 'field' }, h('label', { for: 'language' }, t('settings.language')), choice, fault);
  }

  async #leave() {
    // While the session is there: what the page has the server do is ended by it.
    this.#hooks.onleave();
    try {
      await signOut();
    } catch (error) {
      const again = (/** @type {() => void} */ close) => () => {
        close();
        this.#leave();
      };
      openDialog(t('sign-out'), (close) => [problemView(error, again(close))]);
      this.#hooks.onstay();
      return;
    }
    this.#hooks.onsignout();
  }

}

function brand() {
  return h('span', { class: 'brand' }, h('span', { class: 'brand-mark', 'aria-hidden': 'true' }), 'Till');
}

function themeChoice() {
  /** @type {HTMLSelectElement} */
  const choice = h('select', { id: 'theme', onchange: () => chooseTheme(/** @type {import('./core/theme.js').Theme} */ (choice.value)) },
    themes.map((name) => h('option', { value: name, selected: name === theme() }, t(`theme.${name}`))));
  return h('p', { class: 'field' }, h('label', { for: 'theme' }, t('settings.theme')), choice);
}

/** @param {() => void} done */
function zoneChoice(done) {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const choose = () => {
    chooseZone(choice.value);
    done();
  };
  /** @type {HTMLSelectElement} */
  const choice = h('select', { id: 'zone', onchange: choose }, zones.map((name) => h('option', { value: name, selected: name === zone() }, name === 'utc' ? 'UTC' : here)));
  return h('p', { class: 'field' }, h('label', { for: 'zone' }, t('settings.zone')), choice);
}
