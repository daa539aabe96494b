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

/** Reads a comma-separated list of CIDR blocks and addresses. Throws on one that is none: a typo must not open a door. */
export const readAllowList = (text: string): BlockList => {
  const allowed = new BlockList();
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
    allowed.addSubnet(address, bits, family);
  }
  return allowed;
};

/** Whether a resolved address may be connected to. */
export const mayReach = (address: string, allowed: BlockList): boolean => {
  const version = isIP(address);
  if (version === 0) return false;
  if (version === 4) return allowed.check(address, 'ipv4') || !forbidden.check(address, 'ipv4');
  // IPv4 written as IPv6 is judged as IPv4: ::ffff:127.0.0.1 is loopback.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mayReach(mapped, allowed);
  return (
    allowed.check(address, 'ipv6') || (globalUnicast.check(address, 'ipv6') && !forbiddenV6.check(address, 'ipv6'))
  );
};
