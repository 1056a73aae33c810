// SPDX-License-Identifier: Apache-2.0
import type { Inspection } from '@kamaelia/axon';
import { findings, type Stall, stallLine, stallOf } from './findings.js';
import { liveTable } from './live-table.js';
import { Stillness } from './stall.js';
import { type Terminal, TerminalScreen } from './terminal-screen.js';
import { Watch } from './watch.js';

const DEFAULT_EVERY_MS = 500;
const TOLD_AFTER_S = 5;
const UNBOUNDED = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };

/** What was seen when a graph came to its end. */
export interface End {
  readonly inspection: Inspection;
  /** Where it stood still, if it did. */
  readonly stall: Stall | undefined;
  /** What there is to say of it, a line each. */
  readonly notes: readonly string[];
}

/**
 * Shows what a graph does while it runs: a table that is written over on `stderr`, where that is a terminal; else a table
 * each `everyMs`, if that is given, and a line when the graph stands still. What the graph writes to `stdout` meanwhile
 * stays whole.
 */
export class LiveView {
  readonly #look: () => Inspection;
  readonly #explain: (path: string) => string;
  readonly #stderr: Terminal;
  readonly #screen: TerminalScreen | undefined;
  readonly #tables: boolean;
  readonly #watch: Watch;
  readonly #stillness = new Stillness();
  #told = false;
  #end: End | undefined;

  constructor(
    look: () => Inspection,
    explain: (path: string) => string,
    everyMs: number | undefined,
    stderr: Terminal,
    stdout: Terminal,
  ) {
    this.#look = look;
    this.#explain = explain;
    this.#stderr = stderr;
    this.#screen = stderr.isTTY ? new TerminalScreen(stderr, [stdout]) : undefined;
    this.#tables = everyMs !== undefined;
    this.#watch = new Watch(look, everyMs ?? DEFAULT_EVERY_MS, (before, now) => this.#show(before, now));
  }

  /** Before anything had run. */
  get first(): Inspection {
    return this.#watch.first;
  }

  /** How it was when it was kept, or else is now. */
  get end(): End {
    return this.#end ?? this.#endOf(this.#look(), false);
  }

  /** Keeps what there is to see, as the graph is about to be taken down. */
  freeze(): void {
    this.#end ??= this.#endOf(this.#look(), false);
    this.#watch.stop();
  }

  /** The same of a graph in which nothing can happen any more. */
  freezeForGood(): void {
    this.#end ??= this.#endOf(this.#look(), true);
    this.#watch.stop();
  }

  /** Leaves the terminal as if nothing had been shown. */
  close(): void {
    this.#watch.stop();
    this.#screen?.show([]);
    this.#screen?.close();
  }

  #endOf(inspection: Inspection, forGood: boolean): End {
    const still = this.#stillness.secondsAt(inspection);
    const stall = forGood || still !== undefined ? stallOf(inspection, this.#explain) : undefined;
    const lines = stall === undefined ? [] : [stallLine(stall, forGood ? undefined : still)];
    return { inspection, stall, notes: [...lines, ...findings(this.first, inspection)] };
  }

  #show(before: Inspection, now: Inspection): void {
    const seconds = this.#stillness.secondsAt(now);
    const stall = seconds === undefined ? undefined : stallOf(now, this.#explain);
    const line = stall === undefined ? undefined : stallLine(stall, seconds);
    if (this.#screen === undefined) {
      if (this.#tables) this.#write(liveTable(before, now, UNBOUNDED, notes(line, before, now)).join('\n'));
      else if (line !== undefined) this.#tell(line, seconds ?? 0, now);
      if (seconds === undefined) this.#told = false;
      return;
    }
    this.#screen.show(liveTable(before, now, this.#screen.size, notes(line, before, now)));
  }

  /** Once for each stall, and not of a graph that has nothing to do. */
  #tell(line: string, seconds: number, { components }: Inspection): void {
    if (this.#told || seconds < TOLD_AFTER_S) return;
    if (!components.some(({ inboxes }) => inboxes.some(({ full }) => full))) return;
    this.#told = true;
    this.#write(`kamaelia: ${line}`);
  }

  #write(text: string): void {
    this.#stderr.write(`${text}\n`);
  }
}

function notes(stall: string | undefined, before: Inspection, now: Inspection): string[] {
  return stall === undefined ? findings(before, now) : [stall];
}
