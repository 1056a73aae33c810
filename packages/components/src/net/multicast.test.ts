// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Pipeline } from '@kamaelia/axon';
import { type Drive, drive } from '@kamaelia/axon/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../testing/until.js';
import { type GroupDatagram, Multicast_receiver, Multicast_sender, Multicast_transceiver } from './index.js';

// A group of this test's own, so that others on this machine do not hear it.
const address = `239.255.${process.pid % 256}.${(process.pid >> 8) % 256}`;
let port = 20_000 + (process.pid % 10_000);

let multicast = false;
beforeAll(async () => {
  // Some machines have no route for groups at all.
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.addMembership(address, '127.0.0.1');
    multicast = true;
  } catch {
    console.warn('no multicast on this machine: nothing was tested');
  }
  socket.close();
});

async function abort(run: { abort(reason?: unknown): void; done: Promise<void> }): Promise<void> {
  run.abort(new Error('test is over'));
  await expect(run.done).rejects.toThrow('test is over');
}

const texts = (run: Drive<never, GroupDatagram>) => run.outbox.messages.map(([, data]) => Buffer.from(data).toString());

async function receiver() {
  const component = new Multicast_receiver({ address, port });
  const run = drive(component);
  await component.listening;
  return { component, run: run as unknown as Drive<never, GroupDatagram> };
}

describe('multicast', () => {
  it('goes from a sender to every receiver of the group', async () => {
    if (!multicast) return;
    port++;
    const [first, second] = [await receiver(), await receiver()];
    const sender = new Multicast_sender({ remoteAddr: address, remotePort: port });
    await drive(sender, { inbox: ['one', Uint8Array.of(50), 'three'] }).done;
    await until(() => first.run.outbox.messages.length === 3 && second.run.outbox.messages.length === 3);
    expect([texts(first.run), texts(second.run)]).toEqual([
      ['one', '2', 'three'],
      ['one', '2', 'three'],
    ]);
    const [[from, sentFrom], data] = first.run.outbox.messages[0] as GroupDatagram;
    expect([from, sentFrom > 0, data.constructor]).toEqual(['127.0.0.1', true, Uint8Array]);
    expect(sender.stats).toEqual({ received: 0, dropped: 0, sent: 3, unsent: 0 });
    await abort(first.run);
    await abort(second.run);
  });

  it('goes between transceivers, which hear themselves too', async () => {
    if (!multicast) return;
    port++;
    const group = { remoteAddr: address, remotePort: port };
    const [first, second] = [new Multicast_transceiver(group), new Multicast_transceiver(group)];
    const runs = [drive(first), drive(second)] as const;
    await Promise.all([first.listening, second.listening]);
    runs[0].inbox.send('from the first');
    runs[1].inbox.send('from the second');
    for (const run of runs) {
      await until(() => run.outbox.messages.length === 2);
      expect(texts(run as never).sort()).toEqual(['from the first', 'from the second']);
    }
    await abort(runs[0]);
    await abort(runs[1]);
    const speaker = new Multicast_transceiver({ ...group, localPort: 0, linger: { ms: 100 } });
    const run = drive(speaker, { inbox: ['heard by others'] });
    await run.finish();
    expect(run.outbox.messages).toEqual([]);
    expect(speaker.stats.sent).toBe(1);
  });

  it('is stopped: in order, at once, and the group is left', async () => {
    if (!multicast) return;
    port++;
    for (const make of [
      () => new Multicast_receiver({ address, port }),
      () => new Multicast_transceiver({ remoteAddr: address, remotePort: port }),
    ]) {
      const component = make();
      const graph = Pipeline(component, () => {}).activate({ onLog: () => {} });
      await component.listening;
      graph.stop();
      await graph.done;
      const other = make();
      const run = drive(other);
      await other.listening;
      await abort(run);
    }
    const sender = new Multicast_sender({ remoteAddr: address, remotePort: port });
    const run = drive(sender);
    await sender.listening;
    run.stop();
    await run.done;
    await until(() => !process.getActiveResourcesInfo().includes('UDPWrap'));
  });

  it('does not hear what is sent to its port but not to its group', async () => {
    if (!multicast || process.platform === 'win32') return;
    port++;
    const { component, run } = await receiver();
    const stranger = createSocket('udp4');
    await new Promise<void>((resolve) => {
      stranger.send('not for the group', port, '127.0.0.1', () => resolve());
    });
    stranger.close();
    await drive(new Multicast_sender({ remoteAddr: address, remotePort: port }), { inbox: ['for the group'] }).done;
    await until(() => run.outbox.messages.length > 0);
    expect(texts(run)).toEqual(['for the group']);
    expect(component.stats.received).toBe(1);
    await abort(run);
  });

  it('says that there is no such interface', async () => {
    const nowhere = drive(new Multicast_receiver({ address, port, localAddr: '192.0.2.7' }));
    await expect(nowhere.done).rejects.toThrow(
      /Multicast_receiver-1: cannot use the interface 192\.0\.2\.7 for the group 239\..*: .*\((ENODEV|EADDRNOTAVAIL)\)/,
    );
  });

  const wrong: [string, () => unknown, RegExp][] = [
    [
      'an address that is no group',
      () => new Multicast_receiver({ address: '127.0.0.1', port: 5 }),
      /^Multicast_receiver: Expected an address from 224\.0\.0\.0 to 239\.255\.255\.255 for address but received "127/,
    ],
    [
      'no port to send to',
      () => new Multicast_sender({ remoteAddr: address } as never),
      /^Multicast_sender: Expected a number for remotePort but received undefined$/,
    ],
    [
      'a name as interface',
      () => new Multicast_transceiver({ remoteAddr: address, remotePort: 5, localAddr: 'eth0' }),
      /^Multicast_transceiver: Expected an IPv4 address of this machine for localAddr but received "eth0"$/,
    ],
    [
      'a ttl out of range',
      () => new Multicast_sender({ remoteAddr: address, remotePort: 5, ttl: 256 }),
      /from 0 to 255 for ttl but received 256/,
    ],
    ['no object', () => new Multicast_sender(5 as never), /^Multicast_sender: Expected an object of options/],
  ];
  it.each(wrong)('refuses %s at construction', (_, construct, message) => {
    expect(construct).toThrow(message);
  });
});
