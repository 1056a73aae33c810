// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { readVC2Session, vc2SessionDescription } from './session-description.js';

const lines = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=studio',
  'c=IN IP4 239.255.16.9/32',
  't=0 0',
  'm=audio 5002 RTP/AVP 0',
  'm=video 30000 RTP/AVP 112',
  'a=rtpmap:112 vc2/90000',
  'a=fmtp:112 profile=HQ;version=3;level=0',
];
const changed = (from: string, to: string | undefined) =>
  lines.flatMap((line) => (line === from ? (to === undefined ? [] : [to]) : [line])).join('\r\n');

describe('readVC2Session', () => {
  it('reads the example of RFC 8450', () => {
    const expected = {
      host: '239.255.16.9',
      port: 30_000,
      multicast: true,
      payloadType: 112,
      clockRate: 90_000,
      level: 0,
    };
    for (const newline of ['\r\n', '\n']) expect(readVC2Session(lines.join(newline))).toEqual(expected);
  });

  it('reads what ffmpeg writes', () => {
    const text =
      'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=No Name\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=tool:libavformat\r\n' +
      'm=video 45678 RTP/AVP 96\r\nb=AS:600000\r\na=rtpmap:96 VC2/90000\r\n';
    expect(readVC2Session(text)).toEqual({
      host: '127.0.0.1',
      port: 45_678,
      multicast: false,
      payloadType: 96,
      clockRate: 90_000,
    });
  });

  it('takes the first VC-2 of several videos, with the address of its own', () => {
    const text = [
      ...lines.slice(0, 5),
      'm=video 4000 RTP/AVP 97',
      'a=rtpmap:97 H264/90000',
      'm=video 4002/2 RTP/AVPF 99 98',
      'c=IN IP6 ff15::9/2',
      'a=rtpmap:98 vc2/48000',
      'a=fmtp:98 profile=HQ; version=3',
    ].join('\n');
    expect(readVC2Session(text)).toEqual({
      host: 'ff15::9',
      port: 4002,
      multicast: true,
      payloadType: 98,
      clockRate: 48_000,
    });
  });

  it.each([
    ['nothing', '', 'Expected v=0 as the first line but received ""'],
    ['something else', 'BBCD', 'Expected v=0 as the first line but received "BBCD"'],
    ['a line that is none', changed('s=studio', 'studio'), 'Expected LETTER=VALUE in line 3 but received "studio"'],
    ['no video', changed('m=video 30000 RTP/AVP 112', undefined), 'Expected an m=video line but received none'],
    [
      'another transport',
      changed('m=video 30000 RTP/AVP 112', 'm=video 30000 RTP/SAVP 112'),
      'Expected RTP/AVP or RTP/AVPF in m=video but received RTP/SAVP',
    ],
    [
      'a broken media line',
      changed('m=video 30000 RTP/AVP 112', 'm=video here RTP/AVP 112'),
      'Expected m=video PORT RTP/AVP PAYLOAD-TYPE but received m=video here RTP/AVP 112',
    ],
    [
      'a port out of range',
      changed('m=video 30000 RTP/AVP 112', 'm=video 70000 RTP/AVP 112'),
      'Expected a port of 1 to 65535 in m=video but received 70000',
    ],
    [
      'no map',
      changed('a=rtpmap:112 vc2/90000', undefined),
      'Expected an a=rtpmap line of vc2 for a payload type of m=video but received none',
    ],
    [
      'a map of something else',
      changed('a=rtpmap:112 vc2/90000', 'a=rtpmap:112 raw/90000'),
      'Expected an a=rtpmap line of vc2 for a payload type of m=video but received a=rtpmap:112 raw/90000',
    ],
    [
      'a map of another payload type',
      changed('a=rtpmap:112 vc2/90000', 'a=rtpmap:113 vc2/90000'),
      'Expected an a=rtpmap line of vc2 for a payload type of m=video but received a=rtpmap:113 vc2/90000',
    ],
    [
      'a clock that stands still',
      changed('a=rtpmap:112 vc2/90000', 'a=rtpmap:112 vc2/0'),
      'Expected a clock rate such as 90000 in a=rtpmap but received 0',
    ],
    ['no address', changed('c=IN IP4 239.255.16.9/32', undefined), 'Expected a c= line but received none'],
    [
      'a name as address',
      changed('c=IN IP4 239.255.16.9/32', 'c=IN IP4 studio.example'),
      'Expected c=IN IP4 ADDRESS or c=IN IP6 ADDRESS but received c=IN IP4 studio.example',
    ],
    [
      'another profile',
      changed('a=fmtp:112 profile=HQ;version=3;level=0', 'a=fmtp:112 profile=LD'),
      'Expected profile=HQ in a=fmtp but received profile=LD',
    ],
    [
      'another version',
      changed('a=fmtp:112 profile=HQ;version=3;level=0', 'a=fmtp:112 profile=HQ;version=4'),
      'Expected version=3 in a=fmtp but received version=4',
    ],
    [
      'a level that is no number',
      changed('a=fmtp:112 profile=HQ;version=3;level=0', 'a=fmtp:112 level=high'),
      'Expected a whole number for level in a=fmtp but received level=high',
    ],
    ['a very long text', 'v=0\n'.padEnd(70_000, '\n'), 'a text of at most 65536 characters but received a longer one'],
  ])('refuses %s', (_, text, message) => {
    expect(() => readVC2Session(text)).toThrow(SyntaxError);
    expect(() => readVC2Session(text)).toThrow(message);
  });

  it('refuses what is no text', () => {
    expect(() => readVC2Session(5 as never)).toThrow(/but received number/);
  });
});

describe('vc2SessionDescription', () => {
  it.each([
    { host: '127.0.0.1', port: 5004 },
    { host: '239.255.1.1', port: 5004, payloadType: 120, level: 3, name: 'camera 1' },
    { host: 'ff15::1', port: 1 },
  ])('writes what readVC2Session reads: %j', (options) => {
    const { host, port, payloadType = 96, level } = options;
    const session = readVC2Session(vc2SessionDescription(options));
    expect(session).toMatchObject({ host, port, payloadType, clockRate: 90_000 });
    expect(session.level).toBe(level);
  });

  it.each([
    [{ host: 'studio', port: 5 }, 'an IP address for host but received "studio"'],
    [{ host: '::1', port: 0 }, '1 to 65535 for port but received 0'],
    [{ host: '::1', port: 5, payloadType: 128 }, '0 to 127 for payloadType but received 128'],
    [{ host: '::1', port: 5, level: -1 }, 'a whole number for level but received -1'],
    [{ host: '::1', port: 5, name: 'a\r\nm=audio' }, 'one line of text for name'],
  ])('refuses %j', (options, message) => {
    expect(() => vc2SessionDescription(options)).toThrow(message);
  });
});
