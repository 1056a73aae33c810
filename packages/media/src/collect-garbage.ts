// SPDX-License-Identifier: Apache-2.0

interface Host {
  readonly gc?: () => void;
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
}

/**
 * The engine's full garbage collection: the one that a flag gave the program, or Node's own, which needs no flag.
 * Undefined where there is none, as in a page.
 */
export function garbageCollector(): (() => void) | undefined {
  const { gc, process } = globalThis as Host;
  if (gc !== undefined) return gc;
  try {
    const v8 = process?.getBuiltinModule?.('node:v8') as { setFlagsFromString(flag: string): void } | undefined;
    const vm = process?.getBuiltinModule?.('node:vm') as { runInNewContext(code: string): () => void } | undefined;
    // Only contexts made after the flag have the function.
    v8?.setFlagsFromString('--expose-gc');
    return vm?.runInNewContext('gc');
  } catch {
    return undefined;
  }
}
