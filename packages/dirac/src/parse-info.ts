// SPDX-License-Identifier: Apache-2.0
// @internal Parse info headers (ST 2042-1, 10.5; Dirac 2.2.3, 9.6).

/** "BBCD", as a number of 32 bits. */
export const PARSE_INFO_PREFIX = 0x42424344;
/** Bytes of a header. */
export const PARSE_INFO = 13;

/** Parse codes. */
export const SEQUENCE_HEADER = 0x00;
export const END_OF_SEQUENCE = 0x10;
export const AUXILIARY = 0x20;
export const PADDING = 0x30;
export const HIGH_QUALITY_PICTURE = 0xe8;
export const FRAGMENT = 0xec;
/** The bit of them that pictures and fragments have. */
export const PICTURE = 0x08;
