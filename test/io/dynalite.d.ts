declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** An embedded DynamoDB in JavaScript; `path` keeps its data in a folder. */
  export default function dynalite(options: {
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }): Server;
}
