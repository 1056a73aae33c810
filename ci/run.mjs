#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What has to hold before a change lands, in one run. Each gate counts as one test beside the tests themselves.
import { need, run, say } from './process.mjs';

const help = `Usage: bash .ci/run

Bootstrap, npm run check, npm test with the conformance subset, sanitizers, the native libraries for AArch64 in emulation, a
short fuzz of every target, packing and install of the tarballs. Last line: N passed, N failed. Exit codes: 0 all passed,
1 some failed.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
process.env.CI = 'true';
const total = { passed: 0, failed: 0 };
const began = Date.now();

/** Runs one gate; `counted` adds the counts of its last line instead of one test. */
function gate(name, args, { counted = false } = {}) {
  say(`--- ${name}`);
  const at = Date.now();
  const { ok, stdout, stderr } = run(process.execPath, args, { capture: true, env: { CI: 'true' } });
  process.stdout.write(stdout);
  process.stderr.write(stderr.slice(-20_000));
  const line = /(\d+) passed, (\d+) failed(?:, \d+ skipped)?\s*$/.exec(stdout.trim());
  if (counted && line) {
    total.passed += Number(line[1]);
    total.failed += Math.max(Number(line[2]), ok ? 0 : 1);
  } else if (ok) total.passed += 1;
  else total.failed += 1;
  say(`--- ${name}: ${ok ? 'passed' : 'FAILED'} in ${Math.round((Date.now() - at) / 1000)} s`);
}

need(process.execPath, ['ci/bootstrap.mjs', '--tests']);
gate('check', ['ci/check.mjs'], { counted: true });
gate('tests', ['ci/test.mjs'], { counted: true });
gate('sanitizers', ['ci/sanitize.mjs'], { counted: true });
gate('AArch64 in emulation', ['ci/cross.mjs'], { counted: true });
const { targets } = await import('./fuzz-targets.mjs');
for (const target of Object.keys(targets)) gate(`fuzz ${target}`, ['ci/fuzz.mjs', target, '20']);
gate('packing', ['ci/pack.mjs']);
say(`all gates in ${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed ? 1 : 0);
