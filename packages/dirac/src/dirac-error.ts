// SPDX-License-Identifier: Apache-2.0
import { MediaError } from '@kamaelia/media';

/**
 * A Dirac stream that cannot be decoded. `code`: `NO_SEQUENCE_HEADER` (nothing of a Dirac stream within the first MiB or
 * the whole input), `UNSUPPORTED` (samples or a transform that cannot be decoded, named in the message), `LIMIT` (a
 * picture larger than an option allows), `OUT_OF_MEMORY`. `position` is the byte of the input.
 */
export class DiracError extends MediaError {}
