import { HttpApi, type HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { Handler } from './handler.ts';

/** The HTTPS door. Every route asks for SigV4: nobody unknown gets in, whatever else is forgotten. */
export class Api extends Construct {
  readonly api: HttpApi;
  readonly #authorizer = new HttpIamAuthorizer();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new HttpApi(this, 'Http', { description: 'Sluice: push and query' });
  }

  get url(): string {
    return this.api.apiEndpoint;
  }

  /** Routes as the template writes them: `POST /v1/push`. */
  routes(handler: Handler, routes: readonly string[]): void {
    const integration = new HttpLambdaIntegration(`${handler.node.id}Integration`, handler);
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      this.api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer: this.#authorizer });
    }
  }
}
