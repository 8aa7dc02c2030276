/**
 * A real RabbitMQ for tests: Debian's package, run as a private node. `METRICQ_RABBITMQ_BIN` in the
 * environment names the folder with the scripts of another one, such as a later version.
 *
 * Nothing is shared with a RabbitMQ that the machine may run already: ports, folders, cookie and even
 * Erlang's name server (epmd) are the node's own, all on loopback.
 *
 * @module
 */

import { dirname } from "node:path";
import { environmentVariable } from "../../src/cli/environment.ts";
import { LineProgram } from "./line_program.ts";
import { boundCommand, endProcess, freePort } from "./process.ts";

const BIN = environmentVariable("METRICQ_RABBITMQ_BIN") ?? "/usr/lib/rabbitmq/bin";

/** The program whose presence means that a RabbitMQ is installed. */
export const RABBITMQ_SERVER = `${BIN}/rabbitmq-server`;

/** How a private node is set up. */
export interface RabbitMqOptions {
  /** Further lines of `rabbitmq.conf`, such as those of a TLS listener on a `freePort()`. */
  readonly config?: readonly string[];
  /** The node's name, without `@localhost`. Default `"metricq"`. */
  readonly name?: string;
  /** Where it finds other nodes, and is found by them. Default: a home of its own. */
  readonly home?: ErlangHome;
}

/** All that `rabbitmqctl` and clients have to know about a node; plain data, so that it can be saved. */
export interface RabbitMqNode {
  /** AMQP URL of the vhost `/`, with the password. */
  readonly url: string;
  /** The node's name, without `@localhost`. */
  readonly name: string;
  /** The folder with the node's files. */
  readonly folder: string;
  /** Port of its epmd. */
  readonly epmdPort: number;
  /** Port on which Erlang nodes, so also `rabbitmqctl`, talk to each other. */
  readonly distPort: number;
}

// Erlang tries all folders of its search path for each module, and RabbitMQ puts those of 50 plugins
// that nothing here uses first: half of the processor time of a start. Erlang runs this file.
const SEARCH_ORDER = `Path = code:get_path().
Often = [Folder || Name <- ["rabbit", "rabbit_common", "kernel", "stdlib", "ssl", "inets", "compiler",
  "ra", "xmerl", "mnesia", "cuttlefish", "rabbitmq_prelaunch", "sasl", "ranch"],
  Folder <- Path, string:find(Folder, "/" ++ Name ++ "-") =/= nomatch].
code:set_path(Often ++ (Path -- Often)).
`;

/** The plugins without which RabbitMQ does not start; it is one of them. */
const REQUIRED_PLUGIN = /^(rabbit|rabbit_common|rabbitmq_prelaunch)-/;

/** What nodes that are to know each other have in common: a folder with their cookie, and an epmd. */
export class ErlangHome implements AsyncDisposable {
  /** The folder with the files of all nodes. */
  readonly folder: string;
  /** The port of epmd. */
  readonly epmdPort: number = freePort();
  readonly #epmd: Deno.ChildProcess;

  private constructor(folder: string) {
    this.folder = folder;
    // In the foreground and as our own child, so that it can be ended by its process id. The epmd
    // that Erlang starts by itself is a daemon which stays.
    this.#epmd = boundCommand("epmd", ["-port", `${this.epmdPort}`, "-address", "127.0.0.1"], {
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Makes the folder and starts epmd. */
  static async make(): Promise<ErlangHome> {
    const folder = await Deno.makeTempDir({ prefix: "metricq-rabbitmq-" });
    await Deno.writeTextFile(`${folder}/enabled_plugins`, "[].\n");
    await Deno.writeTextFile(`${folder}/.erlang`, SEARCH_ORDER);
    await linkRequiredPlugins(`${folder}/plugins`);
    return new ErlangHome(folder);
  }

  /** Ends epmd and removes the folder. A second call does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#epmd, "SIGKILL");
    await Deno.remove(this.folder, { recursive: true }).catch(ignoreNotFound);
  }
}

/**
 * A private RabbitMQ node. It lives from `start` until `stop`, or until the scope of `await using`
 * is left; `kill` and `restart` may come in between, and durable queues survive them.
 *
 * Starting takes about five seconds: a test that neither stops the broker nor changes its
 * configuration takes a vhost of the shared one instead, see `sharedBroker`.
 */
export class RabbitMq implements AsyncDisposable {
  /** Where the node is. */
  readonly node: RabbitMqNode;
  // Its home, unless it was given one, which outlives it.
  readonly #parts: AsyncDisposableStack;
  #server: LineProgram | undefined;

  private constructor(node: RabbitMqNode, parts: AsyncDisposableStack) {
    this.node = node;
    this.#parts = parts;
  }

  /** Starts a node and waits until it accepts AMQP connections. */
  static async start(options: RabbitMqOptions = {}): Promise<RabbitMq> {
    await using parts = new AsyncDisposableStack();
    const { config = [], name = "metricq" } = options;
    const { folder, epmdPort } = options.home ?? parts.use(await ErlangHome.make());
    const port = freePort();
    await Deno.writeTextFile(
      `${folder}/${name}.conf`,
      [`listeners.tcp.local = 127.0.0.1:${port}`, ...config, ""].join("\n"),
    );
    const url = `amqp://guest:guest@127.0.0.1:${port}/`;
    const node = { url, name, folder, epmdPort, distPort: freePort() };
    const rabbitMq = new RabbitMq(node, parts.move());
    try {
      await rabbitMq.#startServer();
    } catch (error) {
      await rabbitMq.stop();
      throw error;
    }
    return rabbitMq;
  }

  /** AMQP URL of the vhost `/`, with the password. */
  get url(): string {
    return this.node.url;
  }

  /** Runs `rabbitmqctl` on the node and returns what it prints. */
  ctl(...args: string[]): Promise<string> {
    return rabbitmqctl(this.node, ...args);
  }

  /** Evaluates an Erlang expression on the node, which is much cheaper than `rabbitmqctl`. */
  evaluate(expression: string): Promise<string> {
    return evaluate(this.node, expression);
  }

  /** Kills the node (-9), as a power cut would. `restart` brings it back. */
  async kill(): Promise<void> {
    await this.#endServer("SIGKILL");
  }

  /** Starts the node again, on its ports and data; if it still runs, after an orderly shutdown. */
  async restart(): Promise<void> {
    await this.#endServer("SIGTERM");
    await this.#startServer();
  }

  /** Ends the node and removes all its files. A second call does nothing. */
  async stop(): Promise<void> {
    // Killed, because an orderly shutdown takes seconds and nothing of it is kept.
    await this.#endServer("SIGKILL");
    await this.#parts.disposeAsync();
  }

  /** Same as `stop`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startServer(): Promise<void> {
    const { name, folder, distPort } = this.node;
    const command = boundCommand(RABBITMQ_SERVER, [], {
      cwd: folder, // where Erlang leaves a dump when it crashes
      clearEnv: true,
      env: {
        ...environment(this.node),
        RABBITMQ_DIST_PORT: `${distPort}`,
        RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
        RABBITMQ_LOG_BASE: `${folder}/log`,
        RABBITMQ_CONFIG_FILE: `${folder}/${name}.conf`,
        RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
        RABBITMQ_PLUGINS_DIR: `${folder}/plugins`,
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-start_epmd false " + LOOPBACK_ONLY,
        // Makes the script become Erlang instead of waiting for it, so that killing the child kills
        // the node.
        RUNNING_UNDER_SYSTEMD: "true",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const printed: string[] = [];
    let isUp = false;
    const server = new LineProgram(command, (line) => {
      if (!isUp) printed.push(line);
      isUp ||= line.includes("completed with");
    });
    this.#server = server;
    await server.waitFor(() => isUp || undefined).catch((error) => {
      throw new Error(`Cannot start RabbitMQ: ${printed.join("\n")}\n${error.message}`);
    });
    await greet(new URL(this.url));
  }

  async #endServer(signal: Deno.Signal): Promise<void> {
    await this.#server?.kill(signal);
    this.#server = undefined;
  }
}

/** Runs `rabbitmqctl` on a node and returns what it prints; throws an `Error` with it on failure. */
export async function rabbitmqctl(node: RabbitMqNode, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(`${BIN}/rabbitmqctl`, {
    args: ["--quiet", ...args],
    clearEnv: true,
    env: { ...environment(node), RABBITMQ_CTL_ERL_ARGS: LOOPBACK_ONLY },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  throw new Error(
    `Cannot run rabbitmqctl ${args.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`,
  );
}

/** Evaluates an Erlang expression on a node and returns its value as `erl_call` writes it. */
export async function evaluate(node: RabbitMqNode, expression: string): Promise<string> {
  await using process = new Deno.Command("erl_call", {
    // With a name of its own, as a node lets no second one in of the same name.
    args: ["-address", `127.0.0.1:${node.distPort}`, "-h", crypto.randomUUID(), "-e"],
    clearEnv: true,
    env: environment(node),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = process.output();
  // It does not read where there is no node, and its output tells so.
  await new Blob([`${expression}.\n`]).stream().pipeTo(process.stdin).catch(() => {});
  const { stdout, stderr } = await output;
  const text = new TextDecoder().decode(stdout);
  const [, value] = /^\{ok, (.*)\}$/s.exec(text.trim()) ?? [];
  if (value !== undefined) return value;
  throw new Error(`Cannot evaluate ${expression}: ${text}${new TextDecoder().decode(stderr)}`);
}

const LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}";

function environment({ name, folder, epmdPort }: RabbitMqNode): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    // Erlang keeps the cookie there, by which nodes and rabbitmqctl trust each other.
    HOME: folder,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: `${epmdPort}`,
    RABBITMQ_NODENAME: `${name}@localhost`,
    // Names no file: that of the machine would apply otherwise.
    RABBITMQ_CONF_ENV_FILE: `${folder}/rabbitmq-env.conf`,
  };
}

/** Says hello in AMQP and waits for the first frame of the answer. */
async function greet({ hostname, port }: URL): Promise<void> {
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode("AMQP\x00\x00\x09\x01"));
  const type = new Uint8Array(1);
  await connection.read(type);
  if (type[0] !== 1) throw new Error("Cannot start RabbitMQ: it listens but does not speak AMQP");
}

async function linkRequiredPlugins(folder: string): Promise<void> {
  const all = `${dirname(dirname(await Deno.realPath(RABBITMQ_SERVER)))}/plugins`;
  await Deno.mkdir(folder);
  for await (const { name } of Deno.readDir(all)) {
    if (REQUIRED_PLUGIN.test(name)) await Deno.symlink(`${all}/${name}`, `${folder}/${name}`);
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
