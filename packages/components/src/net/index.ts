// SPDX-License-Identifier: Apache-2.0
export type { Sendable } from '../bytes.js';
export {
  ConnectedSocketAdapter,
  type ConnectedSocketAdapterOptions,
  type ConnectedSocketAdapterStats,
  type EndPoint,
} from './connected-socket-adapter.js';
export type { ServerAddress, ServerTLS } from './listener.js';
export { NetworkError } from './network-error.js';
export { SingleServer, type SingleServerOptions, type SingleServerStats } from './single-server.js';
export {
  type ClientTLS,
  type ReconnectOptions,
  TCPClient,
  type TCPClientOptions,
  type TCPClientStats,
} from './tcp-client.js';
export { type ServerLimits, TCPServer, type TCPServerOptions, type TCPServerStats } from './tcp-server.js';
