import { readdirSync, readFileSync } from 'node:fs';

// What the kernel's books say of a process and its children.

/** Process ids of a process and all its descendants. */
const familyOf = (pid: number): number[] => {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // Gone meanwhile.
    }
  }
  const family = [pid];
  for (const each of family) for (const [child, parent] of parents) if (parent === each) family.push(child);
  return family;
};

/** Seconds of CPU and the most memory at once, of a process and its children. */
export const booksOf = (pid: number): { readonly seconds: number; readonly megabytes: number } => {
  let ticks = 0;
  let kilobytes = 0;
  for (const each of familyOf(pid)) {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    kilobytes += Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0);
  }
  return { seconds: ticks / 100, megabytes: kilobytes / 1_024 };
};

/** Seconds of CPU of a process and its children by what their threads are called; V8's and libuv's are the process's own. */
export const threadsOf = (pid: number): Map<string, number> => {
  const seconds = new Map<string, number>();
  for (const each of familyOf(pid)) {
    const command = readFileSync(`/proc/${each}/comm`, 'utf8').trim();
    for (const task of readdirSync(`/proc/${each}/task`)) {
      try {
        const name = readFileSync(`/proc/${each}/task/${task}/comm`, 'utf8').trim();
        const stat = readFileSync(`/proc/${each}/task/${task}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const called = each === pid ? name : command;
        seconds.set(called, (seconds.get(called) ?? 0) + (Number(fields[11]) + Number(fields[12])) / 100);
      } catch {
        // Gone meanwhile.
      }
    }
  }
  return seconds;
};

/** One line: CPU a sample, and whatever else there is to say. */
export const report = (name: string, seconds: number, samples: number, more: string): void =>
  console.log(`${name.padEnd(18)} ${((1e6 * seconds) / samples).toFixed(2).padStart(7)} µs a sample  ${more}`);
