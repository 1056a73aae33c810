// SPDX-License-Identifier: Apache-2.0
export { MessageRateLimit, type MessageRateLimitOptions } from './message-rate-limit.js';
