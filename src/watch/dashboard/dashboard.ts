/**
 * A page that shows a network live, and sends configurations.
 *
 * @module
 */

import { bracketed } from "../../address.ts";
import { errorText } from "../../error_text.ts";
import { type Accept, LimitedServer } from "../../http/limited_server.ts";
import { listeningAt, requireLoopback } from "../../listen.ts";
import { logger } from "../../log.ts";
import { clockOrSystem, type MonotonicClock } from "../../time/clock.ts";
import type { NetworkView } from "../view/network_view.ts";
import { readAsset } from "./assets.ts";
import { checkOptions, type OptionNames } from "../../option_names.ts";
import { answerConfiguration, answerHistory } from "./configuration_request.ts";
import { answerExport } from "./export_points.ts";
import { LiveSession } from "./live_session.ts";
import { answerCheck, answerSchema } from "./schema_request.ts";
import { refuseHost, refuseOrigin } from "./request_guard.ts";

/** How a dashboard is started. */
export interface DashboardOptions {
  /** What it shows. */
  readonly view: NetworkView;
  /**
   * The address to listen on.
   * @default {"127.0.0.1"}
   */
  readonly hostname?: string | undefined;
  /**
   * The port to listen on; 0 takes a free one.
   * @default {0}
   */
  readonly port?: number | undefined;
  /**
   * Whether an address that other machines can reach is accepted.
   * @default {false}
   */
  readonly allowRemote?: boolean | undefined;
  /**
   * The clock of the updates.
   * @default {systemClock}
   */
  readonly clock?: MonotonicClock | undefined;
}

const DASHBOARD_OPTIONS: OptionNames<DashboardOptions> = {
  view: true,
  hostname: true,
  port: true,
  allowRemote: "boolean",
  clock: true,
};

// The page loads and runs only files of this server, and no other page can frame it.
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** What the page posts, by the path. */
const POSTS = new Map([["/configuration", answerConfiguration], ["/check", answerCheck]]);

/**
 * A running dashboard. It runs until `stop`, or until `await using` leaves its block.
 *
 * It answers only requests to its own name and port, and accepts WebSockets and configurations only
 * from its own page: other pages in the same browser can neither read nor change anything.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Dashboard, DevNetwork } from "@metricq/source/dev";
 *
 * await using network = await DevNetwork.start();
 * await using dashboard = await Dashboard.start({ view: network.view });
 *
 * const page = await fetch(dashboard.url); // or open it in a browser
 * assert.match(await page.text(), /<title>MetricQ</);
 * ```
 */
export class Dashboard implements AsyncDisposable {
  readonly #hostname: string;
  readonly #server: LimitedServer;
  readonly #stop: AbortController;

  /**
   * Starts a dashboard.
   *
   * @throws {TypeError} If the address is not the machine's own and `allowRemote` is not set.
   * @throws {Deno.errors.AddrInUse} If another program listens on the port.
   */
  static async start(options: DashboardOptions): Promise<Dashboard> {
    checkOptions("start a dashboard", options, DASHBOARD_OPTIONS);
    const { view, hostname = "127.0.0.1", port = 0, allowRemote = false } = options;
    if (!allowRemote) requireLoopback("dashboard", hostname);
    const clock = clockOrSystem(options.clock);
    const stop = new AbortController();
    const shown: Shown = { view, clock, hostname, signal: stop.signal };
    const address = { hostname, port };
    const server = await listeningAt("dashboard", address, () =>
      LimitedServer.start({
        ...address,
        clock,
        answer: (request, { port }) => answer(request, shown, port),
        upgrade: (request, { port }) => openSession(request, shown, port),
        onError: failed,
      }));
    return new Dashboard(hostname, server, stop);
  }

  /** @ignore Made by `start`. */
  private constructor(hostname: string, server: LimitedServer, stop: AbortController) {
    this.#hostname = hostname;
    this.#server = server;
    this.#stop = stop;
  }

  /** The address of the page. */
  get url(): string {
    return `http://${bracketed(this.#hostname).toLowerCase()}:${this.#server.address.port}/`;
  }

  /** Closes the pages' connections and stops listening. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#server.stop();
  }

  /** Stops the dashboard. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** What is shown, and where. */
interface Shown {
  readonly view: NetworkView;
  readonly clock: MonotonicClock;
  readonly hostname: string;
  /** Ends the pages' connections. */
  readonly signal: AbortSignal;
}

async function answer(
  request: Request,
  { view, hostname }: Shown,
  port: number,
): Promise<Response> {
  const refusal = refuseHost(request, { hostname, port });
  if (refusal !== undefined) return withHeaders(new Response(refusal, { status: 403 }));
  return withHeaders(await answerPath(new URL(request.url), request, view));
}

async function answerPath(url: URL, request: Request, view: NetworkView): Promise<Response> {
  const { pathname } = url;
  const answerPost = POSTS.get(pathname);
  if (answerPost !== undefined) {
    if (request.method !== "POST") return notAllowed("POST");
    const refusal = refuseOrigin(request);
    if (refusal !== undefined) return new Response(refusal, { status: 403 });
    return await answerPost(request, view);
  }
  if (request.method !== "GET" && request.method !== "HEAD") return notAllowed("GET, HEAD");
  if (pathname === "/live") return answerLive(request);
  if (pathname === "/schema") return await answerSchema(url, view);
  if (pathname === "/history") return await answerHistory(url, view);
  if (pathname === "/export") return answerExport(url, view);
  const asset = await readAsset(pathname);
  if (asset === undefined) return new Response(`There is no ${pathname}`, { status: 404 });
  return new Response(asset.text, { headers: { "content-type": asset.contentType } });
}

/** What wants a WebSocket does not come here. */
function answerLive(request: Request): Response {
  const refusal = refuseOrigin(request);
  if (refusal !== undefined) return new Response(refusal, { status: 403 });
  const headers = { upgrade: "websocket" };
  return new Response("A WebSocket is required", { status: 426, headers });
}

/** Opens the live connection of a page. */
function openSession(request: Request, shown: Shown, port: number): Accept {
  const { view, clock, hostname, signal } = shown;
  const refusal = refuseHost(request, { hostname, port }) ?? refuseOrigin(request);
  if (refusal !== undefined) return withHeaders(new Response(refusal, { status: 403 }));
  const { pathname } = new URL(request.url);
  if (pathname !== "/live") {
    return withHeaders(new Response(`There is no ${pathname}`, { status: 404 }));
  }
  return (socket) => void new LiveSession(socket, { view, clock, signal });
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}

function notAllowed(allow: string): Response {
  return new Response(`Only ${allow} is allowed`, { status: 405, headers: { allow } });
}

function failed(error: unknown): Response {
  logger("dashboard").error("Cannot answer: {error}", { error });
  const reason = errorText(error);
  return withHeaders(new Response(`Cannot answer: ${reason}`, { status: 500 }));
}
