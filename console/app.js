// The console's beginning: language, session and features first, then the page that the URL names.

import { connection, credential } from './core/api.js';
import { announce, mountAnnouncements } from './core/announce.js';
import { readFeatures } from './core/features.js';
import { listenForShortcuts } from './core/keyboard.js';
import { language, preferredLanguage, speak, t } from './core/language.js';
import { follow, here } from './core/location.js';
import { expectsSession, followOtherWindows, isSignedIn, resume, session } from './core/session.js';
import { showTheme } from './core/theme.js';
import { oneLook } from './core/watch.js';
import { renewSession } from './components/sign-in.js';
import { fill, h } from './core/dom.js';
import { Unreachable } from './core/problem.js';
import { problemView } from './components/problem-view.js';
import { findPage } from './pages/pages.js';
import { Shell } from './shell.js';

const shell = new Shell();
/** How long a server has to say that it is there, in milliseconds. */
const reachPatience = 5_000;
/** What the page that is shown reads and does, ended when it is left. */
let visit = new AbortController();
let shownPage = '';

/** @param {import('./core/location.js').Place} place */
async function show(place) {
  // Who is not signed in sees the place once they are.
  if (!isSignedIn()) return;
  visit.abort();
  visit = new AbortController();
  const { signal } = visit;
  const page = findPage(place);
  const focusID = document.activeElement?.id;
  shell.select(page, true);
  try {
    const content = page.isOffered() ? await (await page.load()).render(place, { signal }) : shell.notOffered();
    if (signal.aborted) return;
    fill(shell.main, content);
  } catch (error) {
    if (signal.aborted) return;
    const content = await failed(error, t(page.title));
    if (signal.aborted) return;
    fill(shell.main, content);
  }
  shell.select(page, false);
  settleFocus(page.name, focusID);
}

/**
 * A module that did not come: a newer server no longer has it, or the server does not answer at all.
 *
 * @param {unknown} error
 * @param {string} title of the page
 */
async function failed(error, title) {
  const isOfModule = error instanceof TypeError && /import|module/i.test(error.message);
  const isReachable = !isOfModule || (await fetch('/healthz', { signal: oneLook(undefined, reachPatience) }).then(({ ok }) => ok, () => false));
  if (isOfModule && isReachable) return shell.outdated();
  if (!isReachable) connection.dispatchEvent(new Event('unreachable'));
  return h('div', { class: 'stack' }, h('h1', {}, title), problemView(isReachable ? error : new Unreachable(title), () => show(here())));
}

/**
 * On a new page the focus goes to its heading; on the same one it stays where it was, and goes there too where that is no more.
 *
 * @param {string} name
 * @param {string | undefined} focusID
 */
function settleFocus(name, focusID) {
  const heading = shell.main.querySelector('h1');
  document.title = `${heading?.textContent ?? ''} · Till`;
  const kept = focusID ? document.getElementById(focusID) : null;
  const isNew = shownPage && shownPage !== name;
  const isLost = shownPage && !(kept instanceof HTMLElement) && document.activeElement === document.body;
  if ((isNew || isLost) && heading instanceof HTMLElement) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  if (isNew && heading) {
    scrollTo({ top: 0 });
    announce(heading.textContent ?? '');
  } else if (kept instanceof HTMLElement && document.activeElement !== kept) kept.focus({ preventScroll: true });
  shownPage = name;
}

function showAll() {
  shell.mount({ onleave: () => visit.abort(), onstay: () => show(here()), onsignout: signedOut, onlanguage: showAll });
  show(here());
}

/** Nothing of who was signed in goes on, or is there to be seen by who comes next. */
function signedOut() {
  visit.abort();
  shell.empty();
  start();
}

/**
 * What who is signed in will need is asked for beside the session, not after it.
 *
 * @returns {Promise<void> | undefined} the features; their fault is told where they are awaited
 */
function readAhead() {
  if (!expectsSession()) return undefined;
  const features = readFeatures();
  features.catch(() => {});
  findPage(here()).load().catch(() => {});
  return features;
}

/** @param {Promise<void>} [features] that are on their way */
async function start(features) {
  const { isBegun, refusal } = await resume();
  if (isBegun) {
    await (features ?? readFeatures());
    showAll();
  } else {
    shell.mountSignIn(async () => {
      await readFeatures();
      showAll();
    }, refusal);
  }
}

async function begin() {
  showTheme();
  const features = readAhead();
  await speak(preferredLanguage());
  mountAnnouncements();
  listenForShortcuts();
  follow(show);
  credential.renew = renewSession;
  followOtherWindows(renewSession);
  connection.addEventListener('unreachable', () => shell.setReachable(false));
  connection.addEventListener('reachable', () => shell.setReachable(true));
  session.addEventListener('change', () => shell.showActor());
  document.documentElement.lang = language();
  try {
    await start(features);
  } catch (error) {
    shell.mountProblem(error);
  }
}

begin();
