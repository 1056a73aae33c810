// SPDX-License-Identifier: Apache-2.0
export { DataSource, type DataSourceOptions } from './data-source.js';
