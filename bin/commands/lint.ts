import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { lint } from '../../core/exposition/lint.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import { scrapeHeaders } from '../../core/scrape/request.ts';
import { httpGetter } from '../../io/http/get.ts';
import { readAllowList } from '../../io/http/guard.ts';
import { Complaint } from './complaint.ts';
import { printable } from './show.ts';

type Page = { readonly bytes: Uint8Array; readonly contentType: string };

/** Fetched as a scrape would, within its limits; from anywhere, for it is the user's own machine that asks. */
const fetched = async (url: string): Promise<Page> => {
  const answer = await httpGetter(readAllowList('0.0.0.0/0,::/0,127.0.0.0/8,::1')).get({
    url,
    headers: scrapeHeaders(limits.scrapeTimeoutMaxMs),
    timeoutMs: limits.scrapeTimeoutMaxMs,
    bodyBytes: limits.pageBytes,
    unpackedBytes: limits.pageUnpackedBytes,
  });
  if (!answer.ok) throw new Complaint(`${url} cannot be read: ${answer.reason}`);
  return { bytes: answer.body, contentType: answer.contentType };
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
      const { bytes, contentType } = URL.canParse(from) && /^https?:/i.test(from) ? await fetched(from) : opened(from);
      const { valid, samples, findings, rejects } = lint(bytes, options.strict ? 'strict' : 'lenient', contentType);
      if (options.json) console.log(JSON.stringify({ valid, samples, findings }, null, 2));
      else {
        for (const reject of rejects) console.log(printable(`${from}: ${textOfReject(reject)}`));
        if (valid) console.log(`${from}: valid, ${samples} samples`);
      }
      if (!valid) process.exitCode = 1;
    });
