// SPDX-License-Identifier: Apache-2.0

/** What became of the messages of a test. */
export class Ledger {
  readonly disposed: string[] = [];
  /** Those that were not disposed; below 0 when some were twice. */
  held = 0;

  /** A message that only one can have. */
  single(name: string): Owned {
    return new Owned(this, name);
  }

  /** A message that can be cloned. */
  shared(name: string): Shared {
    return new Shared(this, name);
  }
}

export class Owned {
  readonly name: string;
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, name: string) {
    this.#ledger = ledger;
    this.name = name;
    ledger.held++;
  }

  [Symbol.dispose](): void {
    this.#ledger.held--;
    this.#ledger.disposed.push(this.name);
  }
}

export class Shared extends Owned {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, name: string) {
    super(ledger, name);
    this.#ledger = ledger;
  }

  clone(): Shared {
    return new Shared(this.#ledger, this.name);
  }
}
