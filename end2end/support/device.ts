// A device of somebody's own: a browser whose profile lasts, in which the house can be installed; and the
// house as another release would serve it.
import { chromium, type BrowserContext } from '@playwright/test';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common } from '../playwright.config.ts';
import type { Guard } from './guard.ts';

/** A browser with a profile on the disk. In one of Playwright's own contexts, nothing can be installed. */
export class Device {
  private constructor(
    readonly context: BrowserContext,
    private readonly folder: string,
  ) {}

  static async new(guard: Guard): Promise<Device> {
    const folder = await mkdtemp(join(tmpdir(), 'roomful-device-'));
    const { launchOptions, locale, timezoneId } = common.use!;
    const context = await chromium.launchPersistentContext(folder, {
      ...launchOptions,
      locale,
      timezoneId,
      viewport: { width: 1440, height: 900 },
      serviceWorkers: 'allow',
    });
    guard.watch(context, true);
    return new Device(context, folder);
  }

  async close() {
    await this.context.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A way to the house that may change what it answers, as a proxy before it does. */
export class Gate {
  /** Serves the worker of another release than the house's. */
  renewed = false;
  /** Browsers on plain http do not obey this; so it is taken out. */
  keepsSiteData = false;
  /** Nothing behind it answers. */
  down = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly port: () => number,
  ) {}

  static async to(house: { port: number }): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server, () => house.port);
    server.on('request', (asked, answer) => gate.pass(asked, answer));
    server.on('upgrade', (asked: IncomingMessage, near: Socket, head: Buffer) => gate.upgrade(asked, near, head));
    server.on('connection', (socket) => {
      gate.sockets.add(socket);
      socket.on('close', () => gate.sockets.delete(socket));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private pass(asked: IncomingMessage, answer: import('node:http').ServerResponse) {
    if (this.down) {
      answer.writeHead(502, { 'content-type': 'text/plain' }).end('Bad Gateway\n');
      return;
    }
    const { method, url, headers } = asked;
    const onward = request({ port: this.port(), host: '127.0.0.1', method, path: url, headers }, (from) => {
      const said = { ...from.headers };
      if (this.keepsSiteData) delete said['clear-site-data'];
      // Another release: the page and the worker both bear its name.
      const changed = this.renewed && from.statusCode === 200 && (url === '/sw.js' || /^text\/html/.test(said['content-type'] ?? ''));
      if (!changed) {
        answer.writeHead(from.statusCode!, said);
        from.pipe(answer);
        return;
      }
      const parts: Buffer[] = [];
      from.on('data', (part: Buffer) => parts.push(part));
      from.on('end', () => {
        const text = Buffer.concat(parts).toString()
          .replace(/"version":"\w+"/, '"version":"another"')
          .replace(/ data-release="\w+"/, ' data-release="another"');
        delete said['content-length'];
        delete said.etag;
        answer.writeHead(200, said).end(text);
      });
    });
    if (this.renewed) onward.removeHeader('accept-encoding');
    if (this.renewed) onward.removeHeader('if-none-match');
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  }

  private upgrade(asked: IncomingMessage, near: Socket, head: Buffer) {
    if (this.down) {
      near.destroy();
      return;
    }
    const far = connect(this.port(), '127.0.0.1', () => {
      const lines = [`${asked.method} ${asked.url} HTTP/1.1`];
      for (let at = 0; at < asked.rawHeaders.length; at += 2) lines.push(`${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}`);
      far.write(`${lines.join('\r\n')}\r\n\r\n`);
      far.write(head);
      far.pipe(near);
      near.pipe(far);
    });
    this.sockets.add(far);
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }
}
