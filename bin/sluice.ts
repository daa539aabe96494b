#!/usr/bin/env node
import { Complaint } from './commands/complaint.ts';
import { sluice } from './commands/program.ts';

// Whoever reads what is printed may have read enough: `sluice export | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await sluice().parseAsync();
} catch (error) {
  console.error(textOf(error as Error & { readonly code?: string }));
  process.exitCode = 1;
}

/** A complaint is for the user; a broken connection says what to do; anything else is a bug and keeps its name. */
function textOf(error: Error & { readonly code?: string }): string {
  if (error instanceof Complaint) return error.message;
  const code = error.code ?? (error.cause as { readonly code?: string } | undefined)?.code;
  if (code === 'ECONNREFUSED') return 'the collector does not answer: start it again with `npm start`';
  if (error.message === 'Region is missing') return 'no region: set AWS_REGION to where the stack is';
  if (error.name === 'CredentialsProviderError')
    return 'no credentials: sign in as for the AWS CLI (aws sso login, AWS_PROFILE, AWS_ACCESS_KEY_ID)';
  return `${error.name}: ${error.message}`;
}
