// SPDX-License-Identifier: Apache-2.0
export type { PageAddress } from './page-server.js';
export { VideoOverlay, type VideoOverlayOptions, type VideoOverlayStats } from './video-overlay.js';
