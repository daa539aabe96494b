import { basename, dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

/**
 * One handler and all it needs, the AWS SDK included, as a single ES module: what is deployed does not depend on the SDK
 * that Lambda happens to carry, and a cold start reads one file. Made by esbuild in this process: no Docker, no network.
 */
export const bundleOf = (entry: string): Code =>
  Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: CDK asks for an image even where the local bundler always succeeds.
      image: DockerImage.fromRegistry('not-used'),
      // Nor run; but it tells CDK one handler's bundle from another's, which share the folder.
      command: [basename(entry)],
      local: {
        tryBundle: folder => {
          buildSync({
            entryPoints: [entry],
            outfile: join(folder, 'index.mjs'),
            bundle: true,
            platform: 'node',
            target: 'node24',
            format: 'esm',
            mainFields: ['module', 'main'],
            minify: true,
            keepNames: true,
            legalComments: 'none',
            logLevel: 'warning',
            // Some of the SDK's parts are CommonJS and ask for Node's own modules by require.
            banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
          });
          return true;
        },
      },
    },
  });
