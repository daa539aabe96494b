import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import * as z from 'zod';
import { type LabelSet, labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';

// Prometheus's relabel_config: the same names, defaults and outcomes (prometheus model/relabel/relabel.go).

/** Thrown where rules make a text that nobody means: they can double it with each that follows. */
export class Overgrown extends Error {
  constructor(what: string) {
    super(`makes ${what} of over ${limits.relabelTextChars} characters`);
  }
}

const within = (length: number, what: string): void => {
  if (length > limits.relabelTextChars) throw new Overgrown(what);
};

/** A label set after the rules, undefined where one of them drops it. Throws Overgrown. */
export type Relabel = (labels: LabelSet) => LabelSet | undefined;

/** One rule, at work on labels that it may change. Answers whether they are kept. */
type Rule = (labels: Draft) => boolean;

/**
 * Labels while rules change them. Those that were set come after those that were there, in the order in which they were
 * first set: where labelmap gives two the same name, the later one wins.
 */
class Draft extends Map<string, string> {
  readonly #own = new Set<string>();

  /** Sets a label; an empty value takes it away. */
  put(name: string, value: string): true {
    if (value === '' || !this.#own.has(name)) this.delete(name);
    if (value === '') this.#own.delete(name);
    else {
      this.#own.add(name);
      this.set(name, value);
    }
    return true;
  }
}

const actions = [
  'replace',
  'lowercase',
  'uppercase',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
] as const;

/** `$1`, `${1}`, `$name` and `${name}` of a template; `$$` is a dollar. */
const variable = /\$(?:\$|(\w+)|\{(\w+)\})/g;
const labelName = /^[a-zA-Z_]\w*$/;
/** Prometheus's own, by an engine that takes it: V8 would try for ever. */
const targetTemplate = RE2JS.compile('^(?:(?:[a-zA-Z_]|\\$(?:\\{\\w+\\}|\\w+))+\\w*)+$');

const pattern = z
  .string()
  .max(limits.patternChars)
  .transform((text, context) => {
    try {
      return compiled(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `no regular expression: ${(error as Error).message}` });
      return z.NEVER;
    }
  });

const patterns = new Map<string, RE2JS>();

/** The pattern of a whole value. Rows of a fleet share theirs, so that they are kept. */
const compiled = (text: string): RE2JS => {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const made = RE2JS.compile(`^(?:${text})$`, RE2JS.DOTALL);
  if (patterns.size >= limits.patternsRemembered) patterns.clear();
  patterns.set(text, made);
  return made;
};

const anything = RE2JS.compile('^(?:.*)$', RE2JS.DOTALL);
const anythingCaught = RE2JS.compile('^(?:(.*))$', RE2JS.DOTALL);

const rule = z
  .strictObject({
    source_labels: z.array(z.string().regex(labelName, 'no label name')).max(limits.labelCount).default([]),
    separator: z.string().default(';'),
    regex: pattern.optional(),
    modulus: z.number().int().positive().optional(),
    target_label: z.string().optional(),
    replacement: z.string().default('$1'),
    // Prometheus takes the action in any case.
    action: z
      .string()
      .transform(text => text.toLowerCase())
      .pipe(z.enum(actions))
      .default('replace'),
  })
  .superRefine(({ action, target_label: target, source_labels: sources, modulus, replacement }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    const writes = ['replace', 'lowercase', 'uppercase', 'hashmod', 'keepequal', 'dropequal'].includes(action);
    if (writes && (target ?? '') === '') refuse(`action ${action} needs a target_label`);
    else if (writes && action === 'replace' && !targetTemplate.matches(target!))
      refuse(`${JSON.stringify(target)} is no target_label`);
    else if (writes && action !== 'replace' && !labelName.test(target!))
      refuse(`${JSON.stringify(target)} is no label name, which ${action} needs as its target_label`);
    if (action === 'labelmap' && !targetTemplate.matches(replacement))
      refuse(`${JSON.stringify(replacement)} is no replacement for labelmap, which makes names`);
    if (action === 'hashmod' && modulus === undefined) refuse('action hashmod needs a modulus');
    if (action.startsWith('label') && action !== 'labelmap' && (target !== undefined || sources.length > 0))
      refuse(`action ${action} has a regex and nothing else`);
  });

type Written = z.output<typeof rule>;

/** Rules as rows and configurations write them, read into one function. Each rule gets what the one before it left. */
export const relabelField = z
  .array(rule)
  .max(limits.relabelRules)
  .transform(written => relabelOf(written.map(ruleOf)));

const relabelOf = (rules: readonly Rule[]): Relabel => {
  if (rules.length === 0) return labels => labels;
  return labels => {
    const changed = new Draft(labels);
    for (const each of rules) if (!each(changed)) return undefined;
    return labelSetOf(changed);
  };
};

const ruleOf = (written: Written): Rule => {
  const { source_labels: sources, separator, action, replacement, target_label: target = '' } = written;
  const regex = written.regex ?? anything;
  const captures = written.regex ?? anythingCaught;
  const joined = (labels: ReadonlyMap<string, string>): string => {
    const values = sources.map(name => labels.get(name) ?? '');
    const length = values.reduce((sum, value) => sum + value.length + separator.length, 0);
    within(length - separator.length, 'source_labels');
    return values.join(separator);
  };
  switch (action) {
    case 'keep':
      return labels => regex.matches(joined(labels));
    case 'drop':
      return labels => !regex.matches(joined(labels));
    case 'keepequal':
      return labels => (labels.get(target) ?? '') === joined(labels);
    case 'dropequal':
      return labels => (labels.get(target) ?? '') !== joined(labels);
    case 'lowercase':
      return labels => labels.put(target, joined(labels).toLowerCase());
    case 'uppercase':
      return labels => labels.put(target, joined(labels).toUpperCase());
    case 'hashmod':
      return labels => labels.put(target, String(hashOf(joined(labels)) % BigInt(written.modulus!)));
    case 'replace':
      return labels => {
        const found = foundIn(captures, joined(labels));
        if (found === undefined) return true;
        const name = expanded(target, found);
        return labelName.test(name) ? labels.put(name, expanded(replacement, found)) : true;
      };
    case 'labelmap':
      return labels => {
        for (const [name, value] of [...labels]) {
          const found = foundIn(captures, name);
          if (found !== undefined) labels.put(expanded(replacement, found), value);
        }
        return true;
      };
    case 'labeldrop':
    case 'labelkeep':
      return labels => {
        for (const name of [...labels.keys()])
          if (regex.matches(name) === (action === 'labeldrop')) labels.put(name, '');
        return true;
      };
  }
};

type Found = (group: string) => string;

/** What the groups of a pattern caught, by number or name; undefined where it does not match. */
const foundIn = (regex: RE2JS, text: string): Found | undefined => {
  const matcher = regex.matcher(text);
  if (!matcher.matches()) return undefined;
  const named = regex.namedGroups();
  return group => {
    const number = /^\d+$/.test(group) ? Number(group) : named[group];
    return number === undefined || number > matcher.groupCount() ? '' : (matcher.group(number) ?? '');
  };
};

/** Go's Expand: a name runs as far as letters, digits and underscores do, and an unknown one is empty. */
const expanded = (template: string, found: Found): string => {
  let length = template.length;
  return template.replace(variable, (whole, plain?: string, braced?: string) => {
    const text = whole === '$$' ? '$' : found(plain ?? braced ?? '');
    length += text.length;
    within(length, 'a text');
    return text;
  });
};

/** The last eight bytes of the MD5, as Prometheus shards by them. */
const hashOf = (text: string): bigint => createHash('md5').update(text).digest().readBigUInt64BE(8);
