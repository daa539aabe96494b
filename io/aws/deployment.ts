import type { Deployment } from '../ports.ts';
import { called } from './calls.ts';

/** Answers go to the address that CloudFormation gave with its question, signed by it. */
export const cloudFormationDeployment = (): Deployment => ({
  answer: async (responseUrl, answer) => {
    await called('deployment.answer', async () => {
      const body = JSON.stringify({ Reason: 'done', ...answer });
      // S3 signed the address without a content type.
      const got = await fetch(responseUrl, { method: 'PUT', headers: { 'content-type': '' }, body });
      if (!got.ok) throw new Error(`${got.status} ${await got.text()}`);
    });
  },
});
