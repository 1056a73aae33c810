// SPDX-License-Identifier: Apache-2.0

// Browsers without the symbol agree with TypeScript's and core-js' polyfills on nothing; there messages cannot carry it.
const DISPOSE: symbol | undefined = (Symbol as { dispose?: symbol }).dispose;

/** Calls the message's `Symbol.dispose`, if it has one. Whoever drops a message calls this. */
export function disposeMessage(message: unknown): void {
  if (typeof message !== 'object' || message === null || DISPOSE === undefined) return;
  try {
    const dispose = (message as Record<symbol, unknown>)[DISPOSE];
    if (typeof dispose === 'function') dispose.call(message);
  } catch (error) {
    // The dropper is not the message's owner and cannot handle this; it must not end the wrong component either.
    console.error('[error] a dropped message failed to dispose itself:', error);
  }
}

/** @internal Whether somebody has to dispose of the message. */
export function isDisposable(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || DISPOSE === undefined) return false;
  return typeof (message as Record<symbol, unknown>)[DISPOSE] === 'function';
}
