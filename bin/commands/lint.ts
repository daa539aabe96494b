import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lint } from '../../core/exposition/lint.ts';
import { textOfReject } from '../../core/reject.ts';
import { Complaint } from './collector.ts';
import { oneLine } from './show.ts';

type Page = { readonly bytes: Uint8Array; readonly contentType: string };

const accept =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
/** A page that takes longer to come is not scraped either. */
const fetchMs = 50_000;

const fetched = async (url: string): Promise<Page> => {
  const answer = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(fetchMs) }).catch(
    (error: Error & { readonly cause?: Error }) => {
      throw new Complaint(`${url} does not answer: ${error.cause?.message ?? error.message}`);
    },
  );
  if (answer.status !== 200) throw new Complaint(`${url} answered ${answer.status}`);
  return { bytes: new Uint8Array(await answer.arrayBuffer()), contentType: answer.headers.get('content-type') ?? '' };
};

const opened = (path: string): Page => {
  try {
    return { bytes: readFileSync(path === '-' ? 0 : path), contentType: '' };
  } catch (error) {
    throw new Complaint(`${path} cannot be read: ${(error as Error).message}`);
  }
};

export const lintCommand = (): Command =>
  new Command('lint')
    .argument('<file|url>', 'a page, - for what is piped in')
    .description('say what is wrong with an exposition; exit code 1 where anything is')
    .option('--strict', 'hold it to OpenMetrics 1.0, to the letter')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice lint --strict http://127.0.0.1:9100/metrics')
    .action(async (from: string, options: { strict?: boolean; json?: boolean }) => {
      const { bytes, contentType } = /^https?:\/\//.test(from) ? await fetched(from) : opened(from);
      const { valid, samples, findings, rejects } = lint(bytes, options.strict ? 'strict' : 'lenient', contentType);
      if (options.json) console.log(JSON.stringify({ valid, samples, findings }, null, 2));
      else {
        for (const reject of rejects) console.log(oneLine(`${from}: ${textOfReject(reject)}`));
        if (valid) console.log(`${from}: valid, ${samples} samples`);
      }
      if (!valid) process.exitCode = 1;
    });
