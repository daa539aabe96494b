// What bundles have in the place of @aws-sdk/credential-provider-node: Lambda gives credentials by the environment, and the ways in by
// profiles, single sign-on and web identities would be 120 KB of every cold start.
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
