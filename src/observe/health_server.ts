/**
 * A small HTTP server that tells operators how sources are: `/healthz` and `/metrics`.
 *
 * @module
 */

import { type Address, addressText } from "../address.ts";
import { errorText } from "../error_text.ts";
import { MetricQError } from "../errors.ts";
import { LimitedServer } from "../http/limited_server.ts";
import { availableAddress, isTaken } from "../listen.ts";
import { logger } from "../log.ts";
import { checkOptions, type OptionNames } from "../option_names.ts";
import { quote } from "../quote.ts";
import type { ObservedSource } from "./health.ts";
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from "./exposition.ts";

const log = logger("health");

/** Where it listens unless told otherwise: the port that OpenTelemetry has for Prometheus. */
export const DEFAULT_HEALTH_PORT = 9464;
/** The address it listens on unless told otherwise: this machine's own. */
export const DEFAULT_HEALTH_HOSTNAME = "127.0.0.1";

/** Options of a {@linkcode HealthServer}. */
export interface HealthServerOptions {
  /**
   * The sources to tell about; more can be added.
   * @default {[]}
   */
  readonly sources?: readonly ObservedSource[] | undefined;
  /**
   * The address or name to listen on. Hosts that reach it can read the numbers and the tokens of the
   * sources.
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string | undefined;
  /**
   * The port to listen on; 0 takes a free one.
   * @default {9464}
   */
  readonly port?: number | undefined;
}

const HEALTH_OPTIONS: OptionNames<HealthServerOptions> = {
  sources: true,
  hostname: true,
  port: true,
};

/**
 * Answers `/healthz` with status 200 while the `health.status` of all sources is `"connected"`, and
 * with 503 and the reasons while that of one is not; `/metrics` with the numbers of the sources in
 * Prometheus' text format. Programs that use `command` have it as their option `--health`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { HealthServer, IntervalSource } from "@metricq/source";
 *
 * class MySource extends IntervalSource {
 *   update() {}
 * }
 *
 * const source = new MySource({ token: "source-deno-example", url: "amqp://localhost/" });
 * await using health = HealthServer.start({ sources: [source], port: 0 });
 * // await source.run();
 * await health.listening;
 *
 * const response = await fetch(`${health.url}healthz`);
 * assert.equal(response.status, 503);
 * assert.equal((await response.json()).sources[0].reason, "it is not connected yet");
 * ```
 */
export class HealthServer implements AsyncDisposable {
  readonly #sources: Map<string, ObservedSource>;
  readonly #server: LimitedServer;

  /**
   * Starts a server.
   *
   * @throws {TypeError} If an option is not as required.
   * @throws {MetricQError} If it cannot listen there: another program does, or it is not permitted.
   */
  static start(options: HealthServerOptions = {}): HealthServer {
    checkOptions("serve health", options, HEALTH_OPTIONS);
    const { sources = [], hostname = DEFAULT_HEALTH_HOSTNAME, port = DEFAULT_HEALTH_PORT } =
      options;
    if (!Array.isArray(sources)) {
      throw new TypeError(
        `Cannot serve health: sources is ${quote(sources)}, a list of sources is required`,
      );
    }
    const known = new Map<string, ObservedSource>();
    for (const source of sources) known.set(requireSource(source).token, source);
    return new HealthServer(known, listen({ hostname, port }, known));
  }

  /** @ignore Made by `start`. */
  private constructor(sources: Map<string, ObservedSource>, server: LimitedServer) {
    this.#sources = sources;
    this.#server = server;
  }

  /** Where it listens, such as `"http://127.0.0.1:9464/"`. */
  get url(): string {
    return `http://${addressText(this.#server.address)}/`;
  }

  /**
   * Tells about a source as well, until that has stopped on request; one that fails is told about.
   *
   * @throws {TypeError} If it is no source.
   */
  add(source: ObservedSource): void {
    forgetStopped(this.#sources);
    this.#sources.set(requireSource(source).token, source);
  }

  /**
   * Settles when it answers, in the next turn of the event loop. In other runtimes than Deno wait for this
   * before `url` is read, if the port was 0.
   *
   * @throws {Error} If another program has begun to listen there meanwhile. The log tells, too.
   */
  get listening(): Promise<void> {
    return this.#server.listening;
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** Same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function requireSource(source: ObservedSource): ObservedSource {
  if (source?.health !== undefined && source.stats !== undefined) return source;
  throw new TypeError(`Cannot serve health: ${quote(source)} is given, a source is required`);
}

function forgetStopped(sources: Map<string, ObservedSource>): void {
  for (const [token, { health }] of sources) {
    if (health.status === "stopped") sources.delete(token);
  }
}

function listen(address: Address, sources: Map<string, ObservedSource>): LimitedServer {
  const answering = (request: Request) => {
    forgetStopped(sources);
    return answer(request, [...sources.values()]);
  };
  try {
    const available = availableAddress(address);
    const server = LimitedServer.begin({ ...available, answer: answering, onError: failed });
    server.listening.catch((error) => {
      log.error("{error}", { error: cannotListen(addressText(available), error) });
    });
    return server;
  } catch (error) {
    throw cannotListen(addressText(address), error);
  }
}

function answer(request: Request, sources: readonly ObservedSource[]): Response {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return respond("GET or HEAD is required\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { pathname } = new URL(request.url);
  if (pathname === "/healthz") return healthResponse(sources);
  if (pathname === "/metrics") {
    const headers = { "content-type": PROMETHEUS_CONTENT_TYPE };
    return respond(prometheusText(sources), { headers });
  }
  return respond("There are /healthz and /metrics\n", { status: 404 });
}

function healthResponse(sources: readonly ObservedSource[]): Response {
  const reports = sources.map(({ token, health, stats }) => {
    const { status, reason, outageSeconds } = health;
    return {
      token,
      status,
      reason,
      outageSeconds: Number(outageSeconds.toFixed(3)),
      pointsBuffered: stats.pointsBuffered,
    };
  });
  const isWell = reports.length > 0 && reports.every(({ status }) => status === "connected");
  const report = {
    status: isWell ? "ok" : "unavailable",
    reason: reports.length === 0 ? "there is no source yet" : undefined,
    sources: reports,
  };
  return respond(`${JSON.stringify(report, undefined, 2)}\n`, {
    status: isWell ? 200 : 503,
    headers: { "content-type": "application/json" },
  });
}

function respond(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-content-type-options", "nosniff");
  return response;
}

function failed(error: unknown): Response {
  log.error("Cannot answer a request: {error}", { error });
  return respond("Cannot answer: see the log\n", { status: 500 });
}

function cannotListen(address: string, cause: unknown): MetricQError {
  const action = `Cannot serve health on ${address}`;
  if (isTaken(cause)) {
    return new MetricQError(
      `${action}: another program listens there, a free address is required`,
    );
  }
  const reason = errorText(cause);
  return new MetricQError(`${action}: ${reason}`, { cause });
}
