// SPDX-License-Identifier: Apache-2.0
import {
  Component,
  disposeMessage,
  Graphline,
  link,
  Pipeline,
  Scheduler,
  type Steps,
  type SubscriberPolicy,
} from '@kamaelia/axon';
import { producerFinished, shutdownMicroprocess } from '@kamaelia/axon/compat';
import {
  checkInvariants,
  drive,
  injectFaults,
  type TestHandle,
  TestSink,
  TestSource,
  virtualClock,
} from '@kamaelia/axon/testing';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../testing/owned.js';
import { addsink, Plug, PlugSplitter, removesink, Splitter } from './index.js';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Has both kinds of inbox, and records what comes. */
class Both extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly control = this.in<unknown>('control');
  readonly messages: unknown[] = [];
  readonly commands: unknown[] = [];
  override *main(): Steps {
    while (!(this.inbox.ended && (this.control.ended || !this.control.linked))) {
      while (this.inbox.ready) this.messages.push(this.inbox.recv());
      while (this.control.ready) this.commands.push(this.control.recv());
      yield;
    }
  }
}

function bench() {
  const clock = virtualClock();
  const scheduler: Scheduler = new Scheduler({ clock, onSlice: () => checkInvariants(scheduler) });
  return { clock, options: { scheduler, onLog: () => {} } };
}

/** A splitter between a source and a sink, with what comes to its control and configuration in the hand of the test. */
function splitting(splitter = new PlugSplitter<unknown>()) {
  const bed = bench();
  const parts = {
    source: new TestSource<unknown>(),
    commands: new TestSource<unknown>(),
    settings: new TestSource<addsink | removesink>(),
    splitter,
    sink: new TestSink<unknown>(),
    signals: new TestSink<unknown>(),
  };
  const graph = Graphline(parts, ({ source, commands, settings, splitter, sink, signals }) => [
    link(source.outbox, splitter.inbox),
    link(commands.outbox, splitter.control),
    link(settings.outbox, splitter.configuration),
    link(splitter.outbox, sink.inbox),
    link(splitter.signalBox, signals.inbox),
  ]).activate(bed.options);
  const { source, commands, settings, sink, signals } = parts;
  const end = async () => {
    for (const each of [source, commands, settings]) each.input.close();
    await graph.done;
  };
  return {
    ...bed,
    graph,
    splitter,
    source: source.input,
    commands: commands.input,
    settings: settings.input,
    sink,
    signals,
    end,
  };
}

describe('PlugSplitter', () => {
  it('160. without arguments passes both streams', async () => {
    const run = splitting();
    run.source.send(1, 2);
    run.commands.send('louder');
    await run.clock.settle();
    expect([run.sink.messages, run.signals.messages]).toEqual([[1, 2], ['louder']]);
    await run.end();
    expect([run.sink.ended, run.signals.ended]).toEqual([true, true]);
  });

  it('160. passes what comes from the component it holds, which gets what comes to it', async () => {
    const run = splitting(new PlugSplitter<unknown>(Pipeline((n: unknown) => `held ${n}`)));
    run.source.send(1, 2);
    await run.end();
    expect(run.sink.messages).toEqual(['held 1', 'held 2']);
  });

  it('161. ends on either message, passing it', async () => {
    for (const last of [new producerFinished(), new shutdownMicroprocess()]) await endsOn(last);
  });

  async function endsOn(last: producerFinished | shutdownMicroprocess): Promise<void> {
    const run = splitting();
    const other = new Both().activate(run.options);
    run.settings.send(new addsink(other, 'inbox', 'control'));
    await run.clock.settle();
    run.source.send('before');
    run.commands.send(last);
    run.settings.close();
    await other.done;
    run.graph.stop();
    await run.graph.done;
    expect([run.signals.messages, other.commands]).toEqual([[last], [last]]);
    expect([run.sink.messages, other.messages]).toEqual([['before'], ['before']]);
  }

  it('162. addsink both: a sink gets messages and commands, from then on', async () => {
    const run = splitting();
    const other = new Both().activate(run.options);
    run.source.send('too early');
    await run.clock.settle();
    run.settings.send(new addsink(other, 'inbox', 'control'));
    await run.clock.settle();
    run.source.send(1);
    run.commands.send('a');
    await run.end();
    await other.done;
    expect([other.messages, other.commands]).toEqual([[1], ['a']]);
    expect([run.sink.messages, run.signals.messages]).toEqual([['too early', 1], ['a']]);
  });

  it('163. addsink data only', async () => {
    const run = splitting();
    const other = new Both().activate(run.options);
    run.settings.send(new addsink(other));
    await run.clock.settle();
    run.source.send(1);
    run.commands.send('a');
    await run.end();
    await other.done;
    expect([other.messages, other.commands]).toEqual([[1], []]);
  });

  it('164. addsink signal only', async () => {
    const run = splitting();
    const other = new Both().activate(run.options);
    run.settings.send(new addsink(other, null, 'control'));
    await run.clock.settle();
    run.source.send(1);
    run.commands.send('a');
    await run.clock.settle();
    expect([other.messages, other.commands]).toEqual([[], ['a']]);
    other.stop();
    await Promise.all([run.end(), other.done]);
  });

  it('165. removesink: it gets nothing more, and others still do', async () => {
    const run = splitting();
    const [one, two] = [new Both().activate(run.options), new Both().activate(run.options)];
    run.settings.send(new addsink(one, 'inbox', 'control'), new addsink(two, 'inbox', 'control'));
    await run.clock.settle();
    run.source.send(1);
    run.commands.send('a');
    await run.clock.settle();
    run.settings.send(new removesink(one, 'inbox', 'control'));
    await run.clock.settle();
    run.source.send(2);
    run.commands.send('b');
    await run.clock.settle();
    expect([one.messages, one.commands, two.messages, two.commands]).toEqual([[1], ['a'], [1, 2], ['a', 'b']]);
    // It has not ended by that, and may come again.
    run.settings.send(new addsink(one));
    await run.clock.settle();
    run.source.send(3);
    await Promise.all([run.end(), one.done, two.done]);
    expect([one.messages, two.messages]).toEqual([
      [1, 3],
      [1, 2, 3],
    ]);
  });

  it.each<[SubscriberPolicy, number[]]>([
    ['block', numbers(60)],
    ['drop-oldest', numbers(60).slice(-2)],
    ['drop-newest', numbers(2)],
    ['disconnect', numbers(2)],
  ])('serves a slow sink by policy %s', async (policy, kept) => {
    const run = splitting();
    const slow = new TestSink<unknown>().activate(run.options);
    slow.hold();
    run.settings.send(new addsink(slow, 'inbox', null, { policy, capacity: 2 }));
    await run.clock.settle();
    // The queue hands on what the sink's own inbox takes.
    for (let n = 0; n < 64; n++) {
      run.source.send('fill');
      await run.clock.settle();
    }
    run.source.send(...numbers(60));
    await run.clock.settle();
    if (policy !== 'block') expect(run.sink.messages).toHaveLength(124);
    else expect(run.sink.messages.length).toBeLessThan(124);
    slow.take();
    await Promise.all([run.end(), slow.done]);
    expect(slow.messages.filter((m) => m !== 'fill')).toEqual(kept);
    expect(run.sink.messages).toHaveLength(124);
  });

  it('forgets sinks that have ended, and keeps no box for each that ever was', async () => {
    const run = splitting();
    for (let n = 0; n < 20; n++) {
      const brief = new TestSink<unknown>().activate(run.options);
      run.settings.send(new addsink(brief));
      await run.clock.settle();
      run.source.send(n);
      await run.clock.settle();
      expect(brief.messages).toEqual([n]);
      brief.stop();
      await brief.done;
      await run.clock.settle();
    }
    const boxes = (await import('@kamaelia/axon'))
      .inspect(run.splitter)
      .components[0]?.outboxes.map(({ name }) => name);
    expect(boxes).toEqual(['outbox', 'signal', 'sink-1']);
    await run.end();
  });

  it('clones what has to be disposed, and refuses what it cannot clone', async () => {
    const ledger = new Ledger();
    const run = splitting();
    const other = new Both().activate(run.options);
    run.settings.send(new addsink(other));
    await run.clock.settle();
    run.source.send(ledger.shared('a'));
    await run.clock.settle();
    expect(ledger.held).toBe(2);
    for (const message of [...other.messages, ...run.sink.messages]) disposeMessage(message);
    run.source.send(ledger.single('b'));
    await expect(run.graph.done).rejects.toThrow('PlugSplitter: Expected a message that several receivers can have');
    await other.done;
    expect(ledger.held).toBe(0);
  });

  it('refuses a configuration that is none, a box that its sink lacks, and what is no component', async () => {
    const run = splitting();
    run.settings.send('add' as never);
    await expect(run.graph.done).rejects.toThrow(
      'PlugSplitter: Expected addsink or removesink at configuration but received "add"',
    );
    const other = splitting();
    other.settings.send(new addsink(new Both(), 'inbux'));
    await expect(other.graph.done).rejects.toThrow('Both: Expected the name of an inbox but received "inbux"');
    expect(() => new addsink({} as never)).toThrow('addsink: Expected a component for sink');
    expect(() => new PlugSplitter(5 as never)).toThrow('PlugSplitter: Expected a component for sourceComponent');
  });

  it('of the old kind sends to its sinks alone, and drops without one', async () => {
    const ledger = new Ledger();
    const run = drive(new Splitter<unknown>(), { configuration: [] });
    run.inbox.send(ledger.single('dropped'));
    await run.settle();
    expect(ledger.held).toBe(0);
    run.inbox.close();
    run.input('control').close();
    await run.done;
  });
});

describe('Plug', () => {
  it('166. passes data', async () => {
    const run = splitting();
    const plugged = new TestSink<unknown>();
    const sink = Pipeline(
      new Plug(
        run.splitter,
        Pipeline((n: unknown) => `plugged ${n}`),
      ),
      plugged as Component,
    );
    sink.activate(run.options);
    await run.clock.settle();
    run.source.send(1, 2);
    await Promise.all([run.end(), sink.done]);
    expect([plugged.messages, plugged.ended]).toEqual([['plugged 1', 'plugged 2'], true]);
    expect(run.sink.messages).toEqual([1, 2]);
  });

  it('166. passes commands to a component with a box for them', async () => {
    const run = splitting();
    const both = new Both();
    const plug = new Plug(run.splitter, both).activate(run.options);
    await run.clock.settle();
    run.commands.send('a');
    run.source.send(1);
    await Promise.all([run.end(), plug.done]);
    expect([both.messages, both.commands]).toEqual([[1], ['a']]);
  });

  it('167. unplugs when the child dies', async () => {
    const run = splitting();
    class First extends Component {
      readonly inbox = this.in<unknown>('inbox');
      taken: unknown;
      override *main(): Steps {
        while (!this.inbox.ready) yield;
        this.taken = this.inbox.recv();
      }
    }
    const first = new First();
    const plug = new Plug(run.splitter, first).activate(run.options);
    await run.clock.settle();
    run.source.send(...numbers(200));
    await run.clock.settle();
    await plug.done;
    expect([first.taken, run.sink.messages]).toEqual([0, numbers(200)]);
    await run.end();
  });

  it('refuses what is no splitter, and what is no component', () => {
    expect(() => new Plug(new Both() as never, new Both())).toThrow('Plug: Expected a Splitter or PlugSplitter');
    expect(() => new Plug(new Splitter(), {} as never)).toThrow('Plug: Expected a component for component');
  });

  it('survives a fault, stop or abort at every yield, and so does its splitter', async () => {
    const { injected } = await injectFaults(({ handles, scheduler }) => {
      class Source extends Component {
        readonly outbox = this.out<TestHandle<number>>('outbox');
        override *main(): Steps {
          for (let n = 0; n < 4; n++) {
            yield* this.sleep({ ms: 1 });
            this.outbox.send(handles.make(n));
          }
        }
      }
      class Worker extends Component {
        readonly inbox = this.in<TestHandle<number>>('inbox', { capacity: 2 });
        override *main(): Steps {
          while (!this.inbox.ended) {
            while (this.inbox.ready) disposeMessage(this.inbox.recv());
            yield;
          }
        }
      }
      const splitter = new PlugSplitter<TestHandle<number>>();
      new Plug(splitter, new Worker()).activate({ scheduler, onLog: () => {} });
      return Pipeline(new Source(), splitter, new Worker());
    });
    expect(injected).toBeGreaterThan(50);
  });
});
