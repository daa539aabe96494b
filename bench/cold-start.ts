import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

// What a cold start costs each function: the CPU time that loading its bundle takes, beside a Node that loads nothing.
// `npm run bench:cold-start`; exit code 1 if one is above the bound.

const runs = 15;
const boundMs = 150;

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sluice-cold-'));

type Variables = Readonly<Record<string, unknown>>;
type Resource = {
  readonly Type: string;
  readonly Properties: { Code: { S3Key: string }; Environment: { Variables: Variables } };
};

/** CPU time of a fresh process that loads the module, in milliseconds; complains of one that is no handler. */
const cpuMsOf = (module: string | undefined, variables: Variables): number => {
  const load =
    module === undefined
      ? ''
      : `const { handler } = await import(${JSON.stringify(module)}); if (typeof handler !== 'function') throw new Error('no handler');`;
  const script = `${load} const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)`;
  const env = {
    PATH: process.env['PATH'],
    AWS_REGION: 'us-east-1',
    // Settings as they are, names of resources as some name.
    ...Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : 'http://127.0.0.1:9/x',
      ]),
    ),
  };
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { env }).toString());
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

try {
  execFileSync(process.execPath, [join(root, 'bin/app.ts')], {
    cwd: root,
    stdio: 'pipe',
    env: { ...process.env, CDK_OUTDIR: folder, CDK_VALIDATION: 'false' },
  });
  const template = JSON.parse(readFileSync(join(folder, 'Sluice.template.json'), 'utf8')) as {
    Resources: Record<string, Resource>;
  };
  const functions = Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
    .map(([id, { Properties }]) => {
      const asset = join(folder, `asset.${Properties.Code.S3Key.replace('.zip', '')}`);
      if (readdirSync(asset).join() !== 'index.mjs') throw new Error(`${id}: expected one module`);
      return {
        name: id.replace(/^Collector|[0-9A-F]{8}$/g, ''),
        file: join(asset, 'index.mjs'),
        variables: Properties.Environment.Variables,
      };
    });
  const times = new Map<string, number[]>([
    ['nothing', []],
    ...functions.map(({ name }) => [name, []] as [string, number[]]),
  ]);
  // In turns, so that a noisy moment strikes all of them.
  for (let run = 0; run < runs; run += 1) {
    times.get('nothing')!.push(cpuMsOf(undefined, {}));
    for (const { name, file, variables } of functions)
      times.get(name)!.push(cpuMsOf(pathToFileURL(file).href, variables));
  }
  const bare = median(times.get('nothing')!);
  console.log(`CPU of loading, median of ${runs}; a Node that loads nothing takes ${bare.toFixed(0)} ms\n`);
  console.log('function   KB minified  KB gzipped  ms of CPU  times an empty Node');
  for (const { name, file } of functions) {
    const code = readFileSync(file);
    const ms = median(times.get(name)!) - bare;
    console.log(
      [
        name.padEnd(9),
        (code.length / 1_024).toFixed(0).padStart(11),
        (gzipSync(code).length / 1_024).toFixed(0).padStart(10),
        ms.toFixed(0).padStart(9),
        ((ms + bare) / bare).toFixed(2).padStart(19),
      ].join('  '),
    );
    if (ms > boundMs) {
      console.log(`${name} is above ${boundMs} ms`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
