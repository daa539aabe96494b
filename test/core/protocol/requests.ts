import { protocolAt } from '../../../core/protocol/protocols.ts';
import type { PushRequest } from '../../../core/protocol/request.ts';

export const acceptedAtMs = 1_700_000_000_000;

/** What a request may bring of the past. */
export const backfillMs = 15 * 86_400_000;

export const requestTo = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
): PushRequest => {
  const [rawPath = '', query = ''] = path.split('?');
  return {
    method,
    path: rawPath,
    query: Object.fromEntries(new URLSearchParams(query)),
    header: name => headers[name] ?? '',
    acceptedAtMs,
    backfillMs,
    receipt: 'r1',
  };
};

/** What a protocol makes of a body; refusals in the protocol's own form. */
export const readAt = (path: string, body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}) => {
  const request = requestTo(path, headers);
  const protocol = protocolAt(request.path);
  const unread = protocol.refusedUnread?.(request);
  const read =
    unread === undefined
      ? protocol.read(request, typeof body === 'string' ? Buffer.from(body) : body)
      : ({ ok: false, status: unread.status, rejects: [unread.reject] } as const);
  const answer = read.ok ? read.answer : protocol.refusal(request, read.status, read.rejects);
  const samples = read.ok ? read.pushed.samples : [];
  return {
    status: answer.status,
    headers: answer.headers ?? {},
    text: typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body ?? []).toString('utf8'),
    bytes: typeof answer.body === 'string' || answer.body === undefined ? new Uint8Array() : answer.body,
    samples,
    refused: read.ok ? read.refusedSamples : 0,
    families: read.ok ? (read.pushed.families ?? []) : [],
    sourceLabels: read.ok ? read.pushed.sourceLabels : undefined,
    /** `name{label="value"} value @seconds after the accept time`, in their order. */
    lines: samples.map(({ labels, value, stale = false, timestampMs }) => {
      const name = labels.find(([label]) => label === '__name__')?.[1] ?? '';
      const others = labels.filter(([label]) => label !== '__name__').map(([label, text]) => `${label}="${text}"`);
      const when = timestampMs === undefined ? '' : ` @${(timestampMs - acceptedAtMs) / 1_000}`;
      return `${name}${others.length > 0 ? `{${others.join(',')}}` : ''} ${stale ? 'stale' : value}${when}`;
    }),
  };
};
