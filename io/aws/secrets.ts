import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Secrets } from '../ports.ts';
import { called } from './calls.ts';

/** Secrets of Secrets Manager, by name or ARN. */
export const managedSecrets = (client: SecretsManagerClient): Secrets => ({
  read: async name => {
    const { SecretString } = await called('secrets.read', () =>
      client.send(new GetSecretValueCommand({ SecretId: name })),
    );
    if (SecretString === undefined) throw new Error(`the secret ${name} holds no text`);
    return SecretString;
  },
});
