import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CollectorProcess, eventually } from './collector-process.ts';

// What docs/recipes says is run as it stands there: blocks marked `sh run`, with the client each needs, and then what they promise is asked for.

const checkout = join(import.meta.dirname, '../..');
const folder = join(checkout, 'docs/recipes');

type Block = { readonly needs: string | undefined; readonly script: string; readonly promises: readonly string[] };

/** The blocks of a recipe in their order, each with the expressions that must have an answer afterwards. */
const blocksOf = (text: string): Block[] =>
  [...text.matchAll(/```sh run ?(\S*)\n([\s\S]*?)```\n((?:<!-- then: .* -->\n?)*)/g)].map(
    ([, needs, script, promises]) => ({
      needs: needs === '' ? undefined : needs,
      script: script ?? '',
      promises: [...(promises ?? '').matchAll(/<!-- then: (.*) -->/g)].map(([, each]) => each ?? ''),
    }),
  );

const has = (client: string): boolean => {
  try {
    execFileSync('bash', ['-c', `command -v ${client}`]);
    return true;
  } catch {
    return false;
  }
};

describe('recipes', () => {
  const data = mkdtempSync(join(tmpdir(), 'sluice-recipes-'));
  let collector: CollectorProcess;
  beforeAll(async () => {
    collector = await CollectorProcess.on(data);
    await collector.start();
    writeFileSync(
      join(data, 'sluice'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(checkout, 'bin/sluice.ts')}" "$@"\n`,
      { mode: 0o755 },
    );
    writeFileSync(join(data, 'node'), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`, { mode: 0o755 });
  }, 120_000);
  afterAll(async () => {
    await collector.end('SIGTERM');
    rmSync(data, { recursive: true, force: true });
  }, 30_000);

  const recipes = readdirSync(folder).map(name => [name, blocksOf(readFileSync(join(folder, name), 'utf8'))] as const);

  test.each(recipes.filter(([, blocks]) => blocks.length > 0))('%s', { timeout: 180_000 }, async (name, blocks) => {
    for (const { needs, script, promises } of blocks) {
      if (needs !== undefined && needs !== 'sluice' && !has(needs)) {
        console.warn(`SKIPPED: ${name} is not run, there is no ${needs} here`);
        continue;
      }
      const env = {
        ...process.env,
        URL: collector.url,
        KEY: 'none',
        SLUICE_DATA: data,
        PATH: `${data}:${process.env['PATH']}`,
      };
      await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: checkout, env });
      for (const promise of promises) {
        const found = await eventually(
          30_000,
          () => collector.values(promise),
          values => Object.keys(values).length > 0,
        );
        expect(Object.keys(found).length).toBeGreaterThan(0);
      }
    }
  });

  test('every recipe stands in the list, and every one listed is there', () => {
    const listed = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/\]\(([a-z-]+\.md)\)/g)].map(
      ([, file]) => file,
    );
    expect(new Set(listed)).toEqual(new Set(recipes.map(([name]) => name).filter(name => name !== 'README.md')));
  });
});
