// SPDX-License-Identifier: Apache-2.0
export type { Sendable } from '../bytes.js';
export type { PeerOptions } from './basic-peer.js';
export {
  ConnectedSocketAdapter,
  type ConnectedSocketAdapterOptions,
  type ConnectedSocketAdapterStats,
  type EndPoint,
} from './connected-socket-adapter.js';
export type { Address, DatagramStats } from './datagram-flow.js';
export type { ServerAddress, ServerTLS } from './listener.js';
export type { GroupDatagram, GroupOptions, SendingOptions } from './multicast-group.js';
export { Multicast_receiver, type MulticastReceiverOptions } from './multicast-receiver.js';
export { Multicast_sender, type MulticastSenderOptions } from './multicast-sender.js';
export { Multicast_transceiver, type MulticastTransceiverOptions } from './multicast-transceiver.js';
export { NetworkError } from './network-error.js';
export { type AddressedDatagram, PostboxPeer, type PostboxPeerOptions } from './postbox-peer.js';
export { type Datagram, type LocalAddressOptions, SimplePeer, type SimplePeerOptions } from './simple-peer.js';
export { type Connection, type Protocol, SimpleServer, type SimpleServerOptions } from './simple-server.js';
export { SingleServer, type SingleServerOptions, type SingleServerStats } from './single-server.js';
export { Annotator, type AnnotatorOptions } from './srm/annotator.js';
export { DataChunker, type DataChunkerOptions } from './srm/data-chunker.js';
export { DataDeChunker, type DataDeChunkerOptions, type DataDeChunkerStats } from './srm/data-de-chunker.js';
export { DeFramer, type DeFramerStats } from './srm/de-framer.js';
export { Framer } from './srm/framer.js';
export { RecoverOrder, type RecoverOrderOptions, type RecoverOrderStats } from './srm/recover-order.js';
export type { Tagged } from './srm/simple-frame.js';
export { SRM_Receiver, SRM_Sender, type SRMReceiver, type SRMSender } from './srm/srm.js';
export { TargettedPeer, type TargettedPeerOptions } from './targetted-peer.js';
export {
  type ClientTLS,
  type ReconnectOptions,
  TCPClient,
  type TCPClientOptions,
  type TCPClientStats,
} from './tcp-client.js';
export { type ServerLimits, TCPServer, type TCPServerOptions, type TCPServerStats } from './tcp-server.js';
