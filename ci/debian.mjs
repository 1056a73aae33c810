// SPDX-License-Identifier: Apache-2.0
// Debian packages that builds and tests use. Nothing but Node is needed to load this.
import { has, run } from './process.mjs';

/** Names of those packages that are not there; each is a name and a function that says whether it is. */
export function missing(packages) {
  return packages.filter(([, present]) => !present()).map(([name]) => name);
}

/** Whether this user may install packages here. */
export const canInstall = () => process.getuid?.() === 0 && has('apt-get');

/** What a shell run by root is told to install them. */
export function installCommand(names) {
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;
}

/** Installs packages; as root only. @returns {boolean} whether that succeeded */
export function install(names) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  return run('sh', ['-c', `(${installCommand(names)}) >/dev/null`], { env }).ok;
}
