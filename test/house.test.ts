import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

// The table of rooms: who may import whom. A file with no room fails.

const root = join(import.meta.dirname, '..');

type Rule = {
  readonly room: RegExp;
  readonly may: readonly RegExp[];
  readonly never?: readonly [pattern: RegExp, why: string][];
};

const pureBuiltIns = /^node:(crypto|zlib)$/;
const pureLibraries =
  /^(zod|js-yaml|re2js|snappyjs|@bufbuild\/protobuf\/wire|@prometheus-io\/lezer-promql|@lezer\/(common|lr))$/;

const rules: readonly Rule[] = [
  {
    room: /^core\//,
    may: [/^core\//, pureBuiltIns, pureLibraries],
    never: [
      [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, 'core is given the time'],
      [/\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, 'core is given chance'],
      [/\bsetTimeout\(|\bsetInterval\(|\bawait\b/, 'core does not wait'],
      [/\bprocess\.|\bconsole\./, 'core knows no process and no log'],
    ],
  },
  { room: /^io\/ports\.ts$/, may: [/^core\//, /^io\/ports\//, /^io\/aws\/contract\.ts$/] },
  { room: /^io\/ports\//, may: [/^core\//, /^io\/ports\//] },
  { room: /^io\/aws\/contract\.ts$/, may: [] },
  { room: /^io\/aws\/connect(-[a-z]+)?\.ts$/, may: [/^core\//, /^io\//, /^@aws-sdk\//] },
  {
    room: /^io\/aws\//,
    may: [/^core\//, /^io\/ports\.ts$/, /^io\/aws\//, /^@aws-sdk\//, /^@smithy\/signature-v4$/, /^node:crypto$/],
    never: [[/\bprocess\.env\b/, 'connect alone reads the environment']],
  },
  { room: /^io\/memory\//, may: [/^core\//, /^io\/ports\.ts$/, /^io\/memory\//] },
  { room: /^io\/http\//, may: [/^core\//, /^io\/ports\.ts$/, /^io\/http\//, /^node:/] },
  { room: /^functions\/[^/]+\.lambda\.ts$/, may: [/^functions\/[^/.]+\.ts$/, /^io\/aws\/connect(-[a-z]+)?\.ts$/] },
  {
    room: /^functions\//,
    may: [/^core\//, /^io\/ports\.ts$/, /^functions\/(?!.*\.lambda\.ts)/, /^@middy\/core$/, /^aws-lambda$/],
  },
  {
    room: /^lib\//,
    may: [
      /^lib\//,
      /^core\/(limits|measures|rules\/read)\.ts$/,
      /^io\/aws\/contract\.ts$/,
      /^aws-cdk-lib/,
      /^constructs$/,
      /^cdk-nag$/,
      /^esbuild$/,
      /^node:/,
    ],
  },
  { room: /^local\//, may: [/^local\//, /^node:/, /^@aws-sdk\//, /^fauxqs$/, /^dynalite$/, /^aws-lambda$/] },
  { room: /^bin\/package\.ts$/, may: [/^lib\/bundle\.ts$/, /^node:/] },
  { room: /^bin\/(app|settings)\.ts$/, may: [/^lib\//, /^bin\/settings\.ts$/, /^aws-cdk-lib/, /^node:/] },
  {
    room: /^bin\/(sluice\.ts|commands\/)/,
    may: [
      /^bin\/commands\//,
      /^core\//,
      /^io\/(aws|http)\//,
      /^io\/ports\.ts$/,
      /^(commander|js-yaml|@aws-sdk\/.+)$/,
      /^node:/,
    ],
  },
  // Runs in other people's functions: small, and of nothing but Node.
  { room: /^client\//, may: [/^client\//, /^node:(crypto|http|https)$/] },
  {
    room: /^page\//,
    // Of core what is small: its types, and what is said in words.
    may: [
      /^page\//,
      /^core\/(view|heartbeat)\/[a-z-]+\.ts$/,
      /^core\/measures\.ts$/,
      /^(preact(\/hooks)?|uplot|@lezer\/highlight|@prometheus-io\/codemirror-promql)$/,
      /^@codemirror\//,
    ],
    never: [[/\binnerHTML\b|\bdangerouslySetInnerHTML\b/, 'what producers say is text']],
  },
  { room: /^(test|bench|examples)\//, may: [/./] },
  { room: /^vitest\.config\.ts$/, may: [/./] },
];

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map(path => path.split(sep).join('/'))
  .filter(path => /\.tsx?$/.test(path) && !/(^|\/)(node_modules|cdk\.out|\.sluice)\//.test(path));

/** What a file imports: project files as paths from the root, packages by their name. */
const importsOf = (file: string): string[] => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.')
      ? normalize(join(dirname(file), name))
          .split(sep)
          .join('/')
      : name,
  );
};

describe.each(files)('%s', file => {
  const rule = rules.find(({ room }) => room.test(file));

  test('has a room and imports only what the room may', () => {
    expect(rule, `${file} is in no room of the house`).toBeDefined();
    for (const name of importsOf(file)) {
      expect(
        rule?.may.some(pattern => pattern.test(name)),
        `${file} must not import ${name}`,
      ).toBe(true);
    }
  });

  test('knows nothing its room must not', () => {
    const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const [pattern, why] of rule?.never ?? []) expect(pattern.exec(code)?.[0], `${file}: ${why}`).toBeUndefined();
  });

  test('is the only importer of no lambda', () => {
    if (file.startsWith('test/')) return;
    for (const name of importsOf(file)) expect(name).not.toMatch(/\.lambda\.ts$/);
  });
});

test('a .lambda.ts only joins', () => {
  for (const file of files.filter(name => name.endsWith('.lambda.ts'))) {
    expect(readFileSync(join(root, file), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(4);
  }
});
