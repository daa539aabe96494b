import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

// WCAG 2.2, 1.4.3: text has a contrast of 4.5 to its ground. Colours are tokens in page/style.css, so it can be worked out.

const css = readFileSync(join(import.meta.dirname, '../../page/style.css'), 'utf8');

const tokensIn = (block: string): ReadonlyMap<string, string> =>
  new Map([...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]));

const blocks = [...css.matchAll(/:root(\[data-theme="dark"\]|:not\(\[data-theme="light"\]\))?\s*\{([^}]*)\}/g)];
const themes = {
  light: tokensIn(blocks[0]?.[2] ?? ''),
  system: tokensIn(blocks[1]?.[2] ?? ''),
  dark: tokensIn(blocks[2]?.[2] ?? ''),
};

const luminance = (colour: string): number => {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (one: string, other: string): number => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};

const texts = [
  ['text', ['ground', 'raised', 'field', 'bad-ground', 'warn-ground', 'selected']],
  ['soft', ['ground', 'raised', 'field']],
  ['accent', ['ground', 'raised', 'bad-ground', 'warn-ground']],
  ['on-accent', ['accent']],
  ['good', ['good-ground']],
  ['bad', ['bad-ground', 'ground', 'raised']],
  ['warn', ['warn-ground']],
  ['idle', ['idle-ground']],
  ...['keyword', 'function', 'string', 'number', 'label'].map(each => [`code-${each}`, ['field']] as const),
] as const;

describe.each(Object.entries(themes))('%s', (_, tokens) => {
  test.each(texts.flatMap(([text, grounds]) => grounds.map(ground => [text, ground] as const)))(
    '%s on %s',
    (text, ground) => {
      expect(contrast(tokens.get(text) ?? '', tokens.get(ground) ?? '')).toBeGreaterThanOrEqual(4.5);
    },
  );

  test('a field has an edge that is seen (1.4.11: 3)', () => {
    expect(contrast(tokens.get('field-line') ?? '', tokens.get('ground') ?? '')).toBeGreaterThanOrEqual(3);
  });
});

test('dark is dark, whether the system or the reader wants it', () => {
  expect([...themes.dark]).toEqual([...themes.system]);
  expect(themes.dark.size).toBeGreaterThan(15);
});
