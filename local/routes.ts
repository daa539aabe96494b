/** A route key as the template has it: `POST /v1/push`, `ANY /x/{rest+}`, `$default`. */
export type Route<T> = {
  readonly method: string;
  readonly segments: readonly string[];
  readonly key: string;
  readonly target: T;
};

export const readRoute = <T>(key: string, target: T): Route<T> => {
  if (key === '$default') return { method: 'ANY', segments: [], key, target };
  const [method = 'ANY', path = '/'] = key.split(' ');
  return { method, segments: path.split('/').slice(1), key, target };
};

/** What needs a key at home. */
export type KeysRequired = 'nothing' | 'pushes' | 'everything';

/** Functions most of whose paths can be got: they are there to be read. */
export const readingFunctions = (routes: readonly (readonly [to: string, key: string])[]): ReadonlySet<string> => {
  const pathsOf = (wanted: (key: string) => boolean): Map<string, Set<string>> => {
    const paths = new Map<string, Set<string>>();
    for (const [to, key] of routes)
      if (wanted(key)) paths.set(to, (paths.get(to) ?? new Set()).add(key.split(' ')[1] ?? ''));
    return paths;
  };
  const [all, got] = [pathsOf(() => true), pathsOf(key => key.startsWith('GET '))];
  return new Set([...all].filter(([to, paths]) => 2 * (got.get(to)?.size ?? 0) > paths.size).map(([to]) => to));
};

export type Match<T> = { readonly route: Route<T>; readonly parameters: Readonly<Record<string, string>> };

/**
 * The route an HTTP API would take: the most specific path (text before {one} before {rest+}, from left to right), and
 * of equal paths the method before ANY.
 */
export const matchRoute = <T>(routes: readonly Route<T>[], method: string, rawPath: string): Match<T> | undefined => {
  const path = rawPath.split('/').slice(1);
  let best: { match: Match<T>; rank: string } | undefined;
  for (const route of routes) {
    if (route.method !== 'ANY' && route.method !== method) continue;
    const match = route.key === '$default' ? { parameters: {}, rank: '' } : matchSegments(route.segments, path);
    if (match === undefined) continue;
    const rank = `${route.key === '$default' ? '9' : ''}${match.rank}${route.method === 'ANY' ? '1' : '0'}`;
    if (best === undefined || rank < best.rank) best = { match: { route, parameters: match.parameters }, rank };
  }
  return best?.match;
};

const matchSegments = (
  segments: readonly string[],
  path: readonly string[],
): { parameters: Record<string, string>; rank: string } | undefined => {
  const parameters: Record<string, string> = {};
  let rank = '';
  for (const [index, segment] of segments.entries()) {
    const name = /^\{([^}]+?)(\+?)\}$/.exec(segment);
    if (name?.[2] === '+') {
      if (path.length <= index || (path.length === index + 1 && path[index] === '')) return undefined;
      parameters[name[1] ?? ''] = path.slice(index).map(decoded).join('/');
      return { parameters, rank: `${rank}2` };
    }
    const part = path[index];
    if (part === undefined) return undefined;
    if (name === null) {
      if (part !== segment) return undefined;
      rank += '0';
    } else {
      if (part === '') return undefined;
      parameters[name[1] ?? ''] = decoded(part);
      rank += '1';
    }
  }
  return path.length === segments.length ? { parameters, rank } : undefined;
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};
