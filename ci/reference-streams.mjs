// SPDX-License-Identifier: Apache-2.0
// The reference streams and the digests of what they decode to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shared } from './process.mjs';

/**
 * Streams whose digest in the manifest is that of a single peer which does not do what the standard says, and what we
 * make of them instead: see docs/codecs.md.
 */
const ours = {
  'schro_intra_w6_d4.drc': 'a8a25646c999f2ae5f199c5345337816',
};

/** The rows of the manifest of `folder` (`dirac` or `bench`), with the digests that are expected of us; needs `shared`. */
export function manifest(folder) {
  const path = join(shared, 'streams', folder, 'MANIFEST.tsv');
  const [head, ...rows] = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return rows
    .map((row) => ({ folder, ...Object.fromEntries(head.map((key, at) => [key, row[at]])) }))
    .map((row) => ({ ...row, md5: ours[row.file] ?? row.md5 }));
}

/** Where a stream of the manifest lies. */
export const streamPath = ({ folder, file }) => join(shared, 'streams', folder, file);
