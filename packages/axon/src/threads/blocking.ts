// SPDX-License-Identifier: Apache-2.0

import type { Component } from '../component.js';
import { TASK } from '../component.js';
import { disposeMessage } from '../dispose.js';
import { CancelledError } from '../errors.js';
import { Inbox } from '../inbox.js';

/** What blocks for the component that runs in this thread. */
export interface BlockingThread {
  readonly component: Component;
  /** The component is to stop. */
  readonly stopping: boolean;
  /** Takes what has come and sends what waits. */
  exchange(): void;
  /** Blocks until there may be more to {@link exchange}. */
  sleep(): void;
}

let current: BlockingThread | undefined;

/** Says which component may block in this thread. */
export function setBlocking(thread: BlockingThread | undefined): void {
  current = thread;
  // Nothing but a worker of the pool gets here, so this replaces a method that only throws.
  Inbox.prototype.recvBlocking = recvBlocking;
}

const { recvBlocking: refuse } = Inbox.prototype;

function recvBlocking(this: Inbox): unknown {
  const thread = current;
  if (thread === undefined || thread.component[TASK] !== this.task) return refuse.call(this);
  for (;;) {
    if (thread.stopping) throw new CancelledError(this.task.path());
    if (this.ready) return this.recv();
    if (this.ended) return undefined;
    thread.exchange();
    if (!this.ready && !this.ended && !thread.stopping) thread.sleep();
  }
}

/**
 * Makes sending into the inbox wait for room, and send at once: for a `main()` that is a plain function, in whose time
 * nothing else runs.
 */
export function sendBlocking(inbox: Inbox, thread: BlockingThread): void {
  const { push } = inbox;
  let cancelled = false;
  inbox.push = (message) => {
    // A function that sends once more while it cleans up is not interrupted again.
    while (inbox.full && !cancelled) {
      if (thread.stopping) {
        cancelled = true;
        disposeMessage(message);
        throw new CancelledError(thread.component.path);
      }
      thread.exchange();
      if (inbox.full) thread.sleep();
    }
    push.call(inbox, message);
    thread.exchange();
  };
}
