// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Steps } from '../index.js';
import { TestSink, TestSource, virtualClock } from '../testing/index.js';
import { AdaptiveCommsComponent, component, scheduler } from './index.js';

const KEY_ERROR = RangeError;

describe('AdaptiveCommsComponent', () => {
  it('71. addInbox: a new name is taken exactly', () => {
    const a = new AdaptiveCommsComponent();
    expect(a).toBeInstanceOf(component);
    expect(a.addInbox('name')).toBe('name');
    expect(Object.keys(a.inboxes)).toEqual(['inbox', 'control', 'name']);
    expect(a.inboxes.name?.length).toBe(0);
  });

  it('72. addInbox: a name that clashes gets a suffix', () => {
    const a = new AdaptiveCommsComponent();
    const names = [a.addInbox('name'), a.addInbox('name'), a.addInbox('name'), a.addInbox()];
    expect(new Set(names).size).toBe(4);
    expect(names.slice(1)).toEqual([
      expect.stringMatching(/^name\d+$/),
      expect.stringMatching(/^name\d+$/),
      expect.stringMatching(/^inbox\d+$/),
    ]);
    for (const name of names) a.deleteInbox(name);
    expect(Object.keys(a.inboxes)).toEqual(['inbox', 'control']);
  });

  it('73. addOutbox: a new name is taken exactly', () => {
    const a = new AdaptiveCommsComponent();
    expect(a.addOutbox('name')).toBe('name');
    expect(Object.keys(a.outboxes)).toEqual(['outbox', 'signal', 'name']);
  });

  it('74. addOutbox: a name that clashes gets a suffix', () => {
    const a = new AdaptiveCommsComponent();
    const names = [a.addOutbox('name'), a.addOutbox('name'), a.addOutbox()];
    expect(names.slice(1)).toEqual([expect.stringMatching(/^name\d+$/), expect.stringMatching(/^outbox\d+$/)]);
    for (const name of names) a.deleteOutbox(name);
    expect(Object.keys(a.outboxes)).toEqual(['outbox', 'signal']);
  });

  it('75. deleting a box that does not exist is a KeyError', () => {
    const a = new AdaptiveCommsComponent();
    expect(() => a.deleteInbox('nowhere')).toThrow(KEY_ERROR);
    expect(() => a.deleteOutbox('nowhere')).toThrow(KEY_ERROR);
    a.deleteInbox('inbox');
    a.deleteOutbox('outbox');
    expect(() => a.deleteInbox('inbox')).toThrow(KEY_ERROR);
    expect(() => a.deleteOutbox('outbox')).toThrow(KEY_ERROR);
    expect(() => a.dataReady('inbox')).toThrow(/received "inbox"; it has "control"/);
  });

  it('76. trackResource: round trip for default and dynamic boxes; an invalid inbox fails', () => {
    const a = new AdaptiveCommsComponent();
    const dynamic = a.addInbox('dynamic');
    for (const [resource, box] of [
      ['one', 'inbox'],
      [undefined, dynamic],
    ] as const) {
      a.trackResource(resource, box);
      expect(a.retrieveTrackedResource(box)).toBe(resource);
    }
    expect(() => a.trackResource('x', 'nowhere')).toThrow(KEY_ERROR);
    expect(() => a.retrieveTrackedResource('control')).toThrow(
      /Expected an inbox with a resource but received control/,
    );
    a.deleteInbox(dynamic);
    expect(() => a.retrieveTrackedResource(dynamic)).toThrow(KEY_ERROR);
  });

  it('77. trackResourceInformation: round trip; an invalid inbox or outbox fails', () => {
    const a = new AdaptiveCommsComponent();
    const [resource, information] = [{}, 'qwerty'];
    a.trackResourceInformation(resource, Object.keys(a.inboxes), Object.keys(a.outboxes), information);
    expect(a.retrieveTrackedResourceInformation(resource)).toEqual([
      ['inbox', 'control'],
      ['outbox', 'signal'],
      information,
    ]);
    const [ins, outs] = [[a.addInbox('x'), a.addInbox('x')], [a.addOutbox('x')]];
    a.trackResourceInformation(resource, ins, outs, information);
    expect(a.retrieveTrackedResourceInformation(resource)).toEqual([ins, outs, information]);
    expect(() => a.trackResourceInformation(resource, ['nowhere'], outs, 0)).toThrow(KEY_ERROR);
    expect(() => a.trackResourceInformation(resource, ins, ['nowhere'], 0)).toThrow(KEY_ERROR);
    a.ceaseTrackingResource(resource);
    expect(() => a.ceaseTrackingResource(resource)).toThrow(KEY_ERROR);
    expect(() => a.retrieveTrackedResourceInformation(resource)).toThrow(KEY_ERROR);
  });

  it('receives and sends by boxes that it gets while it runs, and goes on when they go', async () => {
    const clock = virtualClock();
    const s = new scheduler({ clock });
    class Server extends AdaptiveCommsComponent {
      override *main(): Steps {
        for (;;) {
          for (let name = this.anyReady(); name !== false; name = this.anyReady()) {
            this.send(this.recv(name), this.retrieveTrackedResource(name) as string);
          }
          this.pause();
          yield 1;
        }
      }
    }
    const server = new Server().activate(s);
    await clock.settle();
    const clients = [1, 2].map(() => {
      const [into, out] = [server.addInbox('client'), server.addOutbox('client')];
      server.trackResource(out, into);
      const [source, sink] = [new TestSource<string>(), new TestSink<string>()];
      server.link([source, 'outbox'], [server, into]);
      server.link([server, out], [sink, 'inbox']);
      s._addThread(source);
      s._addThread(sink);
      return { into, out, source, sink };
    });
    clients.forEach(({ source }, n) => {
      source.input.send(`hello ${n}`);
    });
    await clock.settle();
    expect(clients.map(({ sink }) => sink.messages)).toEqual([['hello 0'], ['hello 1']]);
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    server.deleteInbox(first.into);
    server.deleteOutbox(first.out);
    first.source.input.send('lost');
    second.source.input.send('again');
    await clock.settle();
    // Neither end of a deleted box has ended by that.
    expect([first.sink.messages, first.sink.ended, second.sink.messages]).toEqual([
      ['hello 0'],
      false,
      ['hello 1', 'again'],
    ]);
    expect(server._isStopped()).toBe(false);
    s.stop();
    await s.runThreads();
  });

  it('disposes of the messages in a box that it deletes', () => {
    const a = new AdaptiveCommsComponent();
    let disposed = 0;
    a._deliver({ [Symbol.dispose]: () => disposed++ });
    a.deleteInbox('inbox');
    expect(disposed).toBe(1);
  });
});
