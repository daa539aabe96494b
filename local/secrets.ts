import { randomInt } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Properties } from './assembly.ts';
import { Complaint } from './complaint.ts';

type Generation = {
  readonly PasswordLength?: number;
  readonly ExcludePunctuation?: boolean;
};

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const punctuation = '!#$%&()*+,-./:;<=>?@[]^_{|}~';

/** A secret that the user gives to scrapes, and the hosts it is for. */
export type GivenSecret = { readonly text: string; readonly hosts: readonly string[] };

/** Reads the user's own file: `{"scrapes/shop": {"text": "…", "hosts": ["127.0.0.1:9100"]}}`. */
export const readGivenSecrets = (file: string | undefined): Readonly<Record<string, GivenSecret>> => {
  if (file === undefined || file === '') return {};
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Complaint(`SLUICE_SECRETS: ${file} cannot be read, or is no JSON`);
  }
  for (const [name, each] of Object.entries(given as object) as [string, Partial<GivenSecret> | null][]) {
    if (typeof each?.text !== 'string' || !Array.isArray(each.hosts))
      throw new Complaint(`SLUICE_SECRETS: ${name} in ${file} is no {"text": "…", "hosts": ["127.0.0.1:9100"]}`);
  }
  return given as Record<string, GivenSecret>;
};

/**
 * Secrets of the template, made once and kept in `secrets.json`, which only its owner may read; those that the user gave; and
 * as much of Secrets Manager and of SSM's parameters as it takes to hand them out.
 */
export class LocalSecrets {
  readonly #file: string;
  readonly #texts: Record<string, string>;
  readonly #given: Readonly<Record<string, GivenSecret>>;
  readonly #server: Server;

  constructor(dataFolder: string, given: Readonly<Record<string, GivenSecret>> = {}) {
    this.#file = join(dataFolder, 'secrets.json');
    this.#texts = readTexts(this.#file);
    this.#given = given;
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const asked = JSON.parse(Buffer.concat(parts).toString() || '{}') as { SecretId?: string; Name?: string };
      const { status, answer } = this.#answer(String(request.headers['x-amz-target']), asked);
      response.statusCode = status;
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(answer));
    });
  }

  #answer(target: string, { SecretId = '', Name = '' }: { readonly SecretId?: string; readonly Name?: string }) {
    if (target === 'secretsmanager.GetSecretValue') {
      const text = this.#texts[SecretId] ?? this.#textOf(SecretId);
      if (text !== undefined) return { status: 200, answer: { ARN: SecretId, Name: SecretId, SecretString: text } };
    }
    if (target === 'AmazonSSM.GetParameter') {
      const text = this.#textOf(Name);
      if (text !== undefined)
        return { status: 200, answer: { Parameter: { Name, Type: 'SecureString', Value: text } } };
    }
    const message = `there is no secret ${SecretId || Name} here`;
    return { status: 400, answer: { __type: 'ResourceNotFoundException', message } };
  }

  #textOf(name: string): string | undefined {
    return Object.hasOwn(this.#given, name) ? this.#given[name]?.text : undefined;
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
