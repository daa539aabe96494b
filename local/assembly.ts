import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Complaint } from './complaint.ts';

export type Properties = Readonly<Record<string, unknown>>;
type Resource = { readonly Type: string; readonly Properties?: Properties };
export type Template = {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
};

/** What synthesis left: one stack, its template, and where its assets lie. */
export type Assembly = {
  readonly stackName: string;
  readonly template: Template;
  readonly assetFolder: (hash: string) => string;
};

/**
 * Runs the CDK app of this checkout into a folder, which holds nothing else then; `context` is laid over cdk.json's.
 * CDK's own check of the template is left to `cdk synth`: it takes half of the time.
 */
export const synthesize = async (
  checkout: string,
  folder: string,
  context: Readonly<Record<string, string>>,
): Promise<void> => {
  rmSync(folder, { recursive: true, force: true });
  const settings = JSON.parse(readFileSync(join(checkout, 'cdk.json'), 'utf8')) as { context?: object };
  const child = spawn(process.execPath, [join(checkout, 'bin/app.ts')], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: folder,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...settings.context, ...context }),
    },
  });
  let errors = '';
  child.stderr.on('data', chunk => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((done, failed) => child.once('close', done).once('error', failed));
  if (code !== 0)
    throw new Complaint(`the stack does not synthesize (\`npx cdk synth\` shows the same):\n${errors.trim()}`);
};

export const readAssembly = (folder: string): Assembly => {
  const file = readdirSync(folder).find(name => name.endsWith('.template.json'));
  if (file === undefined) throw new Complaint(`no template in ${folder}: is it the output folder of a CDK app?`);
  const stackName = file.slice(0, -'.template.json'.length);
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const { files } = read(`${stackName}.assets.json`) as { files: Record<string, { source: { path: string } }> };
  return {
    stackName,
    template: read(file) as Template,
    assetFolder: hash => {
      const asset = files[hash];
      if (asset === undefined)
        throw new Complaint(`the template names asset ${hash}, which synthesis did not leave in ${folder}`);
      return join(folder, asset.source.path);
    },
  };
};
