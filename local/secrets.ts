import { randomInt } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Properties } from './assembly.ts';

type Generation = {
  readonly PasswordLength?: number;
  readonly ExcludePunctuation?: boolean;
};

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const punctuation = '!#$%&()*+,-./:;<=>?@[]^_{|}~';

/**
 * Secrets of the template, made once and kept in `secrets.json`, which only its owner may read; and as much of Secrets
 * Manager as it takes to hand them out.
 */
export class LocalSecrets {
  readonly #file: string;
  readonly #texts: Record<string, string>;
  readonly #server: Server;

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'secrets.json');
    this.#texts = readTexts(this.#file);
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const { SecretId = '' } = JSON.parse(Buffer.concat(parts).toString() || '{}') as { SecretId?: string };
      const text = this.#texts[SecretId];
      const isKnown = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && text !== undefined;
      response.statusCode = isKnown ? 200 : 400;
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      const problem = { __type: 'ResourceNotFoundException', message: `there is no secret ${SecretId} here` };
      response.end(JSON.stringify(isKnown ? { ARN: SecretId, Name: SecretId, SecretString: text } : problem));
    });
  }

  listen(): Promise<string> {
    return new Promise((done, failed) => {
      this.#server.once('error', failed).listen(0, '127.0.0.1', () => {
        done(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  /** Makes the secret unless it is there. */
  make(arn: string, properties: Properties): void {
    if (this.#texts[arn] !== undefined) return;
    const { PasswordLength = 32, ExcludePunctuation = false } = (properties['GenerateSecretString'] ??
      {}) as Generation;
    const from = ExcludePunctuation ? letters : letters + punctuation;
    const made = Array.from({ length: PasswordLength }, () => from[randomInt(from.length)]).join('');
    this.#texts[arn] = String(properties['SecretString'] ?? made);
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#texts, null, 2), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const readTexts = (file: string): Record<string, string> => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
};
