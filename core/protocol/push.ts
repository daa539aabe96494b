import { exemplarsOfPage } from '../exposition/page-exemplars.ts';
import { expositionOf, mediaTypeOf } from '../exposition/read.ts';
import { readText } from '../exposition/text.ts';
import { type Label, type LabelSet, labelSetOf, merged, noLabels } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import { readJson } from './json.ts';
import { forcedLabelRejects, type PushBody, type Pushed, wholePush } from './pushed.ts';
import { timestampRejects } from './timestamps.ts';

export type { Pushed } from './pushed.ts';

/** `POST /v1/push` as it came in; `query` holds the parameters of the address, decoded. */
type Push = PushBody & { readonly query: Readonly<Record<string, string | undefined>> };

/**
 * Reads a push by its content type: JSON, OpenMetrics, and everything else as text 0.0.4, what curl sends by default
 * included. `?job=` and `?instance=` say who sends, whatever the body says; an empty one says nothing.
 */
export const readPush = ({ contentType, body, acceptedAtMs, query }: Push): Read<Pushed | undefined> => {
  const source = readSource(query);
  if (source.rejects.length > 0) return { value: undefined, rejects: source.rejects };
  const json = mediaTypeOf(contentType) === 'application/json';
  const read = json ? readJson(body, acceptedAtMs) : readExposition({ contentType, body, acceptedAtMs });
  const { sourceLabels = noLabels, ...pushed } = read.value;
  const forced = merged(sourceLabels, source.value);
  const rejects = read.rejects.length > 0 ? read.rejects : forcedLabelRejects(pushed.samples, forced);
  return wholePush(forced.length > 0 ? { ...pushed, sourceLabels: forced } : pushed, rejects);
};

const readExposition = ({ contentType, body, acceptedAtMs }: PushBody): Read<Pushed> => {
  const read = (expositionOf(contentType) ?? readText)(body, { samples: limits.pushSamples });
  const { samples, families, columns } = read.value;
  const exemplars = exemplarsOfPage(columns, acceptedAtMs);
  return {
    value: { samples, families, ...(exemplars.length > 0 && { exemplars }) },
    rejects: [...read.rejects, ...timestampRejects(samples, acceptedAtMs)],
  };
};

const readSource = (query: Push['query']): Read<LabelSet> => {
  const labels: Label[] = [];
  const rejects: Reject[] = [];
  for (const name of ['job', 'instance']) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    const bytes = Buffer.byteLength(value);
    if (bytes > limits.labelValueBytes) {
      const reason = `${bytes} bytes, the limit is ${limits.labelValueBytes}`;
      rejects.push({ code: 'label_value_limit', place: { path: `?${name}` }, reason });
    }
    labels.push([name, value]);
  }
  return { value: labelSetOf(labels), rejects };
};
