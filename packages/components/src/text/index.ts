// SPDX-License-Identifier: Apache-2.0
export { DeMarshaller } from './de-marshaller.js';
export { LineSplit, type LineSplitOptions } from './line-split.js';
export { Marshaller, type Marshalling } from './marshaller.js';
export { StringSplitter, type StringSplitterOptions } from './string-splitter.js';
export { Stringify } from './stringify.js';
