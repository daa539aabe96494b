import { globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { load as parse } from 'js-yaml';
import { Complaint } from './complaint.ts';

/** A file of YAML, of which JSON is a part. */
export const readYaml = (file: string): unknown => {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
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
          return { path, content: parse(readFileSync(path, 'utf8')) as unknown };
        } catch {
          return { path, content: undefined };
        }
      });
