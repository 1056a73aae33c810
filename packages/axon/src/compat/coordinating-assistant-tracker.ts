// SPDX-License-Identifier: Apache-2.0
import { Component, TASK } from '../component.js';
import {
  AccessToUndeclaredTrackedVariable,
  BadComponent,
  BadInbox,
  BadParentTracker,
  MultipleServiceDeletion,
  NamespaceClash,
  ServiceAlreadyExists,
} from './axon-exceptions.js';

/** An inbox that others may find by the name of the service it offers. */
export type Service = readonly [component: Component, inbox: string];

const OWNER = 'coordinatingassistanttracker';

/**
 * Services and values by name. `getcat()` gives the tracker that everybody shares.
 *
 * @example
 * import { component, coordinatingassistanttracker } from '@kamaelia/axon/compat';
 *
 * const cat = coordinatingassistanttracker.getcat();
 * const clock = new component();
 * cat.registerService('clock', clock, 'inbox');
 * const [found, box] = cat.retrieveService('clock');
 * console.log(found === clock, box);
 */
export class coordinatingassistanttracker {
  static #base: coordinatingassistanttracker | undefined;

  readonly _parent: coordinatingassistanttracker | undefined;
  #values = new Map<string, unknown>();
  #services = new Map<string, Service>();

  /** `parent` is kept, and not asked. */
  constructor(parent?: coordinatingassistanttracker) {
    if (parent !== undefined && !(parent instanceof coordinatingassistanttracker)) {
      throw new BadParentTracker(`${OWNER}: Expected a tracker for parent but received ${String(parent)}`, parent);
    }
    this._parent = parent;
    coordinatingassistanttracker.#base ??= this;
  }

  /** The tracker that everybody shares: the first one made. */
  static getcat(): coordinatingassistanttracker {
    return coordinatingassistanttracker.#base ?? new coordinatingassistanttracker();
  }

  /** Forgets every service and value. */
  zap(): void {
    this.#values = new Map();
    this.#services = new Map();
  }

  /** Names of the services. */
  servicesRegistered(): string[] {
    return [...this.#services.keys()];
  }

  /** Names of the values. */
  informationItemsLogged(): string[] {
    return [...this.#values.keys()];
  }

  /** Offers an inbox of a component under a name. */
  registerService(service: string, thecomponent: Component, inbox: string): void {
    if (this.#services.has(service)) {
      throw new ServiceAlreadyExists(`${OWNER}: Expected a new name for service but received ${service}`, service);
    }
    if (!(thecomponent instanceof Component)) {
      const received = String(thecomponent);
      throw new BadComponent(`${OWNER}: Expected a component for thecomponent but received ${received}`, thecomponent);
    }
    if (!thecomponent[TASK].ins.some(({ name }) => name === inbox)) {
      const wanted = `${OWNER}: Expected the name of an inbox of ${thecomponent.name} but received ${String(inbox)}`;
      throw new BadInbox(wanted, thecomponent, inbox);
    }
    this.#services.set(service, [thecomponent, inbox]);
  }

  /** The component and inbox of a service. One that is not registered is a RangeError. */
  retrieveService(name: string): Service {
    const service = this.#services.get(name);
    if (service !== undefined) return service;
    throw new RangeError(`${OWNER}: Expected the name of a service but received ${name}`);
  }

  /** Takes an offer back. */
  deRegisterService(service: string): void {
    if (this.#services.delete(service)) return;
    throw new MultipleServiceDeletion(`${OWNER}: Expected the name of a service but received ${service}`, service);
  }

  /** @internal */
  offersServiceOf(component: Component): boolean {
    for (const [owner] of this.#services.values()) if (owner === component) return true;
    return false;
  }

  /** Keeps a value under a new name. */
  trackValue(name: string, value: unknown): void {
    if (this.#values.has(name)) {
      throw new NamespaceClash(`${OWNER}: Expected a new name for a value but received ${name}`, name);
    }
    this.#values.set(name, value);
  }

  /** Changes a value that is kept. */
  updateValue(name: string, value: unknown): void {
    if (!this.#values.has(name)) throw undeclared(name);
    this.#values.set(name, value);
  }

  /** A value that is kept. */
  retrieveValue(name: string): unknown {
    if (!this.#values.has(name)) throw undeclared(name);
    return this.#values.get(name);
  }
}

function undeclared(name: string): AccessToUndeclaredTrackedVariable {
  return new AccessToUndeclaredTrackedVariable(`${OWNER}: Expected the name of a value but received ${name}`, name);
}
