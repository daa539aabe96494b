import { readGroup, readGroupBody } from './pushgateway.ts';
import { plainOf, problemsOf, type Protocol, type PushRequest, type Reading } from './request.ts';

const read = ({ header, path, acceptedAtMs }: PushRequest, body: Uint8Array): Reading => {
  const group = readGroup(path);
  if (group.value === undefined) return { ok: false, status: 400, rejects: group.rejects };
  const { value, rejects } = readGroupBody({
    contentType: header('content-type'),
    body,
    acceptedAtMs,
    group: group.value,
  });
  return value === undefined
    ? { ok: false, status: 400, rejects }
    : { ok: true, pushed: value, refusedSamples: 0, answer: { status: 200, body: '' } };
};

/** The Pushgateway's API: clients want an empty 200, and the reason as text otherwise. */
export const groupPush: Protocol = {
  name: 'pushgateway',
  read,
  refusal: (_, status, rejects) => plainOf(status, `${problemsOf(rejects).join('\n')}\n`),
};
