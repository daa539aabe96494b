import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'sluice-local-'));

/** A function resource over an asset of its own, as CDK synthesizes it. */
export const functionOf = (asset: string, properties: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Handler: 'index.handler',
    Timeout: 2,
    Code: { S3Bucket: 'assets', S3Key: `${asset}.zip` },
    ...properties,
  },
});

/** Writes what synthesis would leave: a template, its assets, and a bundle for each handler. */
export const writeAssembly = (
  resources: Resources,
  handlers: Readonly<Record<string, string>>,
  outputs: object = {},
): string => {
  const folder = temporaryFolder();
  const files: Record<string, object> = {};
  for (const [name, code] of Object.entries(handlers)) {
    mkdirSync(join(folder, `asset.${name}`));
    writeFileSync(join(folder, `asset.${name}`, 'index.mjs'), code);
    files[name] = { source: { path: `asset.${name}` } };
  }
  writeFileSync(join(folder, 'Test.template.json'), JSON.stringify({ Resources: resources, Outputs: outputs }));
  writeFileSync(join(folder, 'Test.assets.json'), JSON.stringify({ files }));
  return folder;
};
