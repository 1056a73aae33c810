// SPDX-License-Identifier: Apache-2.0
// The messages by which components of the old vocabulary speak of more than data. Receivers ask with `instanceof`.
import type { Component } from '../component.js';

function needs(owner: object, given: number, ...names: string[]): void {
  if (given >= names.length) return;
  const missing = names.slice(given).join(' and ');
  throw new TypeError(
    `${owner.constructor.name}: Expected ${missing} but received ${given} of ${names.length} arguments`,
  );
}

/** What every message here is. */
export class ipc {}

/** The producer has sent everything: finish what is queued, then pass this on and end. */
export class producerFinished extends ipc {
  readonly caller: unknown;
  readonly message: unknown;

  constructor(caller?: unknown, message?: unknown) {
    super();
    this.caller = caller;
    this.message = message;
  }
}

/** End now. As the close-down value of a microprocess: those named are stopped too. */
export class shutdownMicroprocess extends ipc {
  readonly #microprocesses: readonly unknown[];

  constructor(...microprocesses: unknown[]) {
    super();
    this.#microprocesses = microprocesses;
  }

  microprocesses(): readonly unknown[] {
    return this.#microprocesses;
  }
}

/** An early form of {@link shutdownMicroprocess}. */
export class shutdown extends ipc {}

/** Something has happened to `object`, says `caller`. */
export class notify extends ipc {
  readonly caller: unknown;
  readonly object: unknown;

  constructor(caller: unknown, payload: unknown) {
    super();
    // biome-ignore lint/complexity/noArguments: a missing argument and one that is undefined are told apart
    needs(this, arguments.length, 'caller', 'payload');
    this.caller = caller;
    this.object = payload;
  }
}

/** How things are. */
export class status extends ipc {
  readonly #status: unknown;

  constructor(value: unknown) {
    super();
    // biome-ignore lint/complexity/noArguments: see notify
    needs(this, arguments.length, 'status');
    this.#status = value;
  }

  status(): unknown {
    return this.#status;
  }
}

/** `caller` is about to block. Nothing here blocks; it is for programs that pass it on. */
export class wouldblock extends ipc {
  readonly caller: unknown;

  constructor(caller: unknown) {
    super();
    // biome-ignore lint/complexity/noArguments: see notify
    needs(this, arguments.length, 'caller');
    this.caller = caller;
  }
}

/** Something went wrong that does not end the component. */
export class errorInformation extends ipc {
  readonly caller: unknown;
  readonly exception: unknown;
  readonly message: unknown;

  constructor(caller: unknown, exception?: unknown, message?: unknown) {
    super();
    // biome-ignore lint/complexity/noArguments: see notify
    needs(this, Math.min(arguments.length, 1), 'caller');
    this.caller = caller;
    this.exception = exception;
    this.message = message;
  }
}

/** Yielded by a microprocess: these are activated. */
export class newComponent extends ipc {
  readonly #components: readonly Component[];

  constructor(...components: Component[]) {
    super();
    this.#components = components;
  }

  components(): readonly Component[] {
    return this.#components;
  }
}

/**
 * Yielded by a microprocess: it goes on when the generator has ended, and the `yield` gives what that returned.
 * Messages arrive meanwhile, and `pause()` inside the generator pauses, as anywhere.
 */
export class WaitComplete<R = unknown> extends ipc {
  readonly args: readonly [Iterator<unknown, R, unknown>];
  readonly argd: { readonly tag?: string };

  constructor(generator: Iterator<unknown, R, unknown>, argd: { readonly tag?: string } = {}) {
    super();
    if (typeof generator?.next !== 'function') {
      throw new TypeError(`WaitComplete: Expected a generator but received ${String(generator)}`);
    }
    this.args = [generator];
    this.argd = argd;
  }
}

/** As the close-down value of a microprocess: `original`, which sleeps, goes on. */
export class reactivate extends ipc {
  readonly original: unknown;

  constructor(original: unknown) {
    super();
    this.original = original;
  }
}

// ---- of networking ----

/** The connection is closed. */
export class socketShutdown extends producerFinished {}

/** The server is to end. */
export class serverShutdown extends shutdownMicroprocess {}

/** There is a new connection: `object` is the adapter of its socket. */
export class newCSA extends notify {
  readonly sock: unknown;

  constructor(caller: unknown, CSA: unknown, sock?: unknown) {
    super(caller, CSA);
    this.sock = sock;
  }

  handlesWriting(): boolean {
    return true;
  }
}

/** A connection has gone. */
export class shutdownCSA extends notify {
  shutdown(): boolean {
    return true;
  }
}

/** There is a new server. */
export class newServer extends notify {
  handlesWriting(): boolean {
    return false;
  }
}

/** Asks to be told when `object`, `((component, box), descriptor)`, can be read from, written to, and so on. */
class watch extends notify {
  hasOOB = false;
}

export class newReader extends watch {}
export class newWriter extends watch {}
export class newExceptional extends watch {}
export class removeReader extends watch {}
export class removeWriter extends watch {}
export class removeExceptional extends watch {}
