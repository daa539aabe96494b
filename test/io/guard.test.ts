import { describe, expect, test } from 'vitest';
import { mayReach, readAllowList } from '../../io/http/guard.ts';

describe('nobody is let in by', () => {
  test.each([
    ['a zone', '', ['fe80::1%eth0', '::1%lo', '2600::1%eth0', '2600::1%25eth0']],
    ['a zone of an allowed block', 'fe80::/10,fd00::/8', ['fe80::1%eth0', 'fd00::1%lo']],
    [
      'IPv4 inside IPv6',
      '',
      ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a9fe:a9fe', '::127.0.0.1', '::ffff:0:10.0.0.1'],
    ],
    ['NAT64', '', ['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::a00:1', '64:ff9b::808:808']],
    ['NAT64 of an allowed block', '10.0.0.0/8', ['64:ff9b::a00:1', '64:ff9b::10.0.0.1', '::10.0.0.1']],
    ['6to4 and Teredo', '10.0.0.0/8', ['2002:a00:1::', '2002:a9fe:a9fe::1', '2001:0:a00:1::']],
    // What is there: the runtime's own API, credentials, the clock. Whoever means them says so.
    [
      'a block of everything',
      '0.0.0.0/0,::/0',
      [
        '127.0.0.1',
        '169.254.169.254',
        '169.254.170.2',
        '0.0.0.0',
        '::1',
        '::',
        'fe80::1',
        'fd00:ec2::254',
        '::ffff:127.0.0.1',
      ],
    ],
    ['half of everything', '0.0.0.0/1,128.0.0.0/1,fd00::/8', ['127.0.0.1', '169.254.169.254', 'fd00:ec2::23']],
    ['what is no address', '0.0.0.0/0,::/0', ['', 'localhost', '10.0.0', '10.0.0.1.', '0x7f.1', '1.2.3.4/8']],
  ])('%s: %s', (_, allowed, addresses) => {
    const list = readAllowList(allowed);
    for (const address of addresses) expect([address, mayReach(address, list)]).toEqual([address, false]);
  });
});

test.each([
  ['', ['8.8.8.8', '2600::1', '::ffff:8.8.8.8']],
  ['10.0.0.0/8', ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203']],
  ['127.0.0.0/8,::1/128', ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1']],
  ['127.0.0.1', ['127.0.0.1']],
  ['0.0.0.0/0,169.254.170.2', ['169.254.170.2', '10.0.0.1', '192.168.1.1']],
  ['fd00::/8,fd00:ec2::254', ['fd00::1', 'fd00:ec2::254']],
])('%s lets in %s', (allowed, addresses) => {
  const list = readAllowList(allowed);
  for (const address of addresses) expect([address, mayReach(address, list)]).toEqual([address, true]);
});
