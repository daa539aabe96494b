import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Addresses that no target row may reach: everything that is not the public internet (RELIABILITY 5, row 17). The
 * Lambda runtime API, instance metadata and the VPC live there.
 */
const forbidden = new BlockList();
const v4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
for (const [address, prefix] of v4) forbidden.addSubnet(address, prefix, 'ipv4');

/** Of IPv6 only global unicast is public, less what tunnels or documents IPv4 inside it. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const forbiddenV6 = new BlockList();
for (const [address, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  forbiddenV6.addSubnet(address, prefix, 'ipv6');
}

/**
 * Places of the machine itself and of who runs it: its own services, its credentials. A block that happens to be wide enough to hold them
 * does not open them; one that lies within does.
 */
const innermost = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  // Where EC2 and ECS have their metadata and clocks.
  ['fd00:ec2::', 32],
] as const;

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

const inner = new BlockList();
for (const [address, prefix] of innermost) inner.addSubnet(address, prefix, familyOf(address));

/** Whether a block lies within one of those places. */
const isInner = (address: string, bits: number): boolean =>
  innermost.some(([place, prefix]) => {
    if (familyOf(place) !== familyOf(address) || bits < prefix) return false;
    const one = new BlockList();
    one.addSubnet(place, prefix, familyOf(place));
    return one.check(address, familyOf(address));
  });

/** Blocks that scrapes may reach although they are not public, and those of them that are of the innermost places. */
export class AllowList {
  readonly #all = new BlockList();
  readonly #inner = new BlockList();

  add(address: string, bits: number): void {
    const family = familyOf(address);
    this.#all.addSubnet(address, bits, family);
    if (isInner(address, bits)) this.#inner.addSubnet(address, bits, family);
  }

  has(address: string): boolean {
    const family = familyOf(address);
    return (inner.check(address, family) ? this.#inner : this.#all).check(address, family);
  }
}

/** Reads a comma-separated list of CIDR blocks and addresses. Throws on one that is none: a typo must not open a door. */
export const readAllowList = (text: string): AllowList => {
  const allowed = new AllowList();
  for (const part of text
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')) {
    const [address = '', prefix, ...rest] = part.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
    if (
      rest.length > 0 ||
      isIP(address) === 0 ||
      !Number.isInteger(bits) ||
      bits < 0 ||
      bits > (family === 'ipv6' ? 128 : 32)
    ) {
      throw new Error(`scrape allow-list: ${JSON.stringify(part)} is no CIDR block such as 10.0.0.0/8`);
    }
    allowed.add(address, bits);
  }
  return allowed;
};

/** Whether a resolved address may be connected to. */
export const mayReach = (address: string, allowed: AllowList): boolean => {
  const version = isIP(address);
  // A zone chooses another link than the address says: nobody who is public has one.
  if (version === 0 || address.includes('%')) return false;
  if (version === 4) return allowed.has(address) || !forbidden.check(address, 'ipv4');
  // IPv4 written as IPv6 is judged as IPv4: ::ffff:127.0.0.1 is loopback.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mayReach(mapped, allowed);
  return allowed.has(address) || (globalUnicast.check(address, 'ipv6') && !forbiddenV6.check(address, 'ipv6'));
};
