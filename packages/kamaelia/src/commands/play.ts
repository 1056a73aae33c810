// SPDX-License-Identifier: Apache-2.0
import { type Component, type LogEntry, Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { SingleServer, TCPClient } from '@kamaelia/components/net';
import { MessageRateLimit } from '@kamaelia/components/rate';
import { DiracDecoder, type DiracStreamInfo } from '@kamaelia/dirac';
import { VideoOverlay } from '@kamaelia/display';
import { FramePacer, type VideoFrame } from '@kamaelia/media';
import { type Command, parse, wholeNumber } from '../command.js';
import { EXIT, UsageError } from '../failure.js';
import { INPUT_HELP, type Input, inputOf, LIVE_INPUT_HELP, pacedFile, sourceOf } from '../input.js';
import { ProgressLine } from '../progress-line.js';
import { writeOut } from '../standard-output.js';
import { bitrateOf, ratesOf } from '../stream-rates.js';

const HIGHEST_PORT = 65_535;
const WAIT_SECONDS = 20;
/** Frames gathered before the first is shown, against the network's ups and downs. The decoder has more to spare. */
const BUFFERED_FRAMES = 8;

const OPTIONS = {
  loop: 'flag',
  'no-page': 'flag',
  'no-wait': 'flag',
  'through-tcp': 'flag',
  port: 'text',
  host: 'text',
  'max-width': 'text',
  weave: 'flag',
  threads: 'text',
  'low-delay': 'flag',
  json: 'flag',
  strict: 'flag',
  header: 'list',
  interface: 'text',
} as const;

type Options = ReturnType<typeof parsed>['values'];
const parsed = (args: string[]) => parse(args, OPTIONS, { least: 1, most: 1 });

/** Resolves when the first viewer is there or time is up; counts down on the terminal. */
async function firstViewer(overlay: VideoOverlay, progress: ProgressLine, signal: AbortSignal): Promise<void> {
  const until = performance.now() + WAIT_SECONDS * 1000;
  const left = () => Math.max(0, Math.ceil((until - performance.now()) / 1000));
  progress.show(() => `waiting for a viewer: ${left()} s`);
  const countdown = setInterval(() => progress.show(() => `waiting for a viewer: ${left()} s`), 250);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | undefined;
  try {
    await Promise.race([
      overlay.viewer,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, WAIT_SECONDS * 1000);
        leave = resolve;
        signal.addEventListener('abort', resolve as () => void, { once: true });
      }),
    ]);
  } finally {
    clearInterval(countdown);
    clearTimeout(timer);
    if (leave !== undefined) signal.removeEventListener('abort', leave);
    progress.clear();
  }
}

function clockTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** The input, and with it, as in the article, a server in this process that sends it over TCP. */
async function sourceFor(
  input: Input,
  info: DiracStreamInfo | undefined,
  values: Options,
  graphs: Graphs,
): Promise<Component | AsyncIterable<Uint8Array>> {
  if (input.kind !== 'file') {
    if (values['through-tcp'] || values.loop) {
      throw new UsageError(`Expected a file for INPUT with --${values.loop ? 'loop' : 'through-tcp'}`);
    }
    return sourceOf(input, { signal: graphs.signal });
  }
  const repeat = values.loop;
  if (!values['through-tcp']) return new ReadFileAdaptor({ filename: input.path, repeat });
  if (info === undefined) {
    throw new UsageError(`Expected a regular file for INPUT with --through-tcp but received ${input.path}`);
  }
  const server = new SingleServer({ port: 0 });
  graphs.start(Pipeline(pacedFile(input.path, bitrateOf(info, input.path), repeat), server));
  const { host, port } = await server.listening;
  return new TCPClient({ host, port });
}

/** Graphs of one program: when one fails the others are stopped, and the first failure is the program's. */
class Graphs {
  readonly #stop = new AbortController();
  readonly signal: AbortSignal;
  readonly #onLog: (entry: LogEntry) => void;
  readonly #running: Promise<void>[] = [];
  #failure: { error: unknown } | undefined;

  constructor(signal: AbortSignal, onLog: (entry: LogEntry) => void) {
    this.signal = AbortSignal.any([signal, this.#stop.signal]);
    this.#onLog = onLog;
  }

  start(graph: Component): void {
    const done = graph.run({ signal: this.signal, onLog: this.#onLog });
    this.#running.push(done.catch((error: unknown) => this.fail(error)));
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

function pacer(info: DiracStreamInfo | undefined, values: Options): Component {
  if (info === undefined || !values['through-tcp']) return new FramePacer();
  const messagesPerSecond = info.frameRate.num / info.frameRate.den;
  return new MessageRateLimit<VideoFrame>({ messagesPerSecond, buffer: BUFFERED_FRAMES });
}

function overlayFor(values: Options, title: string): VideoOverlay {
  const port = wholeNumber('--port', values.port, { least: 0, most: HIGHEST_PORT });
  const maxWidth = wholeNumber('--max-width', values['max-width'], { least: 16, most: 16_384 });
  return new VideoOverlay({
    title,
    weave: values.weave,
    announce: () => {},
    ...(port === undefined ? {} : { port }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(maxWidth === undefined ? {} : { maxWidth }),
  });
}

interface Played {
  frames: number;
  damaged: number;
}

function close(frame: VideoFrame): void {
  frame.close();
}

async function run(args: string[], signal: AbortSignal): Promise<number> {
  const { values, operands } = parsed(args);
  const input = inputOf(operands[0] ?? '', { headers: values.header, interface: values.interface });
  const threads = wholeNumber('--threads', values.threads, { least: 1, most: 64 });
  const overlay = values['no-page'] ? undefined : overlayFor(values, operands[0] ?? '');
  const progress = new ProgressLine();
  const onLog = ({ level, path, message }: LogEntry) => {
    if (level === 'warn' || level === 'error') progress.say(`${level}: ${path}: ${message}`);
  };
  const played: Played = { frames: 0, damaged: 0 };
  const began = { at: performance.now() };
  const decoder = new DiracDecoder({
    ...(threads === undefined ? {} : { threads }),
    lowDelay: values['low-delay'],
  });
  // What comes from elsewhere is paced by its own times.
  const info = input.kind === 'file' ? await ratesOf(input.path, signal) : undefined;
  const graphs = new Graphs(signal, onLog);
  try {
    const source = await sourceFor(input, info, values, graphs);
    const announced = overlay?.listening.then(({ url }) => progress.say(`Watch at ${url}`));
    const ready =
      values['no-wait'] || overlay === undefined
        ? undefined
        : announced?.then(() => firstViewer(overlay, progress, graphs.signal));
    // A page that cannot be served fails its graph.
    for (const promise of [announced, ready]) promise?.catch(() => {});
    const whenReady = async (frame: VideoFrame): Promise<VideoFrame> => {
      if (ready !== undefined) await ready;
      if (played.frames === 0) began.at = performance.now();
      return frame;
    };
    const count = (frame: VideoFrame): VideoFrame => {
      played.frames++;
      if (frame.damaged) played.damaged++;
      progress.show(() => line(frame, played, info, overlay));
      return frame;
    };
    const parts = [source, decoder, whenReady, pacer(info, values), count, overlay ?? close];
    graphs.start(Pipeline(...(parts as unknown as [Component])));
  } catch (error) {
    graphs.fail(error);
  }
  await graphs.ended().finally(() => progress.clear());
  return report(played, decoder, values, (performance.now() - began.at) / 1000);
}

function line(
  frame: VideoFrame,
  { frames, damaged }: Played,
  info: DiracStreamInfo | undefined,
  overlay: VideoOverlay | undefined,
): string {
  const whole = info === undefined ? '' : ` / ${clockTime(info.duration)}`;
  const harm = damaged > 0 ? `  ${damaged} damaged` : '';
  const viewers = overlay === undefined ? '' : `  ${overlay.stats.viewers} viewers, ${overlay.stats.dropped} dropped`;
  return `frame ${frames}  ${clockTime(frame.timestamp / 1e6)}${whole}${viewers}${harm}`;
}

async function report(
  { frames, damaged }: Played,
  decoder: DiracDecoder,
  values: Options,
  seconds: number,
): Promise<number> {
  const lost = decoder.stats?.skippedPictures ?? 0;
  if (values.json) await writeOut(`${JSON.stringify({ frames, damaged, lost, seconds })}\n`);
  const harm = damaged + lost > 0 ? `, ${damaged} damaged, ${lost} lost` : '';
  process.stderr.write(`kamaelia: played ${frames} frames in ${seconds.toFixed(1)} s${harm}\n`);
  return values.strict && damaged + lost > 0 ? EXIT.failed : EXIT.done;
}

export const play: Command = {
  summary: 'play a stream in a browser page',
  help: `Usage: kamaelia play INPUT [OPTIONS]

Decodes a Dirac stream and plays it, at its own rate, in a page whose address it prints. It waits up to ${WAIT_SECONDS} s for a
first viewer.
${INPUT_HELP}
${LIVE_INPUT_HELP}

  --loop           begin again at the end (files)
  --no-page        decode and pace, but show nothing
  --no-wait        do not wait for a viewer
  --through-tcp    serve the file on a local TCP port and play it from there, as the article's first program does
  --port N         port of the page, or 0 for a free one (default: the next free one from 8765)
  --host TEXT      address the page listens on (default 127.0.0.1; others get an address with a token)
  --max-width N    wider pictures are made smaller before they are sent to the page (default 1280)
  --weave          show interlaced pictures woven instead of field by field
  --threads N      threads that decode, 1 to 64 (default: all processors)
  --low-delay      decode each intra picture with its last byte, for live input
  --json           print the counts as JSON
  --strict         exit with 1 if anything was damaged
  --header TEXT    an HTTP header for INPUT, 'NAME: VALUE'; repeatable
  --interface TEXT address of the interface by which a multicast group is received (default: the system chooses)

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.

Example:
  kamaelia play testcard.drc
`,
  run: (args, { signal }) => run(args, signal),
};
