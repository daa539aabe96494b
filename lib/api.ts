import { HttpApi, type HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

/** The HTTPS door. Every route asks for SigV4: nobody unknown gets in, whatever else is forgotten. */
export class Api extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new HttpApi(this, 'Http', {
      description: 'Sluice: push and query',
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
  }

  get url(): string {
    return this.api.apiEndpoint;
  }

  /** Sends these routes to this function: paths as the template writes them, each with its methods. */
  answeredBy(handler: Handler, routes: Readonly<Record<string, readonly `${HttpMethod}`[]>>): void {
    const integration = new HttpLambdaIntegration(`${handler.node.id}Integration`, handler, {
      // One permission for the whole API: one a route would outgrow the 20 KB of a function's policy.
      scopePermissionToRoute: false,
    });
    for (const [path, methods] of Object.entries(routes))
      this.api.addRoutes({ path, methods: methods as HttpMethod[], integration });
  }
}
