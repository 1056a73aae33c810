// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { TestSink } from '../testing/index.js';
import {
  AccessToUndeclaredTrackedVariable,
  BadComponent,
  BadInbox,
  BadParentTracker,
  component,
  coordinatingassistanttracker,
  MultipleServiceDeletion,
  microprocess,
  NamespaceClash,
  ServiceAlreadyExists,
} from './index.js';

const newTracker = () => new coordinatingassistanttracker();

describe('coordinatingassistanttracker', () => {
  it('91. builds with nothing in it', () => {
    const cat = newTracker();
    expect([cat.servicesRegistered(), cat.informationItemsLogged(), cat._parent]).toEqual([[], [], undefined]);
  });

  it('92. keeps its parent', () => {
    const parent = newTracker();
    expect(new coordinatingassistanttracker(parent)._parent).toBe(parent);
  });

  it('93. a parent that is no tracker is BadParentTracker', () => {
    expect(() => new coordinatingassistanttracker('x' as never)).toThrow(BadParentTracker);
  });

  it('94. registers a service', () => {
    const cat = newTracker();
    cat.registerService('service', new component(), 'control');
    expect(cat.servicesRegistered()).toEqual(['service']);
    cat.registerService('of the runtime', new TestSink(), 'inbox');
    expect(cat.servicesRegistered()).toEqual(['service', 'of the runtime']);
  });

  it('95. a duplicate is ServiceAlreadyExists, even with the same arguments', () => {
    const cat = newTracker();
    const made = new component();
    cat.registerService('service', made, 'control');
    expect(() => cat.registerService('service', made, 'control')).toThrow(ServiceAlreadyExists);
  });

  it('96. what is no component is BadComponent', () => {
    expect(() => newTracker().registerService('service', 'component' as never, 'control')).toThrow(BadComponent);
  });

  it('97. an inbox that it lacks is BadInbox', () => {
    const made = new component();
    expect(() => newTracker().registerService('service', made, 'nowhere')).toThrow(BadInbox);
    expect(() => newTracker().registerService('service', made, 'outbox')).toThrow(
      `Expected the name of an inbox of ${made.name} but received outbox`,
    );
  });

  it('98. retrieves a service', () => {
    const cat = newTracker();
    const made = new component();
    cat.registerService('service', made, 'control');
    expect(cat.retrieveService('service')).toEqual([made, 'control']);
  });

  it('99. an unknown one is a KeyError', () => {
    expect(() => newTracker().retrieveService('service')).toThrow(RangeError);
  });

  it('100. deregisters one; a second time is MultipleServiceDeletion', () => {
    const cat = newTracker();
    cat.registerService('service', new component(), 'control');
    cat.deRegisterService('service');
    expect(cat.servicesRegistered()).toEqual([]);
    expect(() => cat.deRegisterService('service')).toThrow(MultipleServiceDeletion);
  });

  it('101. trackValue twice is a clash', () => {
    const cat = newTracker();
    cat.trackValue('hits', 5);
    expect(() => cat.trackValue('hits', 6)).toThrow(NamespaceClash);
    expect(cat.retrieveValue('hits')).toBe(5);
    cat.updateValue('hits', 10);
    expect(cat.retrieveValue('hits')).toBe(10);
  });

  it('102. to update or retrieve one that is not declared is an error', () => {
    const cat = newTracker();
    expect(() => cat.updateValue('hits', 5)).toThrow(AccessToUndeclaredTrackedVariable);
    expect(() => cat.retrieveValue('hits')).toThrow(AccessToUndeclaredTrackedVariable);
  });

  it('103. lists the names', () => {
    const cat = newTracker();
    for (const name of ['pages.hits', 'pages.count', 'other']) cat.trackValue(name, undefined);
    expect(cat.informationItemsLogged()).toEqual(['pages.hits', 'pages.count', 'other']);
    cat.zap();
    expect(cat.informationItemsLogged()).toEqual([]);
  });

  it('is one for all, unless a class or an activation names another', async () => {
    const cat = coordinatingassistanttracker.getcat();
    expect(coordinatingassistanttracker.getcat()).toBe(cat);
    expect(new component().tracker).toBe(cat);
    const mine = newTracker();
    class Special extends microprocess {}
    class Trackers extends coordinatingassistanttracker {
      static override getcat(): coordinatingassistanttracker {
        return mine;
      }
    }
    Special.setTrackerClass(Trackers);
    expect(new Special().tracker).toBe(mine);
    const other = newTracker();
    const process = new microprocess().activate(undefined, other);
    expect(process.tracker).toBe(other);
    await process.done;
  });
});
