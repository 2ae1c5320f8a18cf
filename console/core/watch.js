// Looks again and again, as long as somebody looks at the page: never two at once, and not any more once a look says so.

/**
 * @param {number} milliseconds between looks
 * @param {() => Promise<boolean | void>} look answers false where there is nothing to look for any more
 * @param {AbortSignal} signal
 */
export function repeat(milliseconds, look, signal) {
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking || document.visibilityState !== 'visible') return;
    isLooking = true;
    const goesOn = await look();
    isLooking = false;
    if (goesOn === false) clearInterval(timer);
  }, milliseconds);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** A look that is not answered by then is none: what is shown is as it was, and that is said. In milliseconds. */
const patience = 10_000;

/**
 * @param {AbortSignal} [signal] of the page
 * @param {number} [milliseconds]
 * @returns {AbortSignal} of one look: it ends with the page, or unanswered
 */
export function oneLook(signal, milliseconds = patience) {
  const look = new AbortController();
  setTimeout(() => look.abort(new DOMException('unanswered', 'TimeoutError')), milliseconds);
  signal?.addEventListener('abort', () => look.abort(), { signal: look.signal });
  return look.signal;
}
