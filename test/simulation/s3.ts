import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../io/ports.ts';
import { sdkCall } from './service.ts';

/** S3 as far as blocks need it: objects put whole and read by ranges; throttled, or timed out after it took effect. */
export const simulatedS3 = (clock: Clock): S3Client => {
  const objects = new Map<string, Uint8Array>();
  const answer = (command: unknown): object => {
    if (command instanceof PutObjectCommand) {
      objects.set(String(command.input.Key), command.input.Body as Uint8Array);
      return {};
    }
    if (command instanceof GetObjectCommand) {
      const found = objects.get(String(command.input.Key));
      if (found === undefined) throw new NoSuchKey({ $metadata: {}, message: 'simulated' });
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(command.input.Range ?? '') ?? [];
      const part = from === undefined ? found : found.slice(Number(from), Number(to) + 1);
      return { Body: { transformToByteArray: async () => part } };
    }
    throw new Error(`the simulated S3 does not know ${(command as object).constructor.name}`);
  };
  return {
    send: (command: { readonly constructor: { readonly name: string } }) =>
      sdkCall(clock, `s3.${command.constructor.name}`, () => answer(command)),
  } as unknown as S3Client;
};
