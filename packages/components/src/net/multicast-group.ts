// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { shown, wholeNumber } from '../options.js';
import type { Address, Membership } from './datagram-flow.js';

/** What is sent on of each datagram of a group: who sent it, and its bytes. */
export type GroupDatagram = readonly [from: Address, data: Uint8Array];

/** Which group, by which interface. */
export interface GroupOptions {
  /**
   * Address of the interface by which to send and receive. Default `127.0.0.1`: the group's members on this machine.
   * `0.0.0.0` takes the one the system chooses.
   */
  readonly localAddr?: string;
  /** Address of the group, `224.0.0.0` to `239.255.255.255`. */
  readonly remoteAddr: string;
}

/** Further options of those that send to a group. */
export interface SendingOptions extends GroupOptions {
  /** Port to send from. Default 0: any free one. */
  readonly localPort?: number;
  /** Port to send to, 1 to 65535. */
  readonly remotePort: number;
  /** Routers that a datagram may pass, 0 to 255. */
  readonly ttl?: number;
}

export function checkedGroup(owner: string, name: string, value: unknown): string {
  if (typeof value === 'string' && isIPv4(value) && /^2(2[4-9]|3\d)\./.test(value)) return value;
  throw new TypeError(
    `${owner}: Expected an address from 224.0.0.0 to 239.255.255.255 for ${name} but received ${shown(value)}`,
  );
}

export function checkedInterface(owner: string, name: string, value: unknown): string {
  if (typeof value === 'string' && isIPv4(value)) return value;
  throw new TypeError(`${owner}: Expected an IPv4 address of this machine for ${name} but received ${shown(value)}`);
}

export function checkedPort(owner: string, name: string, value: unknown, least: 0 | 1): number {
  return wholeNumber(owner, name, value, least, 65_535);
}

/**
 * Where a member listens: at the group's own address, so that nothing else that is sent to the port gets in. Windows
 * knows only addresses of its own.
 */
export function memberAddress({ group, local }: Membership, port: number): Address {
  return [process.platform === 'win32' ? local : group, port];
}
