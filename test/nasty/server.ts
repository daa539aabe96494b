import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Behaviour } from './behaviour.ts';
import { pages } from './pages.ts';
import { wire } from './wire.ts';

export const behaviours: readonly Behaviour[] = [...wire, ...pages];

export const pathOf = ({ name }: Pick<Behaviour, 'name'>): string => `/${encodeURI(name)}`;

/** Serves each behaviour under its own path. */
export const startNasty = async (): Promise<{ readonly port: number; readonly stop: () => void }> => {
  const byPath = new Map(behaviours.map(each => [pathOf(each), each]));
  const server = createServer((request, response) => {
    const behaviour = byPath.get(request.url ?? '');
    if (behaviour === undefined) response.writeHead(404).end();
    else behaviour.serve(response, request.socket);
  });
  server.on('connection', socket => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
