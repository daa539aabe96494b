declare module 'statsd-client' {
  export default class StatsDClient {
    constructor(options: { host: string; tags?: Record<string, string>; socketTimeout?: number });
    increment(name: string, delta?: number, tags?: Record<string, string>): void;
    gauge(name: string, value: number, tags?: Record<string, string>): void;
    timing(name: string, milliseconds: number, tags?: Record<string, string>): void;
    close(): void;
  }
}
