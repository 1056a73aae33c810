// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { type Component, type LogEntry, Pipeline } from '@kamaelia/axon';
import { DiracDecoder, type DiracDecoderStats } from '@kamaelia/dirac';
import {
  FrameHash,
  FrameMd5Lines,
  FrameToRawPlanar,
  FrameToYUV4MPEG,
  frameDigest,
  type VideoFrame,
} from '@kamaelia/media';
import { type Command, parse, wholeNumber } from '../command.js';
import { EXIT, UsageError } from '../failure.js';
import { FrameSelection } from '../frame-selection.js';
import { INPUT_HELP, inputOf, LIVE_INPUT_HELP, sourceOf } from '../input.js';
import { ProgressLine } from '../progress-line.js';
import { writeOut } from '../standard-output.js';

const OPTIONS = {
  md5: 'flag',
  'frame-md5': 'flag',
  framemd5: 'flag',
  start: 'text',
  frames: 'text',
  threads: 'text',
  'max-pixels': 'text',
  'low-delay': 'flag',
  json: 'flag',
  force: 'flag',
  strict: 'flag',
  header: 'list',
  interface: 'text',
} as const;

const DIGESTS = ['md5', 'frame-md5', 'framemd5'] as const;

interface Result {
  frames: number;
  damaged: number;
  md5?: string;
  frameMd5?: string[];
}

/** Looks at each frame on its way; the digests that were asked for go to standard output or into the result. */
class Inspection {
  readonly result: Result = { frames: 0, damaged: 0 };
  readonly #hash: FrameHash | undefined;
  readonly #list: string[] | undefined;
  readonly #print: ((frame: VideoFrame) => string) | undefined;

  constructor(values: { md5: boolean; 'frame-md5': boolean; framemd5: boolean; json: boolean }) {
    if (values.md5) this.#hash = new FrameHash('md5');
    const framemd5 = new FrameMd5Lines();
    if (values.json && values['frame-md5']) this.#list = [];
    else if (values['frame-md5']) this.#print = (frame) => `${this.result.frames} ${frameDigest(frame)}\n`;
    else if (values.framemd5) this.#print = (frame) => framemd5.add(frame);
  }

  async see(frame: VideoFrame): Promise<void> {
    this.#hash?.add(frame);
    this.#list?.push(frameDigest(frame));
    const line = this.#print?.(frame);
    this.result.frames++;
    if (frame.damaged) this.result.damaged++;
    if (line !== undefined) await writeOut(line);
  }

  finish(): Result {
    if (this.#hash !== undefined) this.result.md5 = this.#hash.digest();
    if (this.#list !== undefined) this.result.frameMd5 = this.#list;
    return this.result;
  }
}

/** A file that comes into being with its first bytes, so that a failed command leaves none behind. */
class OutputFile {
  readonly #path: string;
  readonly #force: boolean;
  #handle: FileHandle | undefined;

  constructor(path: string, force: boolean) {
    this.#path = path;
    this.#force = force;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await this.#open();
    for (let at = 0; at < bytes.length; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, this.#force ? 'w' : 'wx');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Expected a file that can be written for OUTPUT but received ${this.#path}: ${why}`);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

function checkOutput(output: string | undefined, values: ReturnType<typeof parsed>['values']): void {
  const digests = DIGESTS.filter((name) => values[name]);
  if (digests.length > 1) {
    throw new UsageError(`Expected one of ${DIGESTS.map((d) => `--${d}`).join(', ')} but received ${digests.length}`);
  }
  if (values.json && values.framemd5) throw new UsageError('Expected --md5 or --frame-md5 with --json, not --framemd5');
  if (output === undefined) return;
  if (output === '-') {
    const other = values.json ? 'json' : digests[0];
    if (other !== undefined) throw new UsageError(`Expected a file for OUTPUT with --${other} but received -`);
    return;
  }
  if (!['.y4m', '.yuv'].includes(extname(output))) {
    throw new UsageError(`Expected a name with .y4m or .yuv, or -, for OUTPUT but received ${output}`);
  }
  if (!existsSync(dirname(output))) {
    throw new UsageError(`Expected a name in a folder that exists for OUTPUT but received ${output}`);
  }
  if (existsSync(output) && !values.force) {
    throw new UsageError(`Expected a new file for OUTPUT but ${output} exists (--force replaces it)`);
  }
}

const parsed = (args: string[]) => parse(args, OPTIONS, { least: 1, most: 2 });

function summary({ frames, damaged }: Result, stats: DiracDecoderStats | undefined, seconds: number): string {
  const lost = stats?.skippedPictures ?? 0;
  const skipped = stats?.bytesSkipped ?? 0;
  const harm = damaged + lost + skipped > 0 ? `, ${damaged} damaged, ${lost} lost, ${skipped} bytes skipped` : '';
  return `${frames} frames in ${seconds.toFixed(2)} s${harm}`;
}

export const decode: Command = {
  summary: 'decode to YUV4MPEG, raw planar video or digests',
  help: `Usage: kamaelia decode INPUT [OUTPUT] [OPTIONS]

Decodes a Dirac stream. OUTPUT: NAME.y4m (YUV4MPEG), NAME.yuv (raw planar), or - (YUV4MPEG to standard output);
without it frames are decoded and dropped.
${INPUT_HELP}
${LIVE_INPUT_HELP}

  --md5            print the md5 of all frames, tightly packed, cropped, fields woven
  --frame-md5      print a line 'N md5' for each frame
  --framemd5       print what ffmpeg's framemd5 muxer prints
  --start N        skip the first N frames
  --frames N       at most N frames
  --threads N      threads that decode, 1 to 64 (default: all processors)
  --max-pixels N   largest picture accepted, width times height
  --low-delay      give out each intra picture with its last byte, for live input
  --json           print the result, with --md5 or --frame-md5 in it, as JSON
  --force          replace OUTPUT if it exists
  --strict         exit with 1 if anything was damaged
  --header TEXT    an HTTP header for INPUT, 'NAME: VALUE'; repeatable
  --interface TEXT address of the interface by which a multicast group is received (default: the system chooses)

Damage is counted on standard error and the exit code is 0 all the same, but with --strict.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.

Example:
  kamaelia decode testcard.drc --md5
`,
  async run(args, { signal }) {
    const { values, operands } = parsed(args);
    const [inputText = '', output] = operands;
    checkOutput(output, values);
    const start = wholeNumber('--start', values.start, { least: 0, most: Number.MAX_SAFE_INTEGER });
    const frames = wholeNumber('--frames', values.frames, { least: 1, most: Number.MAX_SAFE_INTEGER });
    const threads = wholeNumber('--threads', values.threads, { least: 1, most: 64 });
    const maxPixels = wholeNumber('--max-pixels', values['max-pixels'], { least: 1, most: Number.MAX_SAFE_INTEGER });
    const input = inputOf(inputText, { headers: values.header, interface: values.interface });

    const progress = new ProgressLine();
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    const decoder = new DiracDecoder({
      ...(threads === undefined ? {} : { threads }),
      ...(maxPixels === undefined ? {} : { maxPixels }),
      lowDelay: values['low-delay'],
    });
    const inspection = new Inspection(values);
    const file = output === undefined || output === '-' ? undefined : new OutputFile(output, values.force);
    const write = (bytes: Uint8Array) => (file === undefined ? writeOut(bytes) : file.write(bytes));

    const inspect = async (frame: VideoFrame): Promise<VideoFrame | undefined> => {
      try {
        await inspection.see(frame);
      } catch (error) {
        frame.close();
        throw error;
      }
      progress.show(() => summary(inspection.result, decoder.stats, elapsed()));
      if (output !== undefined) return frame;
      frame.close();
      return undefined;
    };
    const selection = new FrameSelection({
      ...(start === undefined ? {} : { start }),
      ...(frames === undefined ? {} : { frames }),
    });
    const ends: (Component | ((bytes: Uint8Array) => Promise<void>))[] = [];
    if (output !== undefined) {
      ends.push(output.endsWith('.yuv') ? new FrameToRawPlanar() : new FrameToYUV4MPEG(), write);
    }
    const onLog = ({ level, path, message }: LogEntry) => {
      if (level === 'warn' || level === 'error') progress.say(`${path}: ${message}`);
    };
    try {
      const parts = [sourceOf(input, { signal }), decoder, selection, inspect, ...ends] as unknown as [Component];
      await Pipeline(...parts).run({ signal, onLog });
    } finally {
      progress.clear();
      await file?.close();
    }
    const result = inspection.finish();
    if (output !== undefined && result.frames === 0) {
      process.stderr.write('kamaelia: warning: no frame in that part of the stream, so nothing was written\n');
    }
    const { stats } = decoder;
    const harmed = result.damaged + (stats?.skippedPictures ?? 0) + (stats?.bytesSkipped ?? 0) > 0;
    if (values.json) {
      await writeOut(
        `${JSON.stringify({ input: inputText, output, ...result, seconds: elapsed(), stats }, null, 2)}\n`,
      );
    } else if (values.md5) {
      await writeOut(`${result.md5}\n`);
    }
    if (harmed || (!values.json && !DIGESTS.some((name) => values[name]))) {
      process.stderr.write(`kamaelia: ${summary(result, stats, elapsed())}\n`);
    }
    return harmed && values.strict ? EXIT.failed : EXIT.done;
  },
};
