/** Where groups and rules begin in a file, which its values no longer say; undefined where a file is written in another way. */
export const lineFinder = (text: string) => {
  const lines = text.split('\n');
  const rules = lines.flatMap((line, at) =>
    /^\s*(-\s+)?\{?\s*["']?(record|alert)["']?\s*:/.test(line) ? [at + 1] : [],
  );
  let next = 0;
  return {
    ofGroup: (name: string): number | undefined => {
      const at = lines.findIndex(line => {
        const found = /^\s*(-\s+)?["']?name["']?\s*:\s*["']?(.*?)["']?\s*(#.*)?$/.exec(line);
        return found?.[2] === name;
      });
      return at === -1 ? undefined : at + 1;
    },
    /** Of the next rule in the order of the file. */
    nextRule: (): number | undefined => {
      next += 1;
      return rules[next - 1];
    },
  };
};
