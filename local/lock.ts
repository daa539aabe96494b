import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Complaint } from './complaint.ts';

/** Takes a data folder for this process alone; answers how to give it back. */
export const lockFolder = (folder: string): (() => void) => {
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Complaint(
      `cannot write to the data folder ${folder} (${(error as NodeJS.ErrnoException).code}): set SLUICE_DATA to a folder that you may write to`,
    );
  }
  const file = join(folder, 'lock');
  for (let tries = 0; ; tries += 1) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST')
        throw new Complaint(
          `cannot write to the data folder ${folder} (${code}): set SLUICE_DATA to a folder that you may write to`,
        );
      const pid = Number(readFileSync(file, 'utf8'));
      if (tries > 0 || isCollector(pid)) {
        throw new Complaint(
          `another collector (process ${pid}) uses ${folder}: stop it, or set SLUICE_DATA to another folder`,
        );
      }
      // Left by a process that was killed.
      rmSync(file, { force: true });
    }
  }
};

/** Folder by folder: the recursive mkdir of Node 24 never ends where a parent exists and takes no children (/proc). */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
};

/** Whether a process lives that may be a collector: a number that was given to another program since is not one. */
const isCollector = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (pid === process.pid) return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return true;
  }
};
