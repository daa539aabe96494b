import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { bundlesOf } from '../lib/bundle.ts';

// The checkout → a package that other CDK apps can install: JavaScript with its types, because Node strips none inside
// node_modules, and each function's bundle ready made, so that they need no bundler. `npm run package [FOLDER]`

const checkout = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(checkout, 'dist'));
rmSync(folder, { recursive: true, force: true });

const own = createRequire(import.meta.url);
const tsc = join(own.resolve('typescript/package.json'), '..', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '--project', 'tsconfig.package.json', '--outDir', folder], {
  cwd: checkout,
  stdio: 'inherit',
});

const functions = join(folder, 'functions');
mkdirSync(functions, { recursive: true });
for (const [name, bundle] of Object.entries(bundlesOf(join(checkout, 'functions'))))
  writeFileSync(join(functions, `${name}.lambda.mjs`), bundle);

/** Packages that the compiled files import; what the functions need is inside their bundles. */
const importedBy = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'((?:@[^/']+\/)?[^./'][^/':]*)(?:\/[^']*)?'/g)]
    .map(([, name = '']) => name)
    .filter(name => name !== 'node');
const imported = new Set(
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.js'))
    .flatMap(name => importedBy(join(folder, name))),
);

const { name, version, description, license, dependencies, devDependencies } = JSON.parse(
  readFileSync(join(checkout, 'package.json'), 'utf8'),
) as Record<string, string> & Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>>>;
const needed = (from: Readonly<Record<string, string>>, only: (name: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(from).filter(([each]) => imported.has(each) && only(each)));
const isPeer = (each: string): boolean => each === 'aws-cdk-lib' || each === 'constructs';

writeFileSync(
  join(folder, 'package.json'),
  `${JSON.stringify(
    {
      name,
      version,
      description,
      license,
      // The oldest whose zlib has what the command line uses.
      engines: { node: '>=22.15' },
      type: 'module',
      exports: { '.': './lib/index.js', './client': './client/metrics.js' },
      bin: { sluice: 'bin/sluice.js' },
      dependencies: needed(dependencies, each => !isPeer(each)),
      // The app's own CDK: two of them in one app do not know each other's constructs.
      peerDependencies: Object.fromEntries(
        Object.entries(needed(devDependencies, isPeer)).map(([each, exact]) => [each, `^${exact}`]),
      ),
    },
    null,
    2,
  )}\n`,
);
for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) copyFileSync(join(checkout, file), join(folder, file));
console.log(`${basename(folder)} is ready: npm pack ${folder}`);
