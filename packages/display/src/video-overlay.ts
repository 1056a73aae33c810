// SPDX-License-Identifier: Apache-2.0
import { CancelledError, Component, type External, type Steps } from '@kamaelia/axon';
import { MediaError, type VideoFrame } from '@kamaelia/media';
import type { WebSocket } from 'ws';
import { type FrameMessage, frameMessage } from './frame-message.js';
import { type PageAddress, PageServer } from './page-server.js';
import { Viewer } from './viewer.js';

/** Options of a {@link VideoOverlay}. */
export interface VideoOverlayOptions {
  /** 0 to 65535; 0 takes any free one. Default: the next free one from 8765. */
  readonly port?: number;
  /** Address to listen on. Default `127.0.0.1`; any other than this machine's own is protected by a token in the address. */
  readonly host?: string;
  /** Shown on the page. Default `Kamaelia`. */
  readonly title?: string;
  /** Wider pictures are made smaller before they are sent, 16 to 16384. Default 1280. */
  readonly maxWidth?: number;
  /** Shows interlaced frames with both fields woven, as they are, instead of one field after the other. Default false. */
  readonly weave?: boolean;
  /** Pages at once, 1 to 1024; further ones are turned away. Default 16. */
  readonly maxViewers?: number;
  /** Is told the page's address. Default: prints it on standard error. */
  readonly announce?: (url: string) => void;
}

/** Counters of a {@link VideoOverlay}. */
export interface VideoOverlayStats {
  /** Pages that are open. */
  readonly viewers: number;
  /** Frames received. */
  readonly frames: number;
  /** Frames sent, counted for each page. */
  readonly sent: number;
  /** Frames that a page did not get because it was slow or hidden, counted for each page. */
  readonly dropped: number;
}

const DEFAULT_MAX_WIDTH = 1280;
const DEFAULT_MAX_VIEWERS = 16;
/** A page that asks for nothing for so long, with frames waiting, is let go. */
const SILENCE_US = 5_000_000;
/** How long pages have to take the last frame. */
const LAST_FRAME_US = 2_000_000;
const TRY_LATER = 1013;
const POLICY_VIOLATION = 1008;

/**
 * Shows frames in a page of a web browser, drawn by WebGL2 in the frame's own matrix and range. It serves the page and
 * prints its address; any number of pages may look on, come and go.
 *
 * `inbox`: planar YUV frames of any depth (shown with 8 bits), closed as soon as they are copied. A page gets a frame
 * when it has drawn the one before; frames that it has no time for are dropped, counted and shown, and never delay the
 * graph. A page that is silent for 5 s with frames waiting is let go; it comes back by itself when it is alive. A new
 * page gets the last frame at once.
 *
 * When the stream ends, pages get its last frame and the end, then the port is closed. A port that is in use ends the
 * graph with a `MediaError` (`PORT`).
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { VideoOverlay } from '@kamaelia/display';
 * import { FramePool } from '@kamaelia/media';
 * const frame = new FramePool().acquire(
 *   { format: 'I420', codedWidth: 64, codedHeight: 36 },
 *   { pts: 0, timebase: { num: 1, den: 25 } },
 * );
 * await Pipeline([frame], new VideoOverlay({ title: 'One frame' })).run();
 */
export class VideoOverlay extends Component {
  readonly inbox = this.in<VideoFrame>('inbox', { capacity: 4 });
  readonly #maxWidth: number;
  readonly #weave: boolean;
  readonly #maxViewers: number;
  readonly #announce: (url: string) => void;
  readonly #server: PageServer;
  readonly #viewers = new Set<Viewer>();
  readonly #external: External = this.external();
  readonly #listening = deferred<PageAddress>();
  readonly #viewer = deferred<void>();
  #last: FrameMessage | undefined;
  #frames = 0;
  #sent = 0;
  #dropped = 0;
  #silenceAtUs = Number.POSITIVE_INFINITY;
  #ending = false;

  constructor(options: VideoOverlayOptions = {}) {
    super();
    const { port, host = '127.0.0.1', title = 'Kamaelia', maxWidth = DEFAULT_MAX_WIDTH } = options;
    const { weave = false, maxViewers = DEFAULT_MAX_VIEWERS, announce = toStderr } = options;
    if (port !== undefined) whole('port', port, 0, 65_535);
    this.#maxWidth = whole('maxWidth', maxWidth, 16, 16_384);
    this.#maxViewers = whole('maxViewers', maxViewers, 1, 1024);
    if (typeof host !== 'string' || host === '') throw notText('host', 'a non-empty string', host);
    if (typeof title !== 'string') throw notText('title', 'a string', title);
    this.#weave = weave;
    this.#announce = announce;
    this.#server = new PageServer({
      host,
      port,
      title,
      onViewer: (socket) => this.#join(socket),
      onWarning: (message) => this.log('warn', message),
    });
  }

  /** Resolves when the page is served. Rejects when the overlay ended before that. */
  get listening(): Promise<PageAddress> {
    return this.#listening.promise;
  }

  /** Resolves when the first page is there. Rejects when the overlay ended before that. */
  get viewer(): Promise<void> {
    return this.#viewer.promise;
  }

  /** What it has done so far. */
  get stats(): VideoOverlayStats {
    const sent = [...this.#viewers].reduce((sum, viewer) => sum + viewer.sent, this.#sent);
    return { viewers: this.#viewers.size, frames: this.#frames, sent, dropped: this.#dropped };
  }

  override *main(): Steps {
    const { inbox } = this;
    try {
      yield* this.#listen();
      while (!inbox.ended) {
        while (inbox.ready) yield* this.#show(inbox.recv());
        this.#letSilentGo();
        yield;
      }
      yield* this.#end();
    } finally {
      for (const viewer of this.#viewers) viewer.terminate();
      const ended = new CancelledError(this.path, 'ended');
      this.#listening.reject(ended);
      this.#viewer.reject(ended);
      yield this.#server.close();
    }
  }

  *#listen(): Steps {
    let address: PageAddress;
    try {
      address = yield* this.until(this.#server.listen());
    } catch (cause) {
      throw new MediaError(`VideoOverlay: cannot serve the page: ${(cause as Error).message}`, { code: 'PORT', cause });
    }
    this.#announce(address.url);
    this.#listening.resolve(address);
  }

  *#show(frame: VideoFrame): Steps {
    let message: FrameMessage;
    try {
      message = yield* this.until(frameMessage(frame, this.#frames++, this.#maxWidth, this.#weave));
    } finally {
      frame.close();
    }
    this.#last = message;
    for (const viewer of this.#viewers) viewer.offer(message);
    this.#watchSilence();
  }

  #join(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    if (this.#ending || this.#viewers.size >= this.#maxViewers) {
      socket.close(TRY_LATER, this.#ending ? 'ended' : `more than ${this.#maxViewers} viewers (maxViewers)`);
      return;
    }
    const viewer = new Viewer(socket, {
      first: this.#last,
      now: () => this.clock.now(),
      onDrop: () => {
        this.#dropped++;
      },
    });
    this.#viewers.add(viewer);
    socket.on('message', (data, isBinary) => {
      if (isBinary || !viewer.told(String(data))) socket.close(POLICY_VIOLATION, 'not understood');
      this.#external.wake();
    });
    socket.on('close', () => {
      this.#viewers.delete(viewer);
      this.#sent += viewer.sent;
      this.#external.wake();
    });
    this.#watchSilence();
    this.#viewer.resolve();
  }

  /** Wakes this component when the viewer that has been silent for longest has been so for too long. */
  #watchSilence(): void {
    const since = Math.min(...[...this.#viewers].map((viewer) => viewer.silentSinceUs ?? Number.POSITIVE_INFINITY));
    const atUs = since + SILENCE_US;
    if (!(atUs < Number.POSITIVE_INFINITY) || this.#silenceAtUs <= atUs) return;
    this.#silenceAtUs = atUs;
    this.wakeAt(atUs);
  }

  #letSilentGo(): void {
    const now = this.clock.now();
    if (now < this.#silenceAtUs) return;
    this.#silenceAtUs = Number.POSITIVE_INFINITY;
    for (const viewer of this.#viewers) {
      const since = viewer.silentSinceUs;
      if (since === undefined || now - since < SILENCE_US || viewer.probe()) continue;
      this.log('warn', `a viewer was silent for ${SILENCE_US / 1e6} s with frames waiting and is let go`);
      viewer.terminate();
    }
    this.#watchSilence();
  }

  *#end(): Steps {
    this.#ending = true;
    const untilUs = this.clock.now() + LAST_FRAME_US;
    const waiting = () => [...this.#viewers].some((viewer) => viewer.waiting);
    if (waiting()) this.wakeAt(untilUs);
    while (waiting() && this.clock.now() < untilUs) yield;
    const totals = { frames: this.#frames, dropped: this.#dropped };
    for (const viewer of this.#viewers) viewer.end(totals);
    const closedByUs = this.clock.now() + LAST_FRAME_US;
    if (this.#viewers.size > 0) this.wakeAt(closedByUs);
    while (this.#viewers.size > 0 && this.clock.now() < closedByUs) yield;
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that nobody has to take: its rejection is never unhandled. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function toStderr(url: string): void {
  process.stderr.write(`VideoOverlay: watch at ${url}\n`);
}

function notText(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`VideoOverlay: Expected ${expected} for ${name} but received ${JSON.stringify(value)}`);
}

function whole(name: string, value: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw new RangeError(
    `VideoOverlay: Expected an integer of ${least} to ${most} for ${name} but received ${String(value)}`,
  );
}
