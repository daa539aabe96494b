import { type LabelSet, labelSetOf } from '../labels.ts';
import type { GatheredSample } from './gather.ts';
import { labelsReject } from './label-limits.ts';
import { plainLabels } from './plain-names.ts';

/** OK and warning are signs of life; critical and unknown are none. */
const lastAlive = 1;

/**
 * A DogStatsD service check, `_sc|name|status|d:time|h:host|#tags|m:message`: a sample that says how it went, and, where it
 * went well, that the job of the check's name was heard on its host.
 */
export const readServiceCheck = (
  line: string,
): { readonly sample: GatheredSample; readonly source?: LabelSet } | string => {
  const [, name = '', status = '', ...sections] = line.split('|');
  if (name === '') return 'a service check has no name';
  if (!/^[0-3]$/.test(status))
    return `a service check's status is 0, 1, 2 or 3, not ${JSON.stringify(status.slice(0, 20))}`;
  let host = '';
  const tags: [string, string][] = [];
  for (const section of sections) {
    // The message comes last and may hold anything.
    if (section.startsWith('m:')) break;
    if (section.startsWith('h:')) host = section.slice(2);
    else if (section.startsWith('#'))
      for (const tag of section.slice(1).split(','))
        tags.push([tag.split(':', 1)[0]!, tag.slice(tag.indexOf(':') + 1)]);
  }
  const labels = plainLabels('service_check_status', [...tags, ['check', name], ['host', host]]);
  const reject = labelsReject(labels, name);
  if (reject !== undefined) return reject.reason;
  const sample = { labels: labelSetOf(labels), value: Number(status) };
  return Number(status) <= lastAlive
    ? {
        sample,
        source: labelSetOf([
          ['job', name],
          ['instance', host],
        ]),
      }
    : { sample };
};
