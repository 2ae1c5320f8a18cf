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
