import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Chance, Clock } from '../ports.ts';
import { type Credentials, signerOf } from './sign.ts';
import { readXml, textAt, type Xml } from './xml.ts';

// Services of which a few operations are asked, called without a client of their own: EC2's alone would double the bundle.

type AmazonSettings = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly credentials: () => Promise<Credentials>;
  readonly region: string;
  /** Where a service is, instead of at AWS. */
  readonly endpointOf?: (service: string) => string | undefined;
  readonly send?: typeof fetch;
};

export type Amazon = {
  /** An operation of a service that speaks JSON, named in a header. */
  json(call: {
    readonly service: string;
    readonly operation: string;
    readonly region: string | undefined;
    readonly input: object;
  }): Promise<Readonly<Record<string, unknown>>>;
  /** An operation of EC2, which speaks forms and XML. */
  ec2(call: {
    readonly operation: string;
    readonly region: string | undefined;
    readonly input: Readonly<Record<string, string>>;
  }): Promise<Xml>;
};

/** What the header calls a service. */
const prefixes: Readonly<Record<string, string>> = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  servicediscovery: 'Route53AutoNaming_v20170314',
  monitoring: 'GraniteServiceVersion20100801',
};

/** CloudWatch speaks the older of the two. */
const versionOf = (service: string): string => (service === 'monitoring' ? '1.0' : '1.1');

const ec2Version = '2016-11-15';

/** Errors that a while later may be none. */
const passing =
  /^(Throttl|RequestLimitExceeded|TooManyRequests|RequestThrottled|ServerException|ServiceUnavailable|InternalFailure|InternalError|Unavailable|RequestTimeout|SlowDown)/;

type Refused = { readonly code: string; readonly message: string };

export const amazon = ({ clock, chance, credentials, region, endpointOf, send = fetch }: AmazonSettings): Amazon => {
  /** One call, tried again while it is throttled or the service fails, after a while that is cut at random. */
  const called = async (
    service: string,
    operation: string,
    where: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    refusedIn: (body: string) => Refused,
  ): Promise<string> => {
    const domain = where.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const url = new URL(endpointOf?.(service) ?? `https://${service}.${where}.${domain}/`);
    const sign = signerOf(service, where, credentials);
    for (let attempt = 1; ; attempt += 1) {
      const fault = await once(url, sign, headers, body, refusedIn, send).catch(
        (cause: Error): Refused => ({ code: 'NoAnswer', message: cause.message }),
      );
      if (typeof fault === 'string') return fault;
      const { code, message } = fault;
      const mayPass = code === 'NoAnswer' || passing.test(code);
      if (!mayPass || attempt === limits.inventoryTries)
        throw new Fault(code, `${service}:${operation}: ${code}: ${message}`, { retryable: mayPass });
      await clock.wait(limits.inventoryBackoffMs * 2 ** (attempt - 1) * (0.5 + chance.next() / 2));
    }
  };
  return {
    json: async ({ service, operation, region: where = region, input }) => {
      const headers = {
        'content-type': `application/x-amz-json-${versionOf(service)}`,
        'x-amz-target': `${prefixes[service]}.${operation}`,
      };
      const text = await called(service, operation, where, headers, JSON.stringify(input), refusedInJson);
      return JSON.parse(text) as Readonly<Record<string, unknown>>;
    },
    ec2: async ({ operation, region: where = region, input }) => {
      const form = new URLSearchParams({ Action: operation, Version: ec2Version, ...input });
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      return readXml(await called('ec2', operation, where, headers, String(form), refusedInXml));
    },
  };
};

/** The body of a 200, or what a refusal said. Throws where nobody answered. */
const once = async (
  url: URL,
  sign: ReturnType<typeof signerOf>,
  headers: Readonly<Record<string, string>>,
  body: string,
  refusedIn: (body: string) => Refused,
  send: typeof fetch,
): Promise<string | Refused> => {
  const signed = await sign(url, { method: 'POST', body, headers });
  const answer = await send(url, {
    method: 'POST',
    headers: signed,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(limits.inventoryTimeoutMs),
  });
  const text = await answer.text();
  if (answer.ok) return text;
  if (answer.status === 429) return { code: 'TooManyRequests', message: 'answered 429' };
  const refused = refusedIn(text);
  return answer.status >= 500 && !passing.test(refused.code)
    ? { code: 'ServerException', message: `answered ${answer.status} ${refused.code}` }
    : refused;
};

/** `{"__type": "com.amazonaws.ecs#ClusterNotFoundException", "message": "…"}` */
const refusedInJson = (body: string): Refused => {
  try {
    const { __type: type = 'Unknown', message, Message } = JSON.parse(body) as Record<string, string>;
    return { code: type.slice(type.indexOf('#') + 1), message: message ?? Message ?? '' };
  } catch {
    return { code: 'Unknown', message: 'an answer that is no JSON' };
  }
};

/** `<Response><Errors><Error><Code>…</Code><Message>…</Message></Error></Errors></Response>` */
const refusedInXml = (body: string): Refused => {
  try {
    const xml = readXml(body);
    const at = (name: string) =>
      textAt(xml, `Response/Errors/Error/${name}`) ?? textAt(xml, `ErrorResponse/Error/${name}`);
    return { code: at('Code') ?? 'Unknown', message: at('Message') ?? '' };
  } catch {
    return { code: 'Unknown', message: 'an answer that is no XML' };
  }
};
