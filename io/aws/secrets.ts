import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
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

/** Parameters of Systems Manager, by name or ARN, decrypted where they are not in the clear. */
export const managedParameters = (client: SSMClient): Secrets => ({
  read: async name => {
    const { Parameter } = await called('parameters.read', () =>
      client.send(new GetParameterCommand({ Name: name, WithDecryption: true })),
    );
    if (Parameter?.Value === undefined) throw new Error(`the parameter ${name} holds no text`);
    return Parameter.Value;
  },
});
