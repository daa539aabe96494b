import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '../..');

/** A bug in the text of a shipped file: every `from` in it becomes `to`. */
export type Planted = { readonly in: string; readonly from: string; readonly to: string };

/** Whether the text to be changed is still there: a mutant whose place is gone proves nothing and must say so. */
export const canBePlanted = (planted: Planted): boolean =>
  readFileSync(join(root, planted.in), 'utf8').includes(planted.from);

/** Plants a bug for this thread, before anything of the product was loaded in it. */
export const plant = (planted: Planted): void => {
  const file = pathToFileURL(join(root, planted.in)).href;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== file) return loaded;
      const text =
        typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
      return { ...loaded, source: text.replaceAll(planted.from, () => planted.to) };
    },
  });
};
