import { createHash, createHmac } from 'node:crypto';

// docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, for a POST to an HTTP API.

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As RFC 3986 has it: encodeURIComponent leaves some more. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** Headers by which IAM knows the role of this function; none where it has none, as on one's own machine. */
export const signedHeaders = (
  url: URL,
  body: string,
  now: Date,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token, AWS_REGION: region } = env;
  if (!id || !secret || !region) return {};
  const instant = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${instant.slice(0, 8)}/${region}/execute-api/aws4_request`;
  const signed: Record<string, string> = {
    host: url.host,
    'x-amz-date': instant,
    ...(token && { 'x-amz-security-token': token }),
  };
  const names = Object.keys(signed).sort();
  const query = [...url.searchParams]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const canonical = [
    'POST',
    url.pathname,
    query,
    ...names.map(name => `${name}:${signed[name]!.trim()}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', instant, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${secret}`);
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...signed,
    authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
};
