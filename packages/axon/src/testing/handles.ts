// SPDX-License-Identifier: Apache-2.0

/** A message that has to be disposed of exactly once, made by {@link TestHandles}. */
export class TestHandle<T = unknown> {
  /** What it carries. */
  readonly value: T;
  readonly #ledger: TestHandles;

  /** @internal Made by {@link TestHandles}. */
  constructor(value: T, ledger: TestHandles) {
    this.value = value;
    this.#ledger = ledger;
  }

  /** One more handle of the same value, with a life of its own. */
  clone(): TestHandle<T> {
    return this.#ledger.make(this.value);
  }

  [Symbol.dispose](): void {
    this.#ledger.disposed(this);
  }
}

/** Keeps account of messages that have to be disposed of. */
export class TestHandles {
  readonly #live = new Set<TestHandle>();
  readonly #twice: unknown[] = [];
  #made = 0;

  /** Handles made so far, clones among them. */
  get made(): number {
    return this.#made;
  }

  /** Handles that nobody has disposed of. */
  get live(): number {
    return this.#live.size;
  }

  /** A new handle, to be sent, received and disposed of like a picture. */
  make<T>(value: T): TestHandle<T> {
    const handle = new TestHandle(value, this);
    this.#live.add(handle);
    this.#made++;
    return handle;
  }

  /** Throws an Error that names what was not disposed of, or more than once. */
  check(): void {
    if (this.#twice.length > 0) throw new Error(`TestHandles: disposed of more than once: ${list(this.#twice)}`);
    if (this.#live.size === 0) return;
    throw new Error(`TestHandles: not disposed of: ${list([...this.#live].map(({ value }) => value))}`);
  }

  /** @internal */
  disposed(handle: TestHandle): void {
    if (!this.#live.delete(handle)) this.#twice.push(handle.value);
  }
}

function list(values: readonly unknown[]): string {
  const shown = values.slice(0, 8).map(String).join(', ');
  return values.length > 8 ? `${shown} and ${values.length - 8} more` : shown;
}
