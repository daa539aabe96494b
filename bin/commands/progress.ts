import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Where a long piece of work stands, beside the file it is about: whoever starts it again goes on from there. */
export class Bookmark<T extends object> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = `${file}.sluice-progress`;
  }

  /** Undefined where nothing was begun, or what stands there cannot be read. */
  read(): T | undefined {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as T;
    } catch {
      return undefined;
    }
  }

  /** Replaces it whole. */
  write(mark: T): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(mark));
    renameSync(`${this.#file}.new`, this.#file);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Tells on stderr how far one is: a line that moves in a terminal, and a line now and then elsewhere. */
export const telling = (): { readonly tell: (share: number, text: string) => void; readonly end: () => void } => {
  const isTerminal = process.stderr.isTTY;
  const beganMs = Date.now();
  let toldMs = 0;
  return {
    tell: (share, text) => {
      const nowMs = Date.now();
      if (nowMs - toldMs < (isTerminal ? 200 : 5_000)) return;
      toldMs = nowMs;
      const left = share > 0.01 ? `, ${Math.ceil((((nowMs - beganMs) / share) * (1 - share)) / 1_000)} s left` : '';
      const line = `${Math.floor(share * 100)} %  ${text}${left}`;
      process.stderr.write(isTerminal ? `\r${line}\x1b[K` : `${line}\n`);
    },
    end: () => {
      if (isTerminal) process.stderr.write('\r\x1b[K');
    },
  };
};

/** Whether Ctrl-C was pressed once: what is at work is ended properly. A second one ends at once. */
export const untilInterrupted = (): { readonly isInterrupted: () => boolean; readonly done: () => void } => {
  let interrupted = false;
  const stop = (): void => {
    if (interrupted) process.exit(130);
    interrupted = true;
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    isInterrupted: () => interrupted,
    done: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
};
