import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Ports, ScrapeGrant } from '../ports.ts';
import { connect } from './connect.ts';
import { environment } from './contract.ts';
import { joined, namesIn, once } from './names.ts';
import { remoteWrite } from './onward.ts';
import { managedParameters, managedSecrets } from './secrets.ts';
import { signerOf } from './sign.ts';

/** With what others keep secret, and our own signature: for those who ask other services in somebody's name. */
export const connectWithSecrets = (env = process.env) => {
  const named = namesIn(env);
  const secrets = once(() => managedSecrets(new SecretsManagerClient({})));
  const parameters = once(() => managedParameters(new SSMClient({})));
  const credentials = once(() => defaultProvider());
  const scrapeGrants = once(() => JSON.parse(env[environment.scrapeSecrets] ?? '[]') as ScrapeGrant[]);
  const onward = once(() =>
    remoteWrite({
      url: new URL(named(environment.onwardUrl)),
      region: env[environment.onwardRegion],
      token: env[environment.onwardToken],
      secrets,
      credentials: credentials(),
    }),
  );
  const more: Pick<Ports, 'secrets' | 'parameters' | 'signatures' | 'scrapeGrants' | 'onward'> = {
    get secrets() {
      return secrets();
    },
    get parameters() {
      return parameters();
    },
    signatures: {
      sign: async ({ url, service, region }) => signerOf(service, region, credentials())(new URL(url)),
    },
    get scrapeGrants() {
      return scrapeGrants();
    },
    get onward() {
      return onward();
    },
  };
  return joined(connect(env), more);
};
