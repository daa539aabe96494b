import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readTarget } from '../../core/scrape/target.ts';
import { httpGetter } from '../../io/http/get.ts';
import { readAllowList } from '../../io/http/guard.ts';

// Roads to where no target may lead, each from a row of the registry to a socket. What is held is not what is answered, but
// that no socket was ever opened to such an address, and that the servers that listen there were asked nothing.

const home = '127.0.0.1';
const victims = ['127.0.0.2', '127.0.0.3', '::1'];

/** Where sockets were opened to, as Node was told. */
const opened: string[] = [];
let asked = 0;
let homePort = 0;
const servers: Server[] = [];
const connect = Socket.prototype.connect;
/** What the server at home answers with, by path. */
const redirects = new Map<string, string>();

beforeAll(async () => {
  Socket.prototype.connect = function (this: Socket, ...options: never[]) {
    const socket = (connect as unknown as (...all: never[]) => Socket).apply(this, options);
    this.once('connectionAttempt', (address: string) => opened.push(address));
    return socket;
  } as typeof connect;
  const first = createServer((request, response) => {
    response.shouldKeepAlive = false;
    const to = redirects.get(request.url ?? '');
    if (to === undefined) response.setHeader('content-type', 'text/plain').end('m 1\n');
    else response.writeHead(302, { location: to }).end();
  }).listen(0, home);
  servers.push(first);
  await once(first, 'listening');
  homePort = (first.address() as AddressInfo).port;
  for (const victim of victims) {
    const server = createServer((_, response) => {
      asked += 1;
      response.setHeader('content-type', 'text/plain').end('secret 1\n');
    }).listen(homePort, victim);
    servers.push(server);
    // A machine without IPv6 has one victim less.
    await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => undefined);
  }
});
afterAll(() => {
  Socket.prototype.connect = connect;
  for (const server of servers) server.close();
});
beforeEach(() => {
  opened.length = 0;
  asked = 0;
});

type Row = Readonly<Record<string, unknown>>;
type Answers = Readonly<Record<string, readonly string[]>>;

/** A name server that answers what it is told, by turns where there are several turns. */
const nameServer = (turns: readonly Answers[]) => {
  const asked = new Map<string, number>();
  return (
    name: string,
    _options: object,
    done: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
  ): void => {
    const turn = asked.get(name) ?? 0;
    asked.set(name, turn + 1);
    const addresses = turns[Math.min(turn, turns.length - 1)]?.[name];
    if (addresses === undefined) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    else
      done(
        null,
        addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  };
};

/** Goes the whole road once. 'row' where the row itself was refused. */
const go = async (
  row: Row,
  { turns = [{}], allow = '' }: { turns?: readonly Answers[]; allow?: string } = {},
  times = 1,
): Promise<string> => {
  const { value: target } = readTarget({ id: 'a', ...row });
  if (target === undefined) return 'row';
  const http = httpGetter(readAllowList(allow), nameServer(turns) as never);
  let said = '';
  for (let time = 0; time < times; time += 1) {
    const answer = await http.get({
      url: target.url,
      headers: target.headers,
      timeoutMs: 2_000,
      bodyBytes: 1_000,
      unpackedBytes: 1_000,
      redirects: 5,
      credentials: { authorization: 'Bearer s3cret' },
    });
    said = answer.ok ? 'ok' : answer.problem;
  }
  return said;
};

const refusals = new Set(['row', 'forbidden', 'dns', 'http']);

const isRefused = async (row: Row, options: { turns?: readonly Answers[]; allow?: string } = {}, times = 1) => {
  const said = await go(row, options, times);
  expect(refusals, said).toContain(said);
  expect(asked).toBe(0);
  const allowed = options.allow === undefined ? [] : [home];
  expect(opened.filter(address => !allowed.includes(address))).toEqual([]);
};

/** Every host here is an address written some way, or one that only looks like a name. */
const hosts: readonly (readonly [idea: string, host: string])[] = [
  ...(
    [
      ['loopback', ['127.0.0.1', '127.0.0.2', '127.255.255.254', '127.0.1.1', '0.0.0.0', '0.0.0.1', '0.255.255.255']],
      ['loopback, short', ['127.1', '127.0.1', '0', '127.2', '127.0.2']],
      ['loopback, decimal', ['2130706433', '2130706434']],
      ['loopback, hexadecimal', ['0x7f.1', '0x7f000001', '0x7F.0x0.0x0.0x1', '0x7f.0.0.2', '0x0000007f000002']],
      ['loopback, octal', ['0177.0.0.1', '017700000001', '0177.1', '00000177.0.0.02', '0177.0x0.0.2']],
      ['loopback with a dot at its end', ['127.0.0.1.', '127.1.', '0x7f.1.', '2130706433.']],
      [
        'loopback in other digits',
        [
          '１２７.０.０.１',
          '①②⑦.⓪.⓪.②',
          '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
          '127。0。0。1',
          '127．0．0．2',
          '127｡0｡0｡1',
          '⑫⑦.0.0.1',
          '1２7.0.0.1',
        ],
      ],
      ['loopback, percent-encoded', ['%31%32%37.0.0.1', '127%2e0%2e0%2e1', '%30x7f.1', '%6c%6fcalhost', '127.0.0.%32']],
      ['loopback with what is cut out of hosts', ['127.0\t.0.1', '127.0.\n0.2', '127.0.0\u00ad.1', '127.0.0.1\u200b']],
      [
        'metadata',
        [
          '169.254.169.254',
          '169.254.169.253',
          '169.254.169.123',
          '169.254.170.2',
          '169.254.170.23',
          '169.254.0.0',
          '169.254.255.255',
        ],
      ],
      [
        'metadata, other ways',
        [
          '2852039166',
          '0xa9fea9fe',
          '0251.0376.0251.0376',
          '0xa9.0xfe.0xa9.0xfe',
          '169.254.43518',
          '169.16689662',
          '0xa9.254.0251.254',
          '169.254.169.254.',
          '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
          '025177524776',
        ],
      ],
      [
        'private',
        ['10.0.0.0', '10.0.0.1', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
      ],
      [
        'private, other ways',
        ['10.1', '167772161', '0xa000001', '012.0.0.1', '172.1048577', '0xc0a80101', '192.168.257', '3232235777'],
      ],
      ['shared', ['100.64.0.0', '100.100.100.200', '100.127.255.255', '0x64640000']],
      [
        'what is nobody’s',
        [
          '192.0.0.0',
          '192.0.0.8',
          '192.0.0.192',
          '192.0.2.1',
          '198.51.100.1',
          '203.0.113.254',
          '192.88.99.1',
          '198.18.0.1',
          '198.19.255.255',
        ],
      ],
      ['many at once', ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '4294967295', '0xffffffff']],
      [
        'IPv6 loopback',
        ['[::1]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::0001]', '[::]', '[::0.0.0.1]'],
      ],
      [
        'IPv4 in IPv6, mapped',
        [
          '[::ffff:127.0.0.1]',
          '[::ffff:7f00:1]',
          '[::ffff:7f00:2]',
          '[0:0:0:0:0:ffff:127.0.0.2]',
          '[::ffff:169.254.169.254]',
          '[::ffff:a9fe:a9fe]',
          '[::ffff:10.0.0.1]',
          '[::FFFF:7F00:0001]',
          '[::ffff:0.0.0.0]',
        ],
      ],
      ['IPv4 in IPv6, compatible', ['[::127.0.0.1]', '[::7f00:1]', '[::7f00:2]', '[::a9fe:a9fe]', '[::10.0.0.1]']],
      [
        'IPv4 in IPv6, translated',
        [
          '[64:ff9b::127.0.0.1]',
          '[64:ff9b::7f00:1]',
          '[64:ff9b::a9fe:a9fe]',
          '[64:ff9b:1::7f00:1]',
          '[64:ff9b:1:abcd::10.0.0.1]',
          '[::ffff:0:127.0.0.1]',
          '[::ffff:0:7f00:1]',
        ],
      ],
      [
        'IPv4 in IPv6, tunnelled',
        [
          '[2002:7f00:1::]',
          '[2002:7f00:1::1]',
          '[2002:a9fe:a9fe::]',
          '[2002:a00:1::]',
          '[2001:0:7f00:1::]',
          '[2001::1]',
          '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
        ],
      ],
      [
        'IPv6 of one link or site',
        [
          '[fe80::1]',
          '[febf::1]',
          '[fec0::1]',
          '[fc00::1]',
          '[fd00::1]',
          '[fdff:ffff::1]',
          '[fd00:ec2::254]',
          '[fd00:ec2::23]',
          '[fd20:ce::254]',
        ],
      ],
      [
        'IPv6 that is nobody’s or everybody’s',
        [
          '[ff02::1]',
          '[ff0e::1]',
          '[100::1]',
          '[2001:db8::1]',
          '[3fff::1]',
          '[2001:10::1]',
          '[2001:2::1]',
          '[4000::1]',
          '[5f00::1]',
          '[1::1]',
        ],
      ],
      ['a zone', ['[fe80::1%25lo]', '[fe80::1%lo]', '[::1%25lo]', '[::1%251]', '[fe80::a9fe:a9fe%25eth0]']],
      [
        'no address at all',
        ['[::ffff:127.0.0.1', '::1', '[]', '[127.0.0.1]', '127.0.0.256', '127.0.0.1.2', '0x7f.0x', '1.2.3.4.5.'],
      ],
    ] as const
  ).flatMap(([idea, all]) => all.map(host => [idea, host] as const)),
];

test.each(hosts)('an address, %s: %s', async (_, host) => {
  await isRefused({ url: `http://${host}:${homePort}/metrics` });
  await isRefused({ url: `https://${host}/` });
  await isRefused({ address: `${host}:${homePort}` });
});

const urls: readonly (readonly [idea: string, url: string])[] = [
  ['who one is not', 'http://example.com@127.0.0.2:PORT/'],
  ['who one is not', 'http://example.com:80@127.0.0.2:PORT/'],
  ['who one is not', 'http://example.com%40127.0.0.2:PORT/'],
  ['who one is not', 'http://127.0.0.2:PORT\\@example.com/'],
  ['who one is not', 'http://127.0.0.2:PORT#@example.com/'],
  ['who one is not', 'http://127.0.0.2:PORT?@example.com/'],
  ['who one is not', 'http://example.com\\@127.0.0.2:PORT/'],
  ['who one is not', 'http://@127.0.0.2:PORT/'],
  ['who one is not', 'http://:@127.0.0.2:PORT/'],
  ['slashes', 'http:/127.0.0.2:PORT/'],
  ['slashes', 'http:127.0.0.2:PORT/'],
  ['slashes', 'http:\\\\127.0.0.2:PORT/'],
  ['slashes', 'http:////127.0.0.2:PORT/'],
  ['slashes', '//127.0.0.2:PORT/'],
  ['blanks', ' http://127.0.0.2:PORT/'],
  ['blanks', 'ht\ntp://127.0.0.2:PORT/'],
  ['blanks', 'http://127.0.0.2\t:PORT/'],
  ['case', 'HTTP://127.0.0.2:PORT/'],
  ['another port', 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next'],
  ['another port', 'http://127.0.0.2:00PORT/'],
  ['another port', 'http://127.0.0.2:99999/'],
  ['another port', 'http://127.0.0.2:22/'],
  ['the metadata itself', 'http://169.254.169.254/latest/meta-data/iam/security-credentials/'],
  ['the metadata itself', 'http://169.254.170.2/v2/credentials'],
  ['another scheme', 'file:///proc/self/environ'],
  ['another scheme', 'file://127.0.0.2/etc/passwd'],
  ['another scheme', 'ftp://127.0.0.2/'],
  ['another scheme', 'gopher://127.0.0.2:PORT/_GET'],
  ['another scheme', 'dict://127.0.0.2:PORT/'],
  ['another scheme', 'ldap://127.0.0.2:PORT/'],
  ['another scheme', 'ws://127.0.0.2:PORT/'],
  ['another scheme', 'data:text/plain,m 1'],
  ['another scheme', 'javascript:fetch("http://127.0.0.2")'],
  ['another scheme', 'blob:http://127.0.0.2:PORT/'],
  ['another scheme', 'http+unix://%2Fvar%2Frun%2Fdocker.sock/'],
  ['another scheme', 'unix:/var/run/docker.sock'],
  ['another scheme', 'jar:http://127.0.0.2:PORT!/'],
];

test.each(urls)('a URL with %s: %s', async (_, url) => {
  await isRefused({ url: url.replace('PORT', String(homePort)) });
});

const forbiddenAnswers = [
  '127.0.0.2',
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.168.0.1',
  '198.18.0.1',
  '203.0.113.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.2',
  '::ffff:7f00:2',
  '::127.0.0.2',
  '64:ff9b::7f00:2',
  '2002:7f00:2::',
  'fe80::1',
  'fe80::1%lo',
  'fd00:ec2::254',
  'fc00::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
];

test.each(forbiddenAnswers)('a name that resolves to %s', async address => {
  const url = `http://innocent.example:${homePort}/`;
  await isRefused({ url }, { turns: [{ 'innocent.example': [address] }] });
  // Among good ones too, wherever it stands.
  await isRefused({ url }, { turns: [{ 'innocent.example': ['127.0.0.1', address] }], allow: '127.0.0.1/32' });
  await isRefused({ url }, { turns: [{ 'innocent.example': [address, '127.0.0.1'] }], allow: '127.0.0.1/32' });
});

test.each([
  'localhost',
  'localhost.',
  'LOCALHOST',
  'localhost.localdomain',
  'ip6-localhost',
  'metadata.google.internal',
  'metadata',
  'instance-data.ec2.internal',
  '127.0.0.2.nip.io',
  '7f000002.nip.io',
  'localtest.me',
  'host.docker.internal',
  'kubernetes.default.svc',
  'ip-10-0-0-1.ec2.internal',
  'xn--lcalhost-6sb.example',
  '1.0.0.127.in-addr.arpa',
  'ｌｏｃａｌｈｏｓｔ',
  'loc\u00adalhost',
])('a name of such a place: %s', async name => {
  const row = { url: `http://${name}:${homePort}/` };
  const hostname = URL.canParse(row.url) ? new URL(row.url).hostname : name;
  await isRefused(row, { turns: [{ [hostname]: ['127.0.0.2'] }] });
});

test.each([
  ['the second time', ['127.0.0.1'], ['127.0.0.2']],
  ['the second time, to metadata', ['127.0.0.1'], ['169.254.169.254']],
  ['the second time, to IPv6', ['127.0.0.1'], ['::1']],
  ['the second time, beside the good one', ['127.0.0.1'], ['127.0.0.1', '127.0.0.2']],
])('a name that is bound anew %s', async (_, first, second) => {
  const turns = [{ 'innocent.example': first }, { 'innocent.example': second }];
  await isRefused({ url: `http://innocent.example:${homePort}/` }, { turns, allow: '127.0.0.1/32' }, 2);
});

const locations = [
  'http://127.0.0.2:PORT/',
  'http://[::1]:PORT/',
  'http://127.2:PORT/',
  'http://0x7f.0.0.2:PORT/',
  'http://2130706434:PORT/',
  'http://0177.0.0.2:PORT/',
  '//127.0.0.2:PORT/',
  '\\\\127.0.0.2:PORT/',
  '/\\127.0.0.2:PORT/',

  'http://[::ffff:7f00:2]:PORT/',
  'http://127.0.0.1@127.0.0.2:PORT/',
  'http://user:pass@127.0.0.1:PORT/',
  'http://innocent.example:PORT/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/',
  'http://10.0.0.1/',
  'http://localhost:PORT/',
  'https://127.0.0.2:PORT/',
  'file:///etc/passwd',
  'ftp://127.0.0.2/',
  'gopher://127.0.0.2:PORT/',
  'javascript:alert(1)',
  'data:text/plain,m 1',
  'http://',
  'http://[::1',
  ' http://127.0.0.2:PORT/',
  'HTTP://127.0.0.2:PORT/',
  'http://①②⑦.⓪.⓪.②:PORT/',
  'http://127.0.0.2.:PORT/',
  'http://0:PORT/',
  'http://127.0.0.3:PORT/metrics',
];

test.each(locations)('a redirect to %s', async location => {
  const turns = [{ 'innocent.example': ['127.0.0.2'], localhost: ['127.0.0.2'] }];
  const target = Buffer.from(location.replaceAll('PORT', String(homePort))).toString('latin1');
  redirects.set('/once', target);
  await isRefused({ url: `http://127.0.0.1:${homePort}/once` }, { turns, allow: '127.0.0.1/32' });
  redirects.set('/first', '/second');
  redirects.set('/second', target);
  await isRefused({ url: `http://127.0.0.1:${homePort}/first` }, { turns, allow: '127.0.0.1/32' });
});

test('a redirect that goes on for ever', async () => {
  redirects.set('/loop', '/loop');
  await isRefused({ url: `http://127.0.0.1:${homePort}/loop` }, { allow: '127.0.0.1/32' });
});

test.each([
  [[{ target_label: '__address__', replacement: '127.0.0.2:PORT' }]],
  [[{ target_label: '__address__', replacement: '169.254.169.254' }]],
  [[{ target_label: '__address__', replacement: 'example.com@127.0.0.2:PORT' }]],
  [[{ target_label: '__address__', replacement: '127.0.0.2:PORT#' }]],
  [[{ target_label: '__address__', replacement: '127.0.0.2:PORT/x?' }]],
  [[{ target_label: '__address__', replacement: '0x7f.2:PORT' }]],
  [[{ target_label: '__scheme__', replacement: 'file' }]],
  [[{ target_label: '__scheme__', replacement: 'http://127.0.0.2:PORT/#' }]],
  [[{ target_label: '__metrics_path__', replacement: '@127.0.0.2:PORT/' }]],
  [[{ source_labels: ['__meta_it'], target_label: '__address__' }]],
])('relabeling to it: %j', async rules => {
  const relabel = rules.map(rule => ({
    ...rule,
    ...('replacement' in rule && { replacement: rule.replacement!.replace('PORT', String(homePort)) }),
  }));
  await isRefused({ url: 'http://nowhere.example/', labels: { __meta_it: `127.0.0.2:${homePort}` }, relabel });
});

describe('and yet', () => {
  test('the road to what is allowed is open, or the rest would prove nothing', async () => {
    expect(await go({ url: `http://127.0.0.1:${homePort}/` }, { allow: '127.0.0.1/32' })).toBe('ok');
    redirects.set('/home', '/');
    expect(await go({ url: `http://127.0.0.1:${homePort}/home` }, { allow: '127.0.0.1/32' })).toBe('ok');
    expect(opened).toContain(home);
    expect(await go({ url: `http://127.0.0.2:${homePort}/` }, { allow: '127.0.0.0/8' })).toBe('ok');
    expect(opened).toContain('127.0.0.2');
    expect(asked).toBe(1);
  });

  test('these are two hundred roads and more', () => {
    expect(hosts.length + urls.length + forbiddenAnswers.length + locations.length).toBeGreaterThanOrEqual(200);
  });
});
