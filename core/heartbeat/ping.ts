import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';

/** What a job says of its run: `/ping/<heartbeat>[/start|/fail|/log|/<exit code>]` (healthchecks.io's addresses). */
export type Ping = {
  readonly job: string;
  readonly kind: 'success' | 'start' | 'fail' | 'log';
  readonly exitCode?: number;
  readonly runId?: string;
};

/** What pings left on a heartbeat's row. */
export type Run = {
  readonly lastAcceptMs?: number | undefined;
  /** A run that began and did not end. */
  readonly startedMs?: number | undefined;
  readonly runId?: string | undefined;
  readonly failedMs?: number | undefined;
  readonly failedDetail?: string | undefined;
  readonly paused?: boolean | undefined;
  /** Only a person resumes it: pings of a paused one say nothing. */
  readonly manualResume?: boolean | undefined;
};

const bad = (reason: string): Read<undefined> => ({ value: undefined, rejects: [{ code: 'bad_ping', reason }] });

/** Reads the address of a ping. An exit code of 0 is a success and every other one, up to 255, a failure. */
export const readPing = (path: string, runId: string | undefined): Read<Ping | undefined> => {
  const [, ping, name = '', verb, ...more] = path.split('/');
  if (ping !== 'ping' || name === '' || more.length > 0) return bad('invalid url format');
  let job: string;
  try {
    job = decodeURIComponent(name);
  } catch {
    return bad('invalid url format');
  }
  if (runId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(runId))
    return bad('invalid uuid format');
  const run = runId === undefined ? {} : { runId };
  if (verb === undefined || verb === '') return { value: { job, kind: 'success', ...run }, rejects: [] };
  if (verb === 'start' || verb === 'fail' || verb === 'log') return { value: { job, kind: verb, ...run }, rejects: [] };
  if (!/^[0-9]{1,3}$/.test(verb) || Number(verb) > 255) return bad('invalid url format');
  const exitCode = Number(verb);
  return { value: { job, kind: exitCode === 0 ? 'success' : 'fail', exitCode, ...run }, rejects: [] };
};

/**
 * The run after a ping at `atMs`, and how long it took where its start is known. A success of another run leaves the start,
 * one that names no run ends whatever runs; a failure always does. A log changes nothing. Whoever is paused is resumed by
 * what he says, unless that is left to people.
 */
export const pingedAt = (
  before: Run,
  { kind, runId }: Ping,
  atMs: number,
  detail: string,
): { readonly run: Run; readonly durationMs?: number } => {
  if (kind === 'log' || (before.paused && before.manualResume)) return { run: before };
  const run: Run = before.paused ? { ...before, paused: false } : before;
  if (kind === 'start') return { run: { ...run, startedMs: atMs, runId } };
  const isSameRun = run.runId === runId;
  const took = run.startedMs !== undefined && isSameRun ? { durationMs: atMs - run.startedMs } : {};
  const ended = { ...run, startedMs: undefined, runId: undefined };
  if (kind === 'fail')
    return { run: { ...ended, failedMs: atMs, failedDetail: detail.slice(0, limits.pingDetailChars) }, ...took };
  const heard = { lastAcceptMs: Math.max(atMs, run.lastAcceptMs ?? atMs) };
  return { run: isSameRun || runId === undefined ? { ...ended, ...heard } : { ...run, ...heard }, ...took };
};
