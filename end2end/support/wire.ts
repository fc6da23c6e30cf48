import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

type Line = { near: Socket; far: Socket; webSocket: boolean };

/**
 * A wire between a browser and the house that can be cut in the ways in which wires are cut. It
 * passes bytes and changes none of them.
 */
export class Wire {
  private readonly lines = new Set<Line>();
  /** All that were ever opened: some are in no line, because a browser opens spare ones. */
  private readonly sockets = new Set<Socket>();
  /** What hangs, except sockets. */
  private readonly waiting = new Set<Socket>();
  private readonly server: Server;
  private mode: 'whole' | 'dropped' | 'hung' | 'pages only' = 'whole';

  private constructor(private readonly port: () => number) {
    this.server = createServer((near) => this.accept(near));
  }

  static async to(house: { port: number }): Promise<Wire> {
    const wire = new Wire(() => house.port);
    await new Promise<void>((done) => wire.server.listen(0, '127.0.0.1', done));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, and no new one comes about. */
  drop() {
    this.mode = 'dropped';
    for (const line of this.lines) this.reset(line);
  }

  /**
   * Nothing passes any more and nobody is told: what a router does that has forgotten the connection.
   * A WebSocket that is open now stays dead even when the wire is whole again.
   */
  hang() {
    this.mode = 'hung';
    for (const { near, far, webSocket } of this.lines) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
      if (!webSocket) this.waiting.add(near);
    }
    this.lines.clear();
  }

  /** Pages load, sockets do not: what a proxy does that was never told of WebSockets. */
  pagesOnly() {
    this.mode = 'pages only';
    for (const line of this.lines) if (line.webSocket) this.reset(line);
  }

  /** New connections pass. Requests that hung are broken off, or a page would wait for them for minutes. */
  heal() {
    this.mode = 'whole';
    for (const near of this.waiting) near.resetAndDestroy();
    this.waiting.clear();
  }

  async close() {
    this.drop();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private accept(near: Socket) {
    this.keep(near);
    if (this.mode === 'dropped') {
      near.resetAndDestroy();
      return;
    }
    // The first bytes tell what it is: browsers give each WebSocket a connection of its own.
    near.once('data', (first) => {
      const webSocket = /^upgrade: *websocket/im.test(first.toString('latin1'));
      if (this.mode === 'hung') {
        near.pause();
        if (!webSocket) this.waiting.add(near);
        return;
      }
      if (this.mode === 'dropped' || (webSocket && this.mode === 'pages only')) {
        near.resetAndDestroy();
        return;
      }
      const far = connect(this.port(), '127.0.0.1');
      this.keep(far);
      const line = { near, far, webSocket };
      this.lines.add(line);
      far.on('error', () => this.reset(line));
      near.on('error', () => this.reset(line));
      near.on('close', () => this.lines.delete(line));
      far.setNoDelay(true);
      near.setNoDelay(true);
      far.write(first);
      near.pipe(far);
      far.pipe(near);
    });
  }

  private keep(socket: Socket) {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  private reset(line: Line) {
    this.lines.delete(line);
    line.near.resetAndDestroy();
    line.far.resetAndDestroy();
  }
}
