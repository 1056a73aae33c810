// SPDX-License-Identifier: Apache-2.0
export { DiracDecoder, type DiracDecoderOptions, type DiracDecoderStats } from './dirac-decoder.js';
export { DiracError } from './dirac-error.js';
export { DiracParser } from './dirac-parser.js';
export {
  readVC2Session,
  type VC2Session,
  type VC2SessionOptions,
  vc2SessionDescription,
} from './rtp/session-description.js';
export {
  type RTPDatagram,
  VC2RTPDepayload,
  type VC2RTPDepayloadOptions,
  type VC2RTPDepayloadStats,
} from './rtp/vc2-rtp-depayload.js';
export { VC2RTPPayload, type VC2RTPPayloadOptions } from './rtp/vc2-rtp-payload.js';
export { DiracProbe, type DiracStreamInfo, type DiracSyntax, probeDirac } from './stream-info.js';
