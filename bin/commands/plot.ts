import { valueText } from './values.ts';

/** A series to draw: a value for each instant, null where it has none. */
export type Drawn = { readonly name: string; readonly values: readonly (number | null)[] };

/** Dots of a braille cell, from its top left down: left column 1, 2, 3, 7, right column 4, 5, 6, 8. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;

const blank = 0x2800;

/**
 * Lines over time in letters: braille, two dots wide and four high a cell, with the values' bounds at the left. Series share the
 * plot; a missing value leaves a gap. What never moves is one row.
 */
export const plotOf = (drawn: readonly Drawn[], columns: number, mostRows: number): string[] => {
  const all = drawn.flatMap(({ values }) =>
    values.filter(value => value !== null && Number.isFinite(value)),
  ) as number[];
  if (all.length === 0) return [];
  const [least, most] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const rows = least === most ? 1 : mostRows;
  // In halves: the largest doubles are further apart than a double holds.
  const span = most / 2 - least / 2 || 1;
  const labels = [valueText(most), valueText(most / 2 + least / 2), valueText(least)];
  const margin = Math.max(...labels.map(label => label.length));
  const width = Math.max(10, columns - margin - 3);
  const cells = Array.from({ length: rows }, () => new Uint8Array(width));
  const dot = (x: number, y: number): void => {
    const [column, row] = [Math.floor(x / 2), Math.floor(y / 4)];
    const cell = cells[row];
    if (cell !== undefined && column < width) cell[column]! |= dots[x % 2]![y % 4]!;
  };
  for (const { values } of drawn) {
    let before: { readonly x: number; readonly y: number } | undefined;
    for (const [at, value] of values.entries()) {
      if (value === null || !Number.isFinite(value)) {
        before = undefined;
        continue;
      }
      const x = values.length < 2 ? 0 : Math.round((at / (values.length - 1)) * (2 * width - 1));
      const y = Math.round((1 - (value / 2 - least / 2) / span) * (4 * rows - 1));
      const steps = before === undefined ? 0 : Math.max(Math.abs(x - before.x), Math.abs(y - before.y));
      for (let step = 0; step < steps; step += 1)
        dot(
          Math.round(before!.x + ((x - before!.x) * step) / steps),
          Math.round(before!.y + ((y - before!.y) * step) / steps),
        );
      dot(x, y);
      before = { x, y };
    }
  }
  return cells.map((cell, row) => {
    const label = row === 0 ? labels[0] : row === rows - 1 ? labels[2] : row === Math.floor(rows / 2) ? labels[1] : '';
    const line = [...cell].map(bits => String.fromCharCode(blank + bits)).join('');
    return `${(label ?? '').padStart(margin)} ┤${line}`;
  });
};
