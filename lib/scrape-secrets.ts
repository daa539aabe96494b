import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IParameter } from 'aws-cdk-lib/aws-ssm';
import { environment } from '../io/aws/contract.ts';
import type { Handler } from './handler.ts';

export type ScrapeSecretProps = {
  /** Hosts it may be shown to, such as `shop.example.com`, `10.0.3.7:9100` or `*.example.com`. With OAuth2, that of the tokens too. */
  readonly hosts: readonly string[];
  /** Whether lists of targets may be asked with it too, as rows of kind `http_sd` name it in `list_auth`. @default false */
  readonly lists?: boolean;
} & (
  | {
      /** A secret of Secrets Manager, by itself or by its name. Rows name it in `auth`, by name or ARN. */
      readonly secret: string | Pick<ISecret, 'secretArn' | 'grantRead'>;
    }
  | {
      /** A parameter of Systems Manager, by itself or by its name. */
      readonly parameter: string | Pick<IParameter, 'parameterArn' | 'grantRead'>;
    }
);

/** Throws on a secret without a host, or a host that is none. */
export const checkScrapeSecrets = (secrets: readonly ScrapeSecretProps[]): void => {
  for (const [index, { hosts }] of secrets.entries()) {
    if (hosts.length === 0)
      throw new Error(`scrapeSecrets[${index}].hosts: none is given, so that nobody could be shown it`);
    for (const host of hosts) {
      if (!Token.isUnresolved(host) && !/^(\*\.)?[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i.test(host))
        throw new Error(
          `scrapeSecrets[${index}].hosts: ${JSON.stringify(host)} is no host such as shop.example.com:9100`,
        );
    }
  }
};

/** These functions may read these secrets, and know whom to show them to. */
export const shareSecrets = (secrets: readonly ScrapeSecretProps[], scrapers: readonly Handler[]): void => {
  for (const scraper of scrapers) {
    const known = secrets.map(each => ({ ...readableBy(scraper, each), hosts: each.hosts }));
    if (known.length > 0) scraper.knows(environment.scrapeSecrets, Stack.of(scraper).toJsonString(known));
  }
};

const readableBy = (scraper: Handler, each: ScrapeSecretProps): { readonly kind: string; readonly name: string } => {
  const stack = Stack.of(scraper);
  const grant = (action: string, service: string, resource: string, name: string, format: ArnFormat): void => {
    const arn = stack.formatArn({ service, resource, resourceName: name, arnFormat: format });
    Grant.addToPrincipal({ grantee: scraper, actions: [action], resourceArns: [arn] }).assertSuccess();
  };
  if ('secret' in each) {
    const { secret } = each;
    if (typeof secret !== 'string') {
      secret.grantRead(scraper);
      return { kind: 'secret', name: secret.secretArn };
    }
    // Secrets Manager ends an ARN in a hyphen and six characters of its own.
    grant(
      'secretsmanager:GetSecretValue',
      'secretsmanager',
      'secret',
      `${secret}-??????`,
      ArnFormat.COLON_RESOURCE_NAME,
    );
    return { kind: 'secret', name: secret };
  }
  const { parameter } = each;
  if (typeof parameter !== 'string') {
    parameter.grantRead(scraper);
    return { kind: 'parameter', name: parameter.parameterArn };
  }
  grant('ssm:GetParameter', 'ssm', 'parameter', parameter.replace(/^\//, ''), ArnFormat.SLASH_RESOURCE_NAME);
  return { kind: 'parameter', name: parameter };
};
