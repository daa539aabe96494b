import type { environment } from './contract.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The resource that lib named to this function. Throws where it named none. */
export const namesIn =
  (env: Environment) =>
  (name: (typeof environment)[keyof typeof environment]): string => {
    const value = env[name];
    if (value === undefined || value === '')
      throw new Error(`${name} is not set: lib grants this function no such resource`);
    return value;
  };

/** Makes it when it is first asked for. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** Ports of several files together; nothing of them is made before it is asked for. */
export const joined = <A extends object, B extends object>(one: A, other: B): A & B =>
  Object.defineProperties(one, Object.getOwnPropertyDescriptors(other)) as A & B;
