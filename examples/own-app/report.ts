import { Sha256 } from '@aws-sdk/checksums/sha';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';

// A nightly job that tells what it did. Its role was granted the right to push, so there is no key to keep.

const { AWS_REGION: region = '', METRICS_URL = '' } = process.env;
const signer = new SignatureV4({ service: 'execute-api', region, credentials: defaultProvider(), sha256: Sha256 });

const push = async (body: string): Promise<void> => {
  const url = new URL('/v1/push?job=report', METRICS_URL);
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host },
    body,
  });
  const answer = await fetch(url, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`push: ${answer.status} ${await answer.text()}`);
};

export const handler = async (): Promise<void> => {
  const rows = 42;
  await push(`report_rows ${rows}\nreport_last_success_timestamp_seconds ${Date.now() / 1_000}\n`);
};
