// SPDX-License-Identifier: Apache-2.0
import './slots.mjs';

export { default } from './echo.mjs';
