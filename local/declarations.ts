import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Properties } from './assembly.ts';
import { Complaint } from './complaint.ts';
import type { Invoke } from './functions.ts';

/** A custom resource: what its function, named by ServiceToken, looks after. */
export type Declared = { readonly type: string; readonly properties: Properties };

type Kept = Declared & { readonly physicalId: string };
type Answer = { readonly Status: string; readonly Reason?: string; readonly PhysicalResourceId?: string };

/**
 * Brings the custom resources of the template to life, as a deployment does: asks their functions to create what is new,
 * to update what changed and to delete what is gone since the last start. What the last start left is in `declared.json`.
 */
export const declareAll = async (
  dataFolder: string,
  wanted: ReadonlyMap<string, Declared>,
  functionAt: (serviceToken: unknown) => Invoke,
): Promise<void> => {
  const file = join(dataFolder, 'declared.json');
  const kept = readKept(file);
  if (wanted.size === 0 && kept.size === 0) return;
  const save = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(kept), null, 2));
    renameSync(`${file}.new`, file);
  };
  const answers = await Answers.listen();
  const ask = async (
    id: string,
    RequestType: string,
    { type, properties }: Declared,
    more: object,
  ): Promise<string> => {
    const answer = answers.next();
    await functionAt(properties['ServiceToken'])({
      RequestType,
      RequestId: randomUUID(),
      StackId: 'local',
      LogicalResourceId: id,
      ResourceType: type,
      ResourceProperties: properties,
      ResponseURL: answer.url,
      ...more,
    });
    const { Status, Reason = 'no reason given', PhysicalResourceId = id } = await answer.got;
    if (Status !== 'SUCCESS') throw new Complaint(`${id} (${type}): ${Reason}`);
    return PhysicalResourceId;
  };
  try {
    for (const [id, declared] of wanted) {
      const before = kept.get(id);
      if (before !== undefined && isDeepStrictEqual(before.properties, declared.properties)) continue;
      const physicalId = await ask(
        id,
        before === undefined ? 'Create' : 'Update',
        declared,
        before === undefined ? {} : { PhysicalResourceId: before.physicalId, OldResourceProperties: before.properties },
      );
      kept.set(id, { ...declared, physicalId });
      save();
      // Another name is another thing: the one before goes, as CloudFormation does it.
      if (before !== undefined && before.physicalId !== physicalId)
        await ask(id, 'Delete', before, { PhysicalResourceId: before.physicalId });
    }
    for (const [id, gone] of [...kept].filter(([each]) => !wanted.has(each))) {
      await ask(id, 'Delete', gone, { PhysicalResourceId: gone.physicalId });
      kept.delete(id);
      save();
    }
  } finally {
    answers.stop();
  }
};

/** Where functions put their answers. */
class Answers {
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    response.end();
    this.#waiting.get(request.url ?? '')?.(JSON.parse(Buffer.concat(parts).toString()) as Answer);
  });

  static async listen(): Promise<Answers> {
    const answers = new Answers();
    await new Promise<void>(done => answers.#server.listen(0, '127.0.0.1', done));
    return answers;
  }

  next(): { readonly url: string; readonly got: Promise<Answer> } {
    const path = `/${randomUUID()}`;
    const { port } = this.#server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}${path}`,
      got: new Promise(done => this.#waiting.set(path, done)),
    };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const readKept = (file: string): Map<string, Kept> => {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Kept>));
  } catch {
    return new Map();
  }
};
