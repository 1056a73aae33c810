// SPDX-License-Identifier: Apache-2.0
export { ByteRate_RequestControl } from './byte-rate-request-control.js';
export { CheapAndCheerfulClock, type CheapAndCheerfulClockOptions } from './cheap-and-cheerful-clock.js';
export { Chunkifier, type ChunkifierOptions } from './chunkifier.js';
export { MessageRateLimit, type MessageRateLimitOptions } from './message-rate-limit.js';
export { OnDemandLimit } from './on-demand-limit.js';
export { OneShot, type OneShotOptions } from './one-shot.js';
export { PromptedTurnstile } from './prompted-turnstile.js';
export { RateChunker, type RateChunkerOptions } from './rate-chunker.js';
export type { RequestControlOptions } from './request-schedule.js';
export { Ticker, type TickerOptions } from './ticker.js';
export { TriggeredOneShot } from './triggered-one-shot.js';
export { VariableByteRate_RequestControl } from './variable-byte-rate-request-control.js';
