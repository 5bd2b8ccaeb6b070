import { isIP } from 'node:net';
import { ConfigError } from '../errors.ts';

/** An IP address as a number. An IPv4-mapped IPv6 address is held as the IPv4 address that the kernel connects to. */
export interface Address {
  bits: 32 | 128;
  value: bigint;
}

interface Range extends Address {
  prefix: number;
}

/** One entry of OUTBOUND_ALLOW: a name or a range, for one port or for all. */
export type AllowEntry = { port: number | undefined } & ({ name: string } | { range: Range });

/**
 * What a user must not reach unless OUTBOUND_ALLOW says so: the IANA special-purpose registries for IPv4 and
 * IPv6 (RFC 6890 and its updates, among them the few ranges there that are globally reachable but serve no
 * storage), multicast (RFC 5771), and the one public address behind which a cloud's own host agent listens.
 * The first match names the address in the error.
 */
const specialRanges: [cidr: string, what: string][] = [
  ['0.0.0.0/8', 'an unspecified address'],
  ['10.0.0.0/8', 'a private address'],
  ['100.64.0.0/10', 'a carrier-grade NAT address'],
  ['127.0.0.0/8', 'a loopback address'],
  ['168.63.129.16/32', "a cloud platform's internal address"],
  ['169.254.0.0/16', 'a link-local address'],
  ['172.16.0.0/12', 'a private address'],
  ['192.0.0.0/24', 'a reserved address'],
  ['192.0.2.0/24', 'a documentation address'],
  ['192.31.196.0/24', 'a reserved address'],
  ['192.52.193.0/24', 'a reserved address'],
  ['192.88.99.0/24', 'a reserved address'],
  ['192.168.0.0/16', 'a private address'],
  ['192.175.48.0/24', 'a reserved address'],
  ['198.18.0.0/15', 'a benchmarking address'],
  ['198.51.100.0/24', 'a documentation address'],
  ['203.0.113.0/24', 'a documentation address'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  ['::/128', 'an unspecified address'],
  ['::1/128', 'a loopback address'],
  ['2001::/23', 'a reserved address'],
  ['2001:db8::/32', 'a documentation address'],
  ['2002::/16', 'a 6to4 address'],
  ['2620:4f:8000::/48', 'a reserved address'],
  ['3fff::/20', 'a documentation address'],
  ['fc00::/7', 'a private address'],
  ['fe80::/10', 'a link-local address'],
  ['ff00::/8', 'a multicast address'],
];
const special = specialRanges.map(([cidr, what]) => ({ range: parseRange(cidr)!, what }));
/** All of IPv6 that IANA has given out as global unicast so far (RFC 4291 section 2.4). */
const globalUnicast = parseRange('2000::/3')!;
/** NAT64 (RFC 6052): the last 32 bits are the IPv4 address that the translator connects to. */
const nat64 = parseRange('64:ff9b::/96')!;

/** Says in words why an address is not public unicast ("a loopback address"); undefined: it is. */
export function describeSpecial(address: Address): string | undefined {
  if (contains(nat64, address)) return describeSpecial({ bits: 32, value: address.value & 0xffff_ffffn });
  const match = special.find(({ range }) => contains(range, address));
  if (match) return match.what;
  return address.bits === 128 && !contains(globalUnicast, address) ? 'a reserved address' : undefined;
}

/** Reads an address literal, with or without a zone (`fe80::1%eth0`); undefined: not a literal. */
export function parseAddress(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4:
      return { bits: 32, value: bytesToNumber(plain) };
    case 6: {
      const value = groupsToNumber(plain);
      return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
    }
    default:
      return undefined;
  }
}

/**
 * Reads a host as a user may write it, by the host parser of the WHATWG URL standard: names in lower case, in
 * ASCII and without a final dot; `2130706433`, `0x7f.1` and `0177.0.0.1` as the address they mean.
 * undefined: not a host.
 */
export function parseHost(text: string): { name: string } | { address: Address } | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  const literal = parseAddress(bare);
  if (literal) return { address: literal };
  if (bare !== text || /[\s/?#@:\\]/.test(bare) || !URL.canParse(`http://${bare}`)) return undefined;
  const name = new URL(`http://${bare}`).hostname.replace(/\.$/, '');
  const address = parseAddress(name);
  if (address) return { address };
  const isName = name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
  return isName ? { name } : undefined;
}

/**
 * Reads the entries of OUTBOUND_ALLOW: a host name, an IP address or a CIDR range, each with or without a port;
 * IPv6 with a port stands in brackets. Throws ConfigError with the entry that is none of these.
 */
export function parseAllow(entries: readonly string[]): AllowEntry[] {
  return entries
    .map((text) => text.trim())
    .filter(Boolean)
    .map(parseEntry);
}

function parseEntry(text: string): AllowEntry {
  const bareV6 = !text.startsWith('[') && text.split(':').length > 2;
  const [, given = '', portText] = bareV6 ? [text, text] : (/^(.+?)(?::(\d+))?$/.exec(text) ?? []);
  const body = /^\[(.*)\]$/.exec(given)?.[1] ?? given;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) throw badEntry(text, 'ports go from 1 to 65535');
  if (body.includes('/')) {
    const range = parseRange(body);
    if (!range) throw badEntry(text);
    if (network(range) !== range.value)
      throw badEntry(text, 'the address has bits set behind the prefix length');
    return { range, port };
  }
  const host = parseHost(body);
  if (!host) throw badEntry(text);
  return 'name' in host
    ? { name: host.name, port }
    : { range: { ...host.address, prefix: host.address.bits }, port };
}

function badEntry(text: string, reason?: string): ConfigError {
  return new ConfigError(
    `OUTBOUND_ALLOW: expected host names, IP addresses or CIDR ranges, each with or without a port ` +
      `("minio.internal:9000", "10.0.0.0/8", "[fd00::1]:443"), got "${text}"${reason ? `: ${reason}` : ''}.`,
  );
}

/** Whether the address lies in the range. */
export function contains(range: Range, address: Address): boolean {
  const shift = BigInt(range.bits - range.prefix);
  return range.bits === address.bits && range.value >> shift === address.value >> shift;
}

function network(range: Range): bigint {
  const shift = BigInt(range.bits - range.prefix);
  return (range.value >> shift) << shift;
}

function parseRange(text: string): Range | undefined {
  const [, base = '', prefixText = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(base);
  const prefix = Number(prefixText);
  // An IPv4-mapped base would make the prefix length ambiguous.
  const mapped = address?.bits === 32 && base.includes(':');
  return address && !mapped && prefix <= address.bits ? { ...address, prefix } : undefined;
}

function bytesToNumber(text: string): bigint {
  return text.split('.').reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** `text` is a valid IPv6 literal without zone. */
function groupsToNumber(text: string): bigint {
  const hex = text.replace(/[\d.]+$/, (tail) => {
    if (!tail.includes('.')) return tail;
    const value = bytesToNumber(tail);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [head = [], tail = []] = hex.split('::').map((part) => (part ? part.split(':') : []));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
