// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import { DiracProbe, type DiracStreamInfo } from '@kamaelia/dirac';
import { type Command, parse } from '../command.js';
import { EXIT, UsageError } from '../failure.js';
import { INPUT_HELP, inputOf, sourceOf } from '../input.js';
import { writeOut } from '../standard-output.js';

function seconds(duration: number): string {
  return `${duration.toFixed(2)} s`;
}

function describe(info: DiracStreamInfo): string {
  const { header, frameRate, pixelAspect, cleanArea, colorSpace } = info;
  const rate = frameRate.num / frameRate.den;
  const rows: [string, string][] = [
    ['format', `Dirac ${header.majorVersion}.${header.minorVersion}, profile ${info.profile}, level ${header.level}`],
    ['syntax', info.syntax ?? 'no picture'],
    [
      'picture',
      `${info.width}x${info.height} ${info.format}, ${info.fields}${info.fieldCoding ? ', field coded' : ''}`,
    ],
    ['base format', `${header.baseVideoFormat}, source ${header.sourceSampling === 0 ? 'progressive' : 'interlaced'}`],
    ['depth', `luma ${header.lumaDepth} bits, chroma ${header.chromaDepth} bits`],
    ['frame rate', `${frameRate.num}/${frameRate.den} (${rate.toFixed(3)} a second)`],
    ['pixel aspect', `${pixelAspect.num}:${pixelAspect.den}`],
    ['clean area', `${cleanArea.width}x${cleanArea.height} at ${cleanArea.x},${cleanArea.y}`],
    [
      'colour',
      `primaries ${colorSpace.primaries}, matrix ${colorSpace.matrix}, transfer ${colorSpace.transfer}, ` +
        `${colorSpace.fullRange ? 'full' : 'limited'} range`,
    ],
    [
      'signal',
      `luma ${header.lumaOffset}+${header.lumaExcursion}, chroma ${header.chromaOffset}+${header.chromaExcursion}`,
    ],
    ['field order', header.topFieldFirst ? 'top field first' : 'bottom field first'],
    ['sequences', String(info.sequences)],
    ['frames', `${info.frames} (${info.intra} intra, ${info.oneReference} P, ${info.twoReferences} B pictures)`],
    ['duration', seconds(info.duration)],
    ['bit rate', `${(info.bitrate / 1000).toFixed(1)} kbit/s`],
    ['bytes', `${info.bytes}${info.bytesSkipped > 0 ? `, ${info.bytesSkipped} of them in no data unit` : ''}`],
  ];
  if (info.encoder !== undefined) rows.push(['encoder', info.encoder]);
  if (info.fragmented) rows.push(['fragments', 'pictures come in fragments']);
  if (info.auxiliaryUnits > 0) rows.push(['auxiliary', `${info.auxiliaryUnits} data units`]);
  if (info.paddingUnits > 0) rows.push(['padding', `${info.paddingUnits} data units`]);
  if (info.damagedUnits > 0) rows.push(['damaged', `${info.damagedUnits} data units`]);
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join('');
}

export const probe: Command = {
  summary: 'say what the headers of a stream say',
  help: `Usage: kamaelia probe INPUT [--json] [--header 'NAME: VALUE']...

Reads all of a Dirac stream without decoding it and prints what its headers say; --json with every header field.
${INPUT_HELP}

Exit codes: 0 done, 1 no Dirac stream or not readable, 2 wrong use, 130 interrupted.

Example:
  kamaelia probe testcard.drc --json
`,
  async run(args, { signal }) {
    const { values, operands } = parse(args, { json: 'flag', header: 'list' }, { least: 1, most: 1 });
    const input = inputOf(operands[0] ?? '', { headers: values.header });
    if (input.kind === 'rtp') throw new UsageError('Expected an INPUT that ends for probe but received RTP');
    const stream = new DiracProbe();
    await Pipeline(sourceOf(input, { signal }) as AsyncIterable<Uint8Array>, (bytes: Uint8Array) => {
      stream.push(bytes);
    }).run({ signal });
    const info = stream.finish();
    await writeOut(values.json ? `${JSON.stringify(info, null, 2)}\n` : describe(info));
    return EXIT.done;
  },
};
