import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { pageOf } from './page.ts';

const suffix = '.lambda.ts';

/**
 * One handler and all it needs, the AWS SDK included, as a single ES module: what is deployed does not depend on the SDK
 * that Lambda happens to carry, and a cold start reads one file. Named by its content, so an unchanged handler is not
 * deployed again. `front` is JavaScript to be run before it.
 */
export const bundleOf = (entry: string, front = ''): Code =>
  Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: CDK asks for an image even where the local bundler always succeeds.
      image: DockerImage.fromRegistry('not-used'),
      // Nor run; but it tells CDK one handler's bundle from another's, which share the folder.
      command: [basename(entry), ...(front === '' ? [] : [createHash('sha256').update(front).digest('hex')])],
      local: {
        tryBundle: folder => {
          // In the package that others install the bundles are ready, and there is no bundler.
          const ready = entry.replace(/\.ts$/, '.mjs');
          if (existsSync(ready)) {
            writeFileSync(join(folder, 'index.mjs'), front + readFileSync(ready, 'utf8'));
            return true;
          }
          const { [basename(entry, suffix)]: bundle } = bundlesOf(dirname(entry));
          if (bundle === undefined) throw new Error(`${entry} is no handler, expected a file *${suffix}`);
          writeFileSync(join(folder, 'index.mjs'), front + Buffer.from(bundle).toString('utf8'));
          return true;
        },
      },
    },
  });

const bundled = new Map<string, Readonly<Record<string, Uint8Array>>>();

/** All handlers of a folder by name, made together when the first is asked for: one run of esbuild takes half of six. */
export const bundlesOf = (folder: string): Readonly<Record<string, Uint8Array>> => {
  const known = bundled.get(folder);
  if (known !== undefined) return known;
  const { buildSync, formatMessagesSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const { outputFiles, warnings } = buildSync({
    entryPoints: readdirSync(folder)
      .filter(name => name.endsWith(suffix))
      .map(name => ({ in: join(folder, name), out: basename(name, suffix) })),
    outdir: folder,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // Lambda gives credentials by the environment; see there.
    alias: { '@aws-sdk/credential-provider-node': join(folder, '..', 'io', 'aws', 'lambda-credentials.ts') },
    minify: true,
    // Only the function that serves it names it.
    define: { __PAGE__: JSON.stringify(pageOf(join(folder, '..', 'page'))) },
    legalComments: 'none',
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(formatMessagesSync(warnings, { kind: 'warning' }).join(''));
  const bundles = Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path, '.js'), contents]));
  bundled.set(folder, bundles);
  return bundles;
};
