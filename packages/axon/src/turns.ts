// SPDX-License-Identifier: Apache-2.0

/** Calls `next` in a later turn of the event loop, after sockets and timers had theirs. */
export type Schedule = (next: () => void) => void;

/** `setImmediate` where it exists (Node), else a `MessageChannel` (pages, workers), else `setTimeout`. */
export function defaultSchedule(): Schedule {
  const { setImmediate, MessageChannel } = globalThis as {
    setImmediate?: (f: () => void) => void;
    MessageChannel?: typeof globalThis.MessageChannel;
  };
  if (typeof setImmediate === 'function') return (next) => setImmediate(next);
  if (typeof MessageChannel !== 'function') return (next) => setTimeout(next, 0);
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  // Setting the handler, unlike addEventListener, also starts the port.
  (port1 as { onmessage?: unknown }).onmessage = () => waiting.shift()?.();
  return (next) => {
    waiting.push(next);
    port2.postMessage(undefined);
  };
}
