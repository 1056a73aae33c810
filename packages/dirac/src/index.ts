// SPDX-License-Identifier: Apache-2.0
export { DiracDecoder, type DiracDecoderOptions, type DiracDecoderStats } from './dirac-decoder.js';
export { DiracError } from './dirac-error.js';
export { DiracParser } from './dirac-parser.js';
export { DiracProbe, type DiracStreamInfo, type DiracSyntax, probeDirac } from './stream-info.js';
