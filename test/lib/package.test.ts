import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Other people's CDK apps install a package: an app beside it, with CDK and what the package asks for, and nothing of this checkout.

const checkout = join(import.meta.dirname, '../..');
const app = mkdtempSync(join(tmpdir(), 'sluice-package-'));
const modules = join(app, 'node_modules');
const run = (...words: string[]): string => execFileSync(process.execPath, words, { cwd: app, encoding: 'utf8' });
type Manifest = Readonly<Record<'dependencies' | 'peerDependencies', Readonly<Record<string, string>>>>;

beforeAll(() => {
  execFileSync(process.execPath, [join(checkout, 'bin/package.ts'), join(modules, 'sluice')], { cwd: checkout });
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(modules, 'sluice/package.json'), 'utf8'),
  ) as Manifest;
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(checkout, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(app, 'app.ts'),
    `import { App, Duration, Stack } from 'aws-cdk-lib';
import { Collector, type CollectorProps } from 'sluice';
const props: CollectorProps = { dashboard: true, onward: { url: 'https://mimir.example.com/push' } };
const stack = new Stack(new App({ outdir: 'cdk.out' }), 'Shop');
const metrics = new Collector(stack, 'Metrics', props);
metrics.addHeartbeat('Nightly', { job: 'report', interval: Duration.days(1) });
(stack.node.root as App).synth();
`,
  );
}, 120_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

test('an app synthesizes with it, its functions ready made', { timeout: 60_000 }, () => {
  run('app.ts');
  const assets = readdirSync(join(app, 'cdk.out')).filter(name => name.startsWith('asset.'));
  const bundles = assets.map(name => readFileSync(join(app, 'cdk.out', name, 'index.mjs'), 'utf8'));
  // All of them but the scraper inside a VPC: push, ingest, plan, scrape, check, query, forward, declare, and whoever joins.
  expect(bundles.length).toBeGreaterThanOrEqual(8);
  expect(new Set(bundles).size).toBe(bundles.length);
});

test('its types hold what an app says', { timeout: 60_000 }, () => {
  const check = (): string =>
    run(
      join(checkout, 'node_modules/typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', 'app.ts'],
    );
  expect(check()).toBe('');
  writeFileSync(
    join(app, 'app.ts'),
    readFileSync(join(app, 'app.ts'), 'utf8').replace('dashboard: true', 'dashboard: 1'),
  );
  expect(check).toThrow();
});

test('its command line says what it can do', () => {
  const help = run(join(modules, 'sluice/bin/sluice.js'), '--help');
  expect(help).toContain('--stack <name>');
  expect(help).toContain('targets');
});
