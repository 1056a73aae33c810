// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A key and its certificate, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

// DER of the few things that a certificate is made of (X.690).
const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(tag, ...size), content]);
};
const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, ...parts);
const object = (...bytes: readonly number[]) => tagged(0x06, Uint8Array.from(bytes));
const octets = (...parts: readonly Uint8Array[]) => tagged(0x04, ...parts);
const bits = (bytes: Uint8Array) => tagged(0x03, Uint8Array.of(0), bytes);
const text = (tag: number, value: string) => tagged(tag, Buffer.from(value));
const yes = tagged(0x01, Uint8Array.of(255));

const ecdsaWithSha256 = sequence(object(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = object(0x55, 0x04, 0x03);
const basicConstraints = object(0x55, 0x1d, 0x13);
const subjectAltName = object(0x55, 0x1d, 0x11);

/** A certificate that signs itself, for `names` and for 127.0.0.1. For tests: no key has to lie in the repository. */
export function selfSigned(...names: readonly string[]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(tagged(0x31, sequence(commonName, text(0x0c, names[0] ?? 'test'))));
  const alternatives = sequence(...names.map((dns) => text(0x82, dns)), tagged(0x87, Uint8Array.of(127, 0, 0, 1)));
  const extensions = sequence(
    sequence(basicConstraints, yes, octets(sequence(yes))),
    sequence(subjectAltName, octets(alternatives)),
  );
  const serial = randomBytes(8);
  // Numbers have a sign and no leading zeros.
  serial[0] = ((serial[0] as number) & 0x7f) | 1;
  const toBeSigned = sequence(
    tagged(0xa0, tagged(0x02, Uint8Array.of(2))),
    tagged(0x02, serial),
    ecdsaWithSha256,
    name,
    sequence(text(0x17, '200101000000Z'), text(0x18, '21000101000000Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const der = sequence(toBeSigned, ecdsaWithSha256, bits(sign('sha256', toBeSigned, privateKey)));
  const lines = der.toString('base64').replace(/(.{64})/g, '$1\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
