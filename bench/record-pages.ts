// Records what exporters really say: one page of each URL every few seconds, into bench/pages/<name>.br, one brotli
// stream of JSON [timeMs, page] lines. The pages in this repository were made so, from Debian's own packages:
//
//   node bench/record-pages.ts --seconds 240 --every 10 node=http://127.0.0.1:9100/metrics victoria=…
//
// What names the machine (host names, kernel builds, hardware addresses) is overwritten before it is kept.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '240' }, every: { type: 'string', default: '10' } },
});
const endpoints = positionals.map(
  text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const,
);

/** Labels whose values tell where a page was recorded; what they say instead. */
const personal: readonly (readonly [label: string, instead: string])[] = [
  ['nodename', 'host'],
  ['domainname', '(none)'],
  ['release', '6.1.0'],
  ['version', '1.0'],
  ['address', '02:00:00:00:00:01'],
  ['broadcast', 'ff:ff:ff:ff:ff:ff'],
];
const withoutPlace = (page: string): string =>
  personal.reduce(
    (text, [label, instead]) =>
      text.replace(new RegExp(`^(node_(?:uname|network|os)_info\\{.*\\b${label}=")[^"]*`, 'gm'), `$1${instead}`),
    page,
  );

const recorded = new Map(endpoints.map(([name]) => [name, [] as string[]]));
const endMs = Date.now() + Number(values.seconds) * 1_000;
for (;;) {
  const startMs = Date.now();
  for (const [name, url] of endpoints) {
    const answer = await fetch(url, { headers: { accept: 'text/plain;version=0.0.4' } });
    recorded.get(name)!.push(JSON.stringify([startMs, withoutPlace(await answer.text())]));
  }
  const waitMs = startMs + Number(values.every) * 1_000 - Date.now();
  if (Date.now() + waitMs >= endMs) break;
  await setTimeout(Math.max(0, waitMs));
}

const folder = join(import.meta.dirname, 'pages');
mkdirSync(folder, { recursive: true });
for (const [name, pages] of recorded) {
  const packed = brotliCompressSync(`${pages.join('\n')}\n`, {
    params: { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 },
  });
  writeFileSync(join(folder, `${name}.br`), packed);
  console.log(`${name}: ${pages.length} pages, ${packed.length} bytes`);
}
