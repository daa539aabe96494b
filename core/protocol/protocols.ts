import { datadog } from './datadog.ts';
import { firehose } from './firehose.ts';
import { graphite } from './graphite.ts';
import { groupPush } from './group-push.ts';
import { influx } from './influx.ts';
import { otlp } from './otlp.ts';
import { ownPush } from './own.ts';
import { remoteWrite } from './remote-write.ts';
import type { Protocol } from './request.ts';
import { bounded } from './samples.ts';
import { statsd } from './statsd.ts';

/** Which protocol is spoken at an address: producers' own paths, so that changing a URL is all a user does. */
const byPath: Readonly<Record<string, Protocol>> = {
  '/v1/push': ownPush,
  '/api/v1/write': remoteWrite,
  '/api/v1/push': remoteWrite,
  '/v1/statsd': statsd,
  '/api/v2/write': influx,
  '/write': influx,
  '/v1/graphite': graphite,
  '/api/v2/series': datadog,
  '/v1/firehose': firehose,
  '/v1/metrics': otlp,
  '/api/v1/otlp/v1/metrics': otlp,
};

const byPathBounded = Object.fromEntries(Object.entries(byPath).map(([path, protocol]) => [path, bounded(protocol)]));

export const protocolAt = (path: string): Protocol =>
  path === '/metrics' || path.startsWith('/metrics/')
    ? groupPush
    : ((Object.hasOwn(byPathBounded, path) ? byPathBounded[path] : undefined) ?? ownPush);
