// A Roomful of our own, for tests and measurements: a free port, a database in a temporary folder,
// nothing of it left behind, and never the one in data/.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The first start makes a database and, without optimisation, takes its time on a busy machine. */
const START_MS = 30_000;
/** The server promises to be gone within 10 s of being asked. */
const STOP_MS = 12_000;

export const PASSWORD = 'a lamp in the window';

/** Fills rooms behind the server's back; built beside the tests. */
const FILL = resolve(ROOT, 'target/debug/examples/fill');

/** The program under test. */
export const PROGRAM = resolve(ROOT, process.env.ROOMFUL_BIN ?? 'target/debug/roomful');

export class House {
  /** Everything the server has printed so far, over all of its starts. */
  output = '';
  /** Chosen by the system at the first start, and kept. */
  port = 0;
  #folder = '';
  #settings;
  /** @type {import('node:child_process').ChildProcess | null} */
  #server = null;
  #wake = new Set();

  /** @param {Record<string, string>} settings environment variables of the server */
  constructor(settings = {}) {
    this.#settings = settings;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get #env() {
    return {
      PATH: process.env.PATH,
      HOME: this.#folder,
      ROOMFUL_ADDR: `127.0.0.1:${this.port}`,
      ROOMFUL_DATABASE_URL: `sqlite:${join(this.#folder, 'roomful.db')}`,
      ROOMFUL_MESSAGE_RATE: 'off',
      ROOMFUL_CONNECTIONS_PER_ADDRESS: '0',
      ROOMFUL_LOG: 'warn',
      ...this.#settings,
    };
  }

  /** Starts the server, on the same port and database as before, and waits until it listens. */
  async start() {
    this.#folder ||= await mkdtemp(join(tmpdir(), 'roomful-'));
    const from = this.output.length;
    const server = spawn(PROGRAM, ['serve'], { cwd: this.#folder, env: this.#env });
    this.#server = server;
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => this.#heard(text));
    }
    const failed = new Promise((_, no) => {
      server.once('error', no);
      server.once('exit', (code, signal) => {
        if (this.#server === server) this.#heard(`(the server ended unasked: ${signal ?? code})\n`);
        no(new Error(`the server ended (${signal ?? code}):\n${this.output}`));
      });
    });
    failed.catch(() => {});
    const [, port] = await Promise.race([
      this.#line(/Roomful is at http:\/\/127\.0\.0\.1:(\d+)/, from, START_MS),
      failed,
    ]);
    this.port = Number(port);
  }

  /** Ends the server; with SIGKILL it has no chance to say good-bye. */
  async stop(signal = 'SIGTERM') {
    const server = this.#server;
    this.#server = null;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((done) => server.once('exit', done));
    server.kill(signal);
    const late = setTimeout(() => {
      this.#heard('(the server did not end when it was asked to)\n');
      server.kill('SIGKILL');
    }, STOP_MS);
    await gone;
    clearTimeout(late);
  }

  async restart(signal = 'SIGTERM') {
    await this.stop(signal);
    await this.start();
  }

  /** Ends the server and removes its folder. */
  async close() {
    await this.stop('SIGKILL');
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  /** The one-time link that a house without users prints. */
  async setUpLink() {
    const [, link] = await this.#line(/Set up the house: (\S+)/, 0, START_MS);
    return link;
  }

  /** Runs a command of the program on this database; resolves to what it prints. */
  command(args, input = '') {
    return new Promise((done, no) => {
      const child = spawn(PROGRAM, args, { cwd: this.#folder, env: this.#env });
      let output = '';
      let errors = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
      child.once('error', no);
      child.once('exit', (code) => {
        if (code === 0) done(output.trim());
        else no(new Error(`roomful ${args.join(' ')}: ${errors || output || code}`));
      });
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
  }

  /** Makes an account beside the running server. */
  async addUser(name, { admin = false, password = PASSWORD } = {}) {
    await this.command(
      ['user', 'add', name, '--password-stdin', ...(admin ? ['--admin'] : [])],
      `${password}\n`,
    );
  }

  /**
   * Puts so many messages into a room, said in turn by whoever is there, as if they had been said, a
   * minute or `apart` milliseconds from each other, the last of them now.
   */
  fill(room, messages, apart = 60_000) {
    const database = join(this.#folder, 'roomful.db');
    return new Promise((done, no) => {
      const child = spawn(FILL, [database, room, String(messages), String(apart)], { stdio: 'inherit' });
      child.once('error', no);
      child.once('exit', (code) => (code === 0 ? done() : no(new Error(`fill ${room}: ${code}`))));
    });
  }

  /** A token for programs. */
  addToken(name) {
    return this.command(['token', 'add', '--user', name]);
  }

  #heard(text) {
    this.output += text;
    for (const look of this.#wake) look();
  }

  /** The first match in what the server prints from `from` on. */
  #line(pattern, from, patience) {
    return new Promise((done, no) => {
      const look = () => {
        const match = pattern.exec(this.output.slice(from));
        if (!match) return;
        this.#wake.delete(look);
        clearTimeout(late);
        done(match);
      };
      const late = setTimeout(() => {
        this.#wake.delete(look);
        no(new Error(`the server never printed ${pattern}:\n${this.output}`));
      }, patience);
      this.#wake.add(look);
      look();
    });
  }
}
