import { readPush } from './push.ts';
import type { Protocol, PushRequest, Reading } from './request.ts';
import { jsonOf, problemsOf } from './request.ts';

const read = ({ header, query, acceptedAtMs, receipt }: PushRequest, body: Uint8Array): Reading => {
  const { value, rejects } = readPush({ contentType: header('content-type'), body, acceptedAtMs, query });
  return value === undefined
    ? { ok: false, status: 400, rejects }
    : {
        ok: true,
        pushed: value,
        refusedSamples: 0,
        answer: { ...jsonOf(200, { accepted: value.samples.length, receipt }), tellsReceipt: true },
      };
};

/** `/v1/push`: text, OpenMetrics or JSON, all or nothing. */
export const ownPush: Protocol = {
  name: 'push',
  read,
  refusal: (_, status, rejects) =>
    jsonOf(
      status,
      status === 503
        ? { error: 'the collector cannot take this at the moment, please retry', code: rejects[0]?.code }
        : { error: 'nothing of this push was stored', problems: problemsOf(rejects) },
    ),
};
