import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FAILSAFE_SCHEMA, mergeTag, nullYaml11Tag, load as parse } from 'js-yaml';
import { Complaint } from './complaint.ts';

/** A file of YAML, of which JSON is a part. */
export const readYaml = (file: string): unknown => read(file, () => parse(readFileSync(file, 'utf8')));

/** As Prometheus reads its own: what stands there is a text, `1.10` and `True` too, until somebody asks for a number. Nothing is null. */
export const readTexts = (file: string): unknown => read(file, () => textsIn(file));

const textSchema = FAILSAFE_SCHEMA.withTags([nullYaml11Tag, mergeTag]);

const textsIn = (file: string): unknown => parse(readFileSync(file, 'utf8'), { schema: textSchema });

const read = (file: string, reading: () => unknown): unknown => {
  try {
    return reading();
  } catch (error) {
    throw new Complaint(`${file} cannot be read: ${(error as Error).message}`);
  }
};

/** The files that a pattern of a configuration names, from where it stands. */
export const filesBeside =
  (configuration: string) =>
  (pattern: string): { path: string; content: unknown }[] =>
    globSync(resolve(dirname(configuration), pattern))
      .toSorted()
      .map(path => {
        try {
          return { path, content: textsIn(path) };
        } catch {
          return { path, content: undefined };
        }
      });
