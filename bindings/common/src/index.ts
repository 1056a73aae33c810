// SPDX-License-Identifier: Apache-2.0
export { loadNative } from './load-native.js';
export { NativeError } from './native-error.js';
