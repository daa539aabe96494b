import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { tables } from '../../io/aws/contract.ts';
import type { Strike } from '../../io/memory/faults.ts';
import type { Agenda } from './agenda.ts';
import { holds } from './expression.ts';
import { currentInvocation } from './life.ts';
import { sdkCall, serviceError } from './service.ts';

type Command = { readonly constructor: { readonly name: string }; readonly input: unknown };
type Item = Record<string, AttributeValue>;
type Stored = { readonly item: Item; readonly writtenMs: number; readonly before: Item | undefined };

/** A page of a Query: DynamoDB's own is 1 MB, which no seed fills. */
const pageItems = 7;
/** How long an eventually consistent read may see what was there before. */
const staleMs = 1_000;

const { partition, sort } = tables.series;

/**
 * DynamoDB as far as the series table needs it, with its own ways to fail: throttled, timed out after it took effect,
 * items left unprocessed, pages that end early, stale reads. A command it does not know is a throw that names it.
 */
export class SimulatedDynamo {
  readonly #agenda: Agenda;
  readonly #partitions = new Map<string, Map<string, Stored>>();
  readonly client: DynamoDBClient;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
    // Its paginators want an instance; nothing of a real one is asked for.
    this.client = Object.create(DynamoDBClient.prototype) as DynamoDBClient;
    this.client.send = ((command: Command) =>
      sdkCall(agenda, `dynamo.${command.constructor.name}`, strike => this.#answer(command, strike))) as never;
  }

  #answer(command: Command, strike: Strike): object {
    if (command instanceof BatchWriteItemCommand) return this.#batchWrite(command.input, strike);
    if (command instanceof BatchGetItemCommand) return this.#batchGet(command.input, strike);
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof PutItemCommand) return this.#put(command.input);
    if (command instanceof GetItemCommand) return this.#getOne(command.input);
    if (command instanceof DeleteItemCommand) return this.#delete(command.input);
    throw new Error(`the simulated DynamoDB does not know ${command.constructor.name}: teach it, or run --on memory`);
  }

  #batchWrite({ RequestItems = {} }: BatchWriteItemCommandInput, strike: Strike): object {
    const unprocessed: NonNullable<BatchWriteItemCommandInput['RequestItems']> = {};
    for (const [table, requests = []] of Object.entries(RequestItems)) {
      for (const [index, request] of requests.entries()) {
        if (strike === 'part' && index % 2 === 0) {
          unprocessed[table] = [...(unprocessed[table] ?? []), request];
        } else if (request.PutRequest !== undefined) this.#write(request.PutRequest.Item ?? {});
        else if (request.DeleteRequest !== undefined) this.#erase(request.DeleteRequest.Key ?? {});
      }
    }
    return { UnprocessedItems: unprocessed };
  }

  #batchGet({ RequestItems = {} }: BatchGetItemCommandInput, strike: Strike): object {
    const responses: Record<string, Item[]> = {};
    const unprocessed: NonNullable<BatchGetItemCommandInput['RequestItems']> = {};
    for (const [table, { Keys = [], ...rest }] of Object.entries(RequestItems)) {
      const left = strike === 'part' ? Keys.filter((_, index) => index % 2 === 0) : [];
      if (left.length > 0) unprocessed[table] = { ...rest, Keys: left };
      responses[table] = Keys.filter(key => !left.includes(key))
        .map(key => this.#read(key, rest.ConsistentRead))
        .filter(item => item !== undefined);
    }
    return { Responses: responses, UnprocessedKeys: unprocessed };
  }

  #query(input: QueryCommandInput): object {
    const context = { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues };
    const short = currentInvocation()?.life.strikes('shortPage', 'query') ?? false;
    const most = Math.min(input.Limit ?? Number.POSITIVE_INFINITY, short ? pageItems : Number.POSITIVE_INFINITY);
    const matching = this.#candidates(input)
      .map(stored => this.#seen(stored, input.ConsistentRead))
      .filter(item => item !== undefined)
      .filter(item => holds(input.KeyConditionExpression, item, context))
      .sort((a, b) => (sortKeyOf(a) < sortKeyOf(b) ? -1 : 1));
    if (input.ScanIndexForward === false) matching.reverse();
    const after = input.ExclusiveStartKey === undefined ? undefined : sortKeyOf(input.ExclusiveStartKey);
    const first = after === undefined ? 0 : matching.findIndex(item => isAfter(item, after, input.ScanIndexForward));
    const page = first === -1 ? [] : matching.slice(first, first + most);
    const last = page.at(-1);
    const isWhole = first === -1 || first + page.length >= matching.length;
    return {
      Items: page.filter(item => holds(input.FilterExpression, item, context)),
      ...(!isWhole && last !== undefined && { LastEvaluatedKey: { [partition]: last[partition], [sort]: last[sort] } }),
    };
  }

  /** The items of the partition that a key condition names: `#p = :p`, whatever the names are. */
  #candidates({ ExpressionAttributeValues = {} }: QueryCommandInput): Stored[] {
    const found = Object.values(ExpressionAttributeValues)
      .map(({ S }) => (S === undefined ? undefined : this.#partitions.get(S)))
      .find(items => items !== undefined);
    return [...(found?.values() ?? [])];
  }

  #put(input: PutItemCommandInput): object {
    this.#check(input.ConditionExpression, input.Item ?? {}, input);
    this.#write(input.Item ?? {});
    return {};
  }

  #delete(input: DeleteItemCommandInput): object {
    this.#check(input.ConditionExpression, input.Key ?? {}, input);
    this.#erase(input.Key ?? {});
    return {};
  }

  #getOne({ Key = {}, ConsistentRead }: GetItemCommandInput): object {
    const item = this.#read(Key, ConsistentRead);
    return item === undefined ? {} : { Item: item };
  }

  #check(condition: string | undefined, key: Item, input: PutItemCommandInput | DeleteItemCommandInput): void {
    const now = this.#stored(key)?.item;
    const context = { names: input.ExpressionAttributeNames, values: input.ExpressionAttributeValues };
    if (!holds(condition, now, context)) throw serviceError('ConditionalCheckFailedException');
  }

  #stored(key: Item): Stored | undefined {
    return this.#partitions.get(key[partition]?.S ?? '')?.get(sortKeyOf(key));
  }

  #write(item: Item): void {
    const name = item[partition]?.S ?? '';
    const items = this.#partitions.get(name) ?? new Map<string, Stored>();
    const before = items.get(sortKeyOf(item))?.item;
    this.#partitions.set(name, items.set(sortKeyOf(item), { item, writtenMs: this.#agenda.nowMs(), before }));
  }

  #erase(key: Item): void {
    this.#partitions.get(key[partition]?.S ?? '')?.delete(sortKeyOf(key));
  }

  #read(key: Item, consistent: boolean | undefined): Item | undefined {
    const stored = this.#stored(key);
    return stored && this.#seen(stored, consistent);
  }

  /** What a read sees of an item: where it is eventually consistent, perhaps what was there a moment ago. */
  #seen({ item, writtenMs, before }: Stored, consistent: boolean | undefined): Item | undefined {
    const isFresh = this.#agenda.nowMs() - writtenMs < staleMs;
    if (consistent !== true && isFresh && currentInvocation()?.life.strikes('staleRead', sortKeyOf(item)))
      return before;
    return item;
  }
}

const sortKeyOf = (key: Item): string => key[sort]?.S ?? '';

const isAfter = (item: Item, key: string, forward = true): boolean =>
  forward ? sortKeyOf(item) > key : sortKeyOf(item) < key;
