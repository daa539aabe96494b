import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody who is scraped: a page that moves, and that can go away and come back on its port. */
export class Shop {
  readonly #port: number;
  #server: Server | undefined;
  #orders = 0;

  private constructor(port: number) {
    this.#port = port;
  }

  static async open(): Promise<Shop> {
    const server = createServer();
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise(done => server.close(done));
    const shop = new Shop(port);
    await shop.up();
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/metrics`;
  }

  get instance(): string {
    return `127.0.0.1:${this.#port}`;
  }

  #page(): string {
    this.#orders += 3 + Math.round(2 * Math.sin(this.#orders / 20));
    const routes = ['/', '/cart', '/pay'].map(
      (route, at) =>
        `http_requests_total{route="${route}",code="200"} ${this.#orders * (3 - at)}\nhttp_requests_total{route="${route}",code="500"} ${Math.floor(this.#orders / (9 * (at + 1)))}`,
    );
    return `# HELP orders_total Orders that were paid.\n# TYPE orders_total counter\norders_total ${this.#orders}\n# TYPE http_requests_total counter\n${routes.join('\n')}\n# TYPE queue_length gauge\nqueue_length ${this.#orders % 17}\n`;
  }

  async up(): Promise<void> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(this.#page());
    });
    await new Promise<void>(done => server.listen(this.#port, '127.0.0.1', done));
    this.#server = server;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise(done => server.close(done));
    server.closeAllConnections();
    await closed;
  }
}
