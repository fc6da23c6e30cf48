// What a browser's maker runs, and houses send to: here it only says that all went well, or what it is told to say.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A push service: says 201 to all that comes, and remembers for whom it was. */
export class Service {
  readonly came: string[] = [];
  status = 201;
  private constructor(private readonly server: Server) {}

  static async open(): Promise<Service> {
    const server = createServer();
    const service = new Service(server);
    server.on('request', (asked, answer) => {
      asked.resume().on('end', () => {
        service.came.push(asked.url!);
        answer.writeHead(service.status).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return service;
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}
