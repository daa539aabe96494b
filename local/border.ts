import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { readCall } from './calls.ts';
import { allows, type Statement } from './permissions.ts';

type Requests = { request: typeof http.request };

/**
 * Stands between a function's bundle and the services: whatever the function's role does not allow does not leave the
 * thread. So a permission that is missing in the stack fails at home, as AWS would have failed it, and not in the account.
 * `services` are the hosts and ports behind which AWS is; other requests pass.
 */
export const guardCalls = (
  functionName: string,
  statements: readonly Statement[],
  services: ReadonlySet<string>,
): void => {
  for (const module of [http, https] as Requests[]) {
    const original = module.request;
    module.request = ((options: RequestOptions, ...rest: [never]) => {
      const request = original(options, ...rest);
      return services.has(`${options.hostname ?? options.host}:${options.port}`)
        ? guarded(request, body => refusalOf(functionName, statements, request, body))
        : request;
    }) as typeof http.request;
  }
  syncBuiltinESMExports();
};

/** Nothing is sent before all of it was seen: the SDK hands over a body whole. */
const guarded = (request: ClientRequest, refusal: (body: () => string) => string | undefined): ClientRequest => {
  const parts: Buffer[] = [];
  const keep = (part: unknown): void => {
    if (typeof part === 'string' || part instanceof Uint8Array) parts.push(Buffer.from(part as string));
  };
  const end = request.end.bind(request) as (body: Buffer) => ClientRequest;
  request.write = ((part: unknown) => {
    keep(part);
    return true;
  }) as typeof request.write;
  request.end = ((part: unknown) => {
    keep(part);
    const body = Buffer.concat(parts);
    const message = refusal(() => body.toString('utf8'));
    if (message === undefined) return end(body);
    console.error(message);
    return request.destroy(Object.assign(new Error(message), { name: 'AccessDeniedException' }));
  }) as typeof request.end;
  return request;
};

const refusalOf = (
  functionName: string,
  statements: readonly Statement[],
  request: ClientRequest,
  body: () => string,
): string | undefined => {
  const headerOf = (name: string): string => String(request.getHeader(name) ?? '');
  const { method, path } = request;
  const [target, authorization] = [headerOf('x-amz-target'), headerOf('authorization')];
  const call = readCall({ target, authorization, method, path, body });
  if (call === undefined) return `${functionName} made a call that the local collector does not understand`;
  const refused = call.resources.filter(resource => !allows(statements, call.action, resource));
  if (refused.length === 0) return undefined;
  return `${functionName} is not authorized to perform ${call.action} on ${refused.join(', ')}: no policy of its role allows it`;
};
