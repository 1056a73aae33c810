// SPDX-License-Identifier: Apache-2.0
import { disposeMessage } from '../dispose.js';
import type { Task } from '../task.js';
import { walkTasks } from '../task.js';

/** Messages that waited in an inbox; where it was. */
interface Waiting {
  readonly place: number;
  readonly kind: string;
  readonly box: string;
  readonly messages: readonly unknown[];
}

/** What waits between the steps of something that is made anew, for the steps that take their places. */
export class MessagesInside {
  #waiting: Waiting[] = [];

  /** Takes what waits in the inboxes of `root` and everything in it, but for those in `but`. */
  take(root: Task, but: ReadonlySet<Task>): void {
    let place = 0;
    walkTasks(root, (task) => {
      const kind = kindOf(task);
      for (const inbox of but.has(task) ? [] : task.ins) {
        if (inbox.count > 0) this.#waiting.push({ place, kind, box: inbox.name, messages: inbox.takeAll() });
      }
      place++;
    });
  }

  /** Gives it to those of `root` that stand in the same places, and disposes of what there is no place for. */
  give(root: Task): void {
    const tasks: Task[] = [];
    walkTasks(root, (task) => tasks.push(task));
    for (const { place, kind, box, messages } of this.#waiting.splice(0)) {
      const task = tasks[place];
      const inbox = task !== undefined && kindOf(task) === kind ? task.ins.find(({ name }) => name === box) : undefined;
      for (const message of messages) {
        if (inbox === undefined) disposeMessage(message);
        else inbox.push(message);
      }
    }
  }

  dispose(): void {
    for (const { messages } of this.#waiting.splice(0)) for (const message of messages) disposeMessage(message);
  }
}

function kindOf({ component }: Task): string {
  return component.constructor.name;
}
