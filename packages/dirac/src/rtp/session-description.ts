// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';

/** What a session description says of a VC-2 stream. */
export interface VC2Session {
  /** Address it is sent to: of a multicast group, or of the receiver. */
  readonly host: string;
  readonly port: number;
  readonly multicast: boolean;
  /** 0 to 127. */
  readonly payloadType: number;
  /** Ticks of RTP timestamps a second. */
  readonly clockRate: number;
  /** VC-2 level, where it is said. */
  readonly level?: number;
}

/** What is made into a session description. */
export interface VC2SessionOptions {
  /** Address it is sent to. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** 0 to 127, default 96. */
  readonly payloadType?: number;
  /** VC-2 level. Default: it is not said. */
  readonly level?: number;
  /** Default `'VC-2'`. */
  readonly name?: string;
}

const CLOCK_RATE = 90_000;
const DEFAULT_PAYLOAD_TYPE = 96;
const HIGHEST_PORT = 65_535;
const MOST_BYTES = 1 << 16;

class Section {
  readonly media: string | undefined;
  connection: string | undefined;
  readonly attributes: string[] = [];

  constructor(media: string | undefined) {
    this.media = media;
  }
}

/**
 * Reads a session description (SDP, RFC 8866) of a VC-2 stream (RFC 8450, 7.2). Of several streams it is the first video
 * in VC-2; lines that do not concern where and how it is sent are left aside. A `SyntaxError` (`code`
 * `INVALID_SESSION_DESCRIPTION`) says what is missing or cannot be meant.
 *
 * @example
 * import { readVC2Session } from '@kamaelia/dirac';
 * const { host, port, payloadType } = readVC2Session(`v=0
 * o=- 0 0 IN IP4 127.0.0.1
 * s=studio 1
 * c=IN IP4 239.255.16.9/1
 * t=0 0
 * m=video 30000 RTP/AVP 112
 * a=rtpmap:112 vc2/90000
 * a=fmtp:112 profile=HQ;version=3;level=0`);
 * console.log(host, port, payloadType); // 239.255.16.9 30000 112
 */
export function readVC2Session(sdp: string): VC2Session {
  if (typeof sdp !== 'string' || sdp.length > MOST_BYTES) {
    throw fault(`a text of at most ${MOST_BYTES} characters`, typeof sdp === 'string' ? 'a longer one' : typeof sdp);
  }
  const [session, ...media] = sectionsOf(sdp);
  const videos = media.filter((section) => section.media?.startsWith('video '));
  if (videos.length === 0) throw fault('an m=video line', 'none');
  for (const video of videos) {
    const found = streamOf(video, video.connection ?? session?.connection);
    if (found !== undefined) return found;
  }
  throw fault('an a=rtpmap line of vc2 for a payload type of m=video', mapsOf(videos));
}

/**
 * Describes a VC-2 stream for its receivers (SDP, RFC 8866 and RFC 8450, 7.2).
 *
 * @example
 * import { readVC2Session, vc2SessionDescription } from '@kamaelia/dirac';
 * const sdp = vc2SessionDescription({ host: '127.0.0.1', port: 5004 });
 * console.log(readVC2Session(sdp).port); // 5004
 */
export function vc2SessionDescription(options: VC2SessionOptions): string {
  const { host, port, payloadType = DEFAULT_PAYLOAD_TYPE, level, name = 'VC-2' } = options;
  const family = isIP(host);
  if (family === 0) throw fault('an IP address for host', JSON.stringify(host), 'vc2SessionDescription');
  const isFine = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!isFine(port, 1, HIGHEST_PORT))
    throw fault(`1 to ${HIGHEST_PORT} for port`, String(port), 'vc2SessionDescription');
  if (!isFine(payloadType, 0, 127))
    throw fault('0 to 127 for payloadType', String(payloadType), 'vc2SessionDescription');
  if (level !== undefined && !isFine(level, 0, 2 ** 31))
    throw fault('a whole number for level', String(level), 'vc2SessionDescription');
  if (/[\r\n]/.test(name) || name === '')
    throw fault('one line of text for name', JSON.stringify(name), 'vc2SessionDescription');
  const ttl = family === 4 && isMulticast(host) ? '/1' : '';
  const lines = [
    'v=0',
    `o=- 0 0 IN IP${family} ${host}`,
    `s=${name}`,
    `c=IN IP${family} ${host}${ttl}`,
    't=0 0',
    `m=video ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} vc2/${CLOCK_RATE}`,
    `a=fmtp:${payloadType} profile=HQ;version=3${level === undefined ? '' : `;level=${level}`}`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

function fault(expected: string, received: string, owner = 'readVC2Session'): SyntaxError {
  const error = new SyntaxError(`${owner}: Expected ${expected} but received ${received}`);
  return Object.assign(error, { code: 'INVALID_SESSION_DESCRIPTION' });
}

/** The lines of the session, and of each of its media. */
function sectionsOf(sdp: string): Section[] {
  let section = new Section(undefined);
  const sections = [section];
  const lines = sdp.split(/\r\n|\r|\n/);
  if (lines[0] !== 'v=0') throw fault('v=0 as the first line', JSON.stringify(lines[0] ?? ''));
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    if (!/^[a-z]=/.test(line)) throw fault(`LETTER=VALUE in line ${i + 1}`, JSON.stringify(line));
    const value = line.slice(2).trim();
    if (line.startsWith('m=')) {
      section = new Section(value);
      sections.push(section);
    } else if (line.startsWith('c=')) {
      section.connection ??= value;
    } else if (line.startsWith('a=')) {
      section.attributes.push(value);
    }
  }
  return sections;
}

/** Undefined where it is video in something else than VC-2. */
function streamOf(video: Section, connection: string | undefined): VC2Session | undefined {
  const media = /^video (\d+)(?:\/\d+)? (\S+) (\d+(?: \d+)*)$/.exec(video.media ?? '');
  if (media === null) throw fault('m=video PORT RTP/AVP PAYLOAD-TYPE', `m=${video.media}`);
  const types = (media[3] ?? '').split(' ').map(Number);
  for (const attribute of video.attributes) {
    const map = /^rtpmap:(\d+) ([^/\s]+)\/(\d+)(?:\/\S*)?$/.exec(attribute);
    if (map === null || map[2]?.toLowerCase() !== 'vc2' || !types.includes(Number(map[1]))) continue;
    const port = Number(media[1]);
    const [payloadType, clockRate] = [Number(map[1]), Number(map[3])];
    if (!/^RTP\/AVPF?$/.test(media[2] ?? '')) throw fault('RTP/AVP or RTP/AVPF in m=video', String(media[2]));
    if (port < 1 || port > HIGHEST_PORT) throw fault(`a port of 1 to ${HIGHEST_PORT} in m=video`, String(port));
    if (payloadType > 127) throw fault('a payload type of 0 to 127', String(payloadType));
    if (clockRate < 1 || clockRate > 2 ** 31) throw fault('a clock rate such as 90000 in a=rtpmap', String(clockRate));
    return { ...addressOf(connection), port, payloadType, clockRate, ...formatOf(video, payloadType) };
  }
  return undefined;
}

function addressOf(connection: string | undefined): Pick<VC2Session, 'host' | 'multicast'> {
  if (connection === undefined) throw fault('a c= line', 'none');
  const match = /^IN IP([46]) ([^\s/]+)(?:\/\d+){0,2}$/.exec(connection);
  const host = match?.[2] ?? '';
  if (match === null || isIP(host) !== Number(match[1]))
    throw fault('c=IN IP4 ADDRESS or c=IN IP6 ADDRESS', `c=${connection}`);
  return { host, multicast: isMulticast(host) };
}

function isMulticast(host: string): boolean {
  return /^2(2[4-9]|3\d)\./.test(host) || /^ff/i.test(host);
}

/** ffmpeg leaves the line out. */
function formatOf({ attributes }: Section, payloadType: number): Pick<VC2Session, 'level'> {
  const line = attributes.find((attribute) => attribute.startsWith(`fmtp:${payloadType} `));
  if (line === undefined) return {};
  const parameters = new Map<string, string>();
  for (const part of line.slice(line.indexOf(' ') + 1).split(';')) {
    const [key = '', value = ''] = part.split('=', 2);
    if (key.trim() !== '') parameters.set(key.trim().toLowerCase(), value.trim());
  }
  const [profile, version, level] = ['profile', 'version', 'level'].map((key) => parameters.get(key));
  if (profile !== undefined && profile !== 'HQ') throw fault('profile=HQ in a=fmtp', `profile=${profile}`);
  if (version !== undefined && version !== '3') throw fault('version=3 in a=fmtp', `version=${version}`);
  if (level === undefined) return {};
  if (!/^\d{1,9}$/.test(level)) throw fault('a whole number for level in a=fmtp', `level=${level}`);
  return { level: Number(level) };
}

function mapsOf(videos: readonly Section[]): string {
  const maps = videos.flatMap(({ attributes }) => attributes.filter((attribute) => attribute.startsWith('rtpmap:')));
  return maps.length === 0 ? 'none' : maps.map((map) => `a=${map}`).join(', ');
}
