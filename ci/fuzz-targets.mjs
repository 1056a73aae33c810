// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

/** Target name -> library: native/dirac/fuzz/parser_fuzz.cc is parser. */
export const targets = Object.fromEntries(
  readdirSync(join(root, 'native'))
    .filter((library) => existsSync(join(root, 'native', library, 'fuzz')))
    .flatMap((library) =>
      readdirSync(join(root, 'native', library, 'fuzz'))
        .filter((file) => file.endsWith('_fuzz.cc'))
        .map((file) => [`${library}/${file.replace('_fuzz.cc', '')}`, library]),
    ),
);
