// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readlinkSync } from 'node:fs';

/** Whether this system lists a process's descriptors. */
export const listsDescriptors = existsSync('/proc/self/fd');

/** What this process has open, as the system names it (a path, or such as `pipe:[123]`). For tests. */
export function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}
