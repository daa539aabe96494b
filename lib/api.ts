import { Validations } from 'aws-cdk-lib';
import { DomainName, HttpApi, type HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { CollectorDomain, CollectorProps } from './collector-props.ts';
import type { Handler } from './handler.ts';

type ApiProps = {
  readonly throttle: NonNullable<CollectorProps['throttle']>;
  readonly domain?: CollectorDomain | undefined;
  /** Who is let in to its functions: whom IAM knows, or everybody, whose key the function then asks for. */
  readonly letsIn: 'iam' | 'everybody';
};

export type Routes = Readonly<Record<string, readonly `${HttpMethod}`[]>>;

/** An HTTPS door. */
export class Api extends Construct {
  readonly api: HttpApi;
  /** Without a slash at its end. */
  readonly url: string;
  readonly #answered = new Map<Handler, Routes>();

  constructor(scope: Construct, id: string, { throttle, domain, letsIn }: ApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Http', {
      description: letsIn === 'iam' ? 'Sluice: push and query, by SigV4' : 'Sluice: push, by key',
      ...(letsIn === 'iam' && { defaultAuthorizer: new HttpIamAuthorizer() }),
      createDefaultStage: false,
    });
    const named = domain && this.#named(domain);
    const stage = this.api.addStage('Stage', {
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: throttle.requestsPerSecond, burstLimit: throttle.atOnce },
      ...(named && { domainMapping: { domainName: named } }),
    });
    Validations.of(stage).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG1',
      reason:
        'No access log: a line a request costs more than storing what it brought, and holds addresses of people. What ' +
        'was accepted and refused is counted in metrics, and each answer has a receipt.',
    });
    if (letsIn === 'everybody') {
      Validations.of(this).acknowledge({
        id: 'AwsSolutions::AwsSolutions-APIG4',
        reason:
          'Producers that cannot sign come with a key. The function verifies it, and refuses what cannot be one before it ' +
          'asks any table: an authorizer would be a second function to pay for each push, and caches what was revoked.',
      });
    }
    this.url = domain === undefined ? this.api.apiEndpoint : `https://${domain.name}`;
  }

  /** Sends these routes to this function: paths as the template writes them, each with its methods. */
  answeredBy(handler: Handler, routes: Routes): void {
    const integration = new HttpLambdaIntegration(`${handler.node.id}Integration`, handler, {
      // One permission for the whole API: one a route would outgrow the 20 KB of a function's policy.
      scopePermissionToRoute: false,
    });
    for (const [path, methods] of Object.entries(routes))
      this.api.addRoutes({ path, methods: methods as HttpMethod[], integration });
    this.#answered.set(handler, { ...this.#answered.get(handler), ...routes });
  }

  /** Lets somebody in to what this function answers, or to one path of it, and to nothing else. */
  grantTo(grantee: IGrantable, handler: Handler, only?: string): Grant {
    const routes = Object.entries(this.#answered.get(handler) ?? {}).filter(([path]) => (only ?? path) === path);
    const resourceArns = routes.flatMap(([path, methods]) =>
      // What stands in braces may be anything.
      methods.map(method => this.api.arnForExecuteApi(method, path.replace(/\{[^}]+\}/g, '*'), '$default')),
    );
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns });
  }

  /** Answers of 5xx: what failed here, and what was refused because the collector was busy. */
  metricServerErrors(): Metric {
    return this.api.metricServerError();
  }

  #named({ name, certificate, zone }: CollectorDomain): DomainName {
    const domainName = new DomainName(this, 'Domain', { domainName: name, certificate });
    if (zone !== undefined) {
      const { regionalDomainName, regionalHostedZoneId } = domainName;
      const target = RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId));
      new ARecord(this, 'Name', { zone, recordName: `${name}.`, target });
    }
    return domainName;
  }
}
