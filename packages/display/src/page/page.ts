// SPDX-License-Identifier: Apache-2.0
// The page: asks for frames one at a time, draws each at the next refresh, and only then asks for another.
import { type FrameHeader, readHeader } from './frame-header.js';
import { Picture } from './picture.js';

const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 4000;
const RATE_OVER_MS = 1000;

type State = 'connecting' | 'waiting' | 'playing' | 'ended' | 'failed';

interface Hook {
  readonly state: State;
  /** Number of the frame on the canvas, from 0; -1 before the first. */
  readonly frameNumber: number;
  readonly drawn: number;
  readonly dropped: number;
  readonly readPixels: () => { frameNumber: number; width: number; height: number; data: Uint8Array };
}

declare global {
  interface Window {
    /** For tests and for programs that embed the page. */
    kamaelia: Hook;
  }
}

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function clockTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  return `${String(minutes).padStart(2, '0')}:${rest.toFixed(2).padStart(5, '0')}`;
}

class Player {
  readonly #canvas = element<HTMLCanvasElement>('picture');
  readonly #picture = new Picture(this.#canvas);
  #socket: WebSocket | undefined;
  #state: State = 'connecting';
  #note = '';
  #retryMs = RETRY_FIRST_MS;
  /** True from asking for a frame until it has come: the server never has two under way. */
  #asked = false;
  #ended = false;
  #next: { header: FrameHeader; message: ArrayBuffer } | undefined;
  #header: FrameHeader | undefined;
  #secondField: ReturnType<typeof setTimeout> | undefined;
  #drawn = 0;
  #dropped = 0;
  #drawTimes: number[] = [];

  get hook(): Hook {
    const player = this;
    return {
      get state() {
        return player.#state;
      },
      get frameNumber() {
        return player.#header?.number ?? -1;
      },
      get drawn() {
        return player.#drawn;
      },
      get dropped() {
        return player.#dropped;
      },
      readPixels: () => ({ frameNumber: player.#header?.number ?? -1, ...player.#picture.readPixels() }),
    };
  }

  connect(): void {
    const { protocol, host, search } = location;
    const socket = new WebSocket(`${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/frames${search}`);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      this.#retryMs = RETRY_FIRST_MS;
      this.#asked = false;
      this.#ended = false;
      this.#show('waiting');
      if (document.hidden) socket.send('hidden');
      else this.#ask();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#told(data);
      else this.#receive(data as ArrayBuffer);
    };
    socket.onclose = ({ reason }) => {
      if (!this.#ended) this.#show('connecting', reason);
      setTimeout(() => this.connect(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
    };
  }

  #ask(): void {
    const socket = this.#socket;
    if (this.#asked || this.#next !== undefined || document.hidden || socket?.readyState !== WebSocket.OPEN) return;
    this.#asked = true;
    socket.send('ready');
  }

  /** A page that nobody sees asks for nothing, and says so: it is not to be taken for one that is stuck. */
  visibilityChanged(): void {
    if (!document.hidden) this.#ask();
    else if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send('hidden');
  }

  #told(text: string): void {
    const message = JSON.parse(text) as { kind: string };
    if (message.kind !== 'end') return;
    this.#ended = true;
    // The last frame may still wait for the next refresh.
    if (this.#next === undefined) this.#show('ended');
  }

  #receive(message: ArrayBuffer): void {
    this.#asked = false;
    try {
      this.#next = { header: readHeader(message), message };
    } catch (error) {
      this.#show('failed', (error as Error).message);
      return;
    }
    requestAnimationFrame(() => this.#drawNext());
  }

  #drawNext(): void {
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    const { header, message } = next;
    clearTimeout(this.#secondField);
    try {
      this.#picture.load(header, message);
    } catch (error) {
      this.#show('failed', (error as Error).message);
      return;
    }
    const before = this.#header?.number ?? -1;
    // Frames are numbered by the server, so a gap is what was dropped for this page.
    if (before >= 0 && header.number > before + 1) this.#dropped += header.number - before - 1;
    this.#header = header;
    this.#drawFields(header);
    this.#drawn++;
    this.#drawTimes.push(performance.now());
    this.#fit();
    this.#show(this.#ended ? 'ended' : 'playing');
    this.#ask();
  }

  /** Interlaced frames are shown as their two fields, the second half a frame later. */
  #drawFields({ fields, frameRate }: FrameHeader): void {
    if (fields === 'progressive') {
      this.#picture.draw();
      return;
    }
    const first = fields === 'tff' ? 0 : 1;
    this.#picture.draw(first);
    const halfMs = frameRate.num > 0 ? (500 * frameRate.den) / frameRate.num : 20;
    this.#secondField = setTimeout(() => requestAnimationFrame(() => this.#picture.draw(1 - first)), halfMs);
  }

  #fit(): void {
    const { displayWidth = 16, displayHeight = 9 } = this.#header ?? {};
    const stage = element('stage');
    const scale = Math.min(stage.clientWidth / displayWidth, stage.clientHeight / displayHeight);
    this.#canvas.style.width = `${Math.floor(displayWidth * scale)}px`;
    this.#canvas.style.height = `${Math.floor(displayHeight * scale)}px`;
  }

  resized(): void {
    this.#fit();
  }

  #rate(): number {
    const since = performance.now() - RATE_OVER_MS;
    this.#drawTimes = this.#drawTimes.filter((at) => at >= since);
    return this.#drawTimes.length;
  }

  #show(state: State, note = ''): void {
    this.#state = state;
    this.#note = note;
    document.body.dataset.state = state;
    this.refresh();
  }

  refresh(): void {
    const header = this.#header;
    element('state').textContent = this.#note === '' ? this.#state : `${this.#state}: ${this.#note}`;
    if (header === undefined) return;
    const { pts, timebase, width, height, number, damaged } = header;
    element('frame').textContent = `frame ${number}${damaged ? ' (damaged)' : ''}`;
    element('time').textContent = clockTime((pts * timebase.num) / timebase.den);
    element('rate').textContent = `${this.#rate()} fps`;
    element('dropped').textContent = `${this.#dropped} dropped`;
    element('size').textContent = `${width}×${height}`;
  }
}

try {
  const player = new Player();
  window.kamaelia = player.hook;
  addEventListener('resize', () => player.resized());
  document.addEventListener('visibilitychange', () => player.visibilityChanged());
  setInterval(() => player.refresh(), RATE_OVER_MS);
  player.connect();
} catch (error) {
  document.body.dataset.state = 'failed';
  element('state').textContent = (error as Error).message;
}
