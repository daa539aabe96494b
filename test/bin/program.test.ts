import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { sluice } from '../../bin/commands/program.ts';

// Every verb, at every depth: what it says of itself, and that what it says is so.

const program = sluice();

const verbsOf = (command: Command, path: readonly string[] = []): (readonly [path: string, verb: Command])[] =>
  command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap(each => verbsOf(each, [...path, each.name()]));

const helpOf = (command: Command): string => {
  let help = '';
  command.configureOutput({ writeOut: text => (help += text) });
  command.outputHelp();
  return help;
};

const verbs = verbsOf(program);

test('there are the verbs that the documents name', () => {
  expect(new Set(verbs.map(([path]) => path.split(' ')[0]))).toEqual(
    new Set(
      'status targets heartbeats keys quarantine flushes query rules tail top doctor export backfill lint completion'.split(
        ' ',
      ),
    ),
  );
});

describe.each(verbs)('%s', (path, verb) => {
  const help = helpOf(verb);
  const examples = help
    .split(/\nExamples?:\n/)
    .slice(1)
    .join('\n')
    .split('\n')
    .filter(line => /^ {2}.*\bsluice /.test(line));

  test('says what it does, and gives an example', () => {
    expect(verb.description()).not.toBe('');
    expect(examples.length).toBeGreaterThan(0);
  });

  test('prints JSON for machines, but for what is a script anyway', () => {
    const longs = verb.options.map(({ long }) => long);
    if (path !== 'completion') expect(longs).toContain('--json');
  });

  test('every option says what it is', () => {
    expect(verb.options.filter(({ description }) => description === '')).toEqual([]);
  });

  test('its examples are of this verb, with options that there are', () => {
    for (const example of examples) {
      const [words = ''] = example.slice(example.indexOf('sluice ') + 7).split(/ [|>]| && /);
      const asked = words.split(' ').filter(word => word !== '');
      const own = asked[0] === '--stack' ? asked.slice(2) : asked;
      expect(own.slice(0, path.split(' ').length).join(' ')).toBe(path);
      const known = verb.options.flatMap(({ long, short }) => [long, short]);
      for (const word of own.filter(each => each.startsWith('--'))) expect(known).toContain(word);
    }
  });
});
