import type { FamilyType } from '../batch.ts';
import { foundAt, isBlank, kindOf, namePart, nameStart, quote } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { newlineAt } from './lines.ts';
import { readName, readPlain } from './series.ts';
import { unescaped } from './words.ts';

/** One line of metadata about a family: one of its three words and the text that follows the name. */
export type Metadata = {
  readonly word: 'HELP' | 'TYPE' | 'UNIT';
  readonly name: string;
  readonly text: string;
  readonly textAt: number;
  /** What a TYPE line names. */
  readonly type?: FamilyType;
};

/** The name of a family, quoted or not; the cursor stands after it. */
const readFamilyName = (cursor: Cursor, word: string): string | undefined => {
  const { bytes } = cursor;
  if (bytes[cursor.at] === quote) return readName(cursor);
  if ((kindOf[bytes[cursor.at]!]! & nameStart) === 0) return cursor.miss(`a metric name after ${word}`);
  return readPlain(cursor, namePart);
};

/** What follows the word of a metadata line, up to the end of the line; the cursor stands there. */
export const readMetadata = (cursor: Cursor, word: Metadata['word']): Metadata | undefined => {
  const name = readFamilyName(cursor, word);
  if (name === undefined) return undefined;
  const end = newlineAt(cursor.view, cursor.at, cursor.bytes.length);
  if (cursor.at < end && !isBlank(cursor.bytes[cursor.at])) return cursor.miss('a blank after the metric name');
  const textAt = Math.min(cursor.at + 1, end);
  const text = cursor.words.text(textAt, end);
  if (text === undefined) return cursor.fail('bad_utf8', `the text after ${word} is not valid UTF-8`, textAt);
  cursor.at = end;
  return { word, name, text: word === 'HELP' && text.includes('\\') ? unescaped(text) : text, textAt };
};

/** The family type a TYPE line names, of those its dialect knows. */
export const readType = (
  cursor: Cursor,
  { text, textAt }: Metadata,
  known: ReadonlyMap<string, FamilyType>,
): FamilyType | undefined =>
  known.get(text) ??
  cursor.fail(
    'bad_type',
    `expected one of ${[...known.keys()].join(', ')}, found ${text === '' ? foundAt(cursor.bytes, textAt) : JSON.stringify(text.slice(0, 40))}`,
    textAt,
  );
