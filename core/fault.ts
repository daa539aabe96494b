/**
 * A failing world, as opposed to bad input or a bug: a service that throttles, times out or denies.
 * `retryable` says whether the same call may succeed later; `cause` is for the log, never for the caller.
 */
export class Fault extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.retryable = options.retryable;
  }
}
