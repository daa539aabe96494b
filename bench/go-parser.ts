import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pages } from './pages.ts';

export type GoParser = {
  /** Samples a second of each round over all pages: series looked up by their bytes, or labels built. */
  readonly rates: (mode: 'cached' | 'labels', pages: Pages, rounds: number) => { rates: number[]; samples: number };
  readonly remove: () => void;
};

/** Builds bench/go-parser with the Go toolchain of this machine; a reason where that cannot be. */
export const buildGoParser = (): GoParser | string => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const program = join(folder, 'go-parser');
  const build = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'go-parser'),
    encoding: 'utf8',
    timeout: 300_000,
  });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  if (build.status !== 0) {
    remove();
    return build.error === undefined
      ? `go build: ${build.stderr.trim().split('\n').at(-1)}`
      : `go: ${build.error.message}`;
  }
  return {
    rates: (mode, { pages }, rounds) => {
      const file = join(folder, 'pages');
      writeFileSync(file, Buffer.concat(pages.flatMap(page => [lengthOf(page), page])));
      const run = spawnSync(program, [mode, file, String(rounds)], { encoding: 'utf8', timeout: 300_000 });
      if (run.status !== 0) throw new Error(`go-parser: ${run.stderr}`);
      const lines = run.stdout
        .trim()
        .split('\n')
        .map(line => line.split(' ').map(Number));
      return { rates: lines.map(([ns, samples]) => (samples! / ns!) * 1e9), samples: lines[0]![1]! };
    },
    remove,
  };
};

const lengthOf = (page: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(page.length);
  return length;
};
