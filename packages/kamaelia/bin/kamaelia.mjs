#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { main } from '../dist/main.js';

const INTERRUPTED = 128;

process.exitCode = await main(process.argv.slice(2));
// Its own outputs are closed by now; what the module of a graph may still have open is not waited for.
if (process.exitCode > INTERRUPTED) process.exit();
