/** Where in the input something was found: a line (from 1), a column in bytes (from 1), or a path such as `metrics[3].value`. */
export type Place = { readonly line?: number; readonly column?: number; readonly path?: string };

/** Bad input is a value, never a throw: a stable code, where it stands, and what was found against what is allowed. */
export type Reject = {
  readonly code: string;
  readonly place?: Place;
  readonly reason: string;
  /** What stood there and what should have, where the reason is made of just these. */
  readonly found?: string;
  readonly expected?: string;
};

/** The line where a sample stood, if it stood in one: protobuf has none, and says 0. */
export const placed = ({ line }: { readonly line?: number | undefined }): { place?: Place } =>
  line === undefined || line === 0 ? {} : { place: { line } };

/** What a reader made of its input: the value of all that was good, and a reject for each thing that was not. */
export type Read<T> = { readonly value: T; readonly rejects: readonly Reject[] };

/** One line a person can act on: `line 3, column 7: bad_value: expected a number, found "abc"`. */
export const textOfReject = ({ code, place, reason }: Reject): string => {
  const where = [
    place?.line === undefined ? undefined : `line ${place.line}`,
    place?.column === undefined ? undefined : `column ${place.column}`,
    place?.path,
  ].filter(part => part !== undefined);
  return `${where.length > 0 ? `${where.join(', ')}: ` : ''}${code}: ${reason}`;
};
