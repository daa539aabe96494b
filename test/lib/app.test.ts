import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sluice-synth-'));
const [direct, byCli] = [join(folder, 'direct'), join(folder, 'cli')];

type FunctionProperties = {
  readonly Code: { readonly S3Key: string };
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
};

/** Neither account, region nor network is named: synthesis must not need them. */
const { PATH, HOME } = process.env;
const env = { PATH, HOME, CI: '1' };

beforeAll(async () => {
  const app = join(root, 'bin/app.ts');
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  await Promise.all([
    run(process.execPath, [app], { cwd: root, env: { ...env, CDK_OUTDIR: direct } }),
    run(process.execPath, [cdk, 'synth', '--quiet', '--app', `${process.execPath} ${app}`, '--output', byCli], {
      cwd: root,
      env,
    }),
  ]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const assets = () =>
  readdirSync(direct)
    .filter(name => name.startsWith('asset.'))
    .sort();

test('the app alone and `cdk synth` give the same template and the same bundles', () => {
  const [one, other] = [direct, byCli].map(each => readFileSync(join(each, 'Sluice.template.json'), 'utf8'));
  expect(one).toBe(other);
  expect(
    readdirSync(byCli)
      .filter(name => name.startsWith('asset.'))
      .sort(),
  ).toEqual(assets());
});

test('each function is one module below 1 MB that runs on Node alone and on the names it was given', async () => {
  const template = JSON.parse(readFileSync(join(direct, 'Sluice.template.json'), 'utf8'));
  const functions = Object.values<{ Type: string; Properties: FunctionProperties }>(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties);
  expect(functions.length).toBe(9);
  for (const { Code, Environment } of functions) {
    const asset = join(direct, `asset.${Code.S3Key.replace('.zip', '')}`);
    expect(readdirSync(asset)).toEqual(['index.mjs']);
    const file = join(asset, 'index.mjs');
    const text = readFileSync(file, 'utf8');
    expect(text.length).toBeLessThan(1_000_000);
    // What esbuild leaves where a CommonJS part asks for a module by name: it throws once it is reached.
    expect(text).not.toContain('Dynamic require of');
    const imported = [...text.matchAll(/(?:^|;)import(?:[^"';]*from)?"([^"]+)"/g)].map(([, name = '']) => name);
    expect(imported.length).toBeGreaterThan(0);
    for (const name of imported) expect(builtinModules).toContain(name.replace(/^node:/, ''));

    // Settings as they are, names of resources as some name.
    for (const [name, value] of Object.entries(Environment.Variables))
      vi.stubEnv(name, typeof value === 'string' ? value : 'http://127.0.0.1:9/name');
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const { handler } = (await import(pathToFileURL(file).href)) as { handler: unknown };
    expect(handler).toBeTypeOf('function');
    vi.unstubAllEnvs();
  }
});
