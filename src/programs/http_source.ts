/**
 * Asks HTTP servers and finds numbers in their answers; `http.ts` tells how it is configured.
 *
 * @module
 */

import * as v from "valibot";
import { withSchema } from "../rpc/rpc_handler.ts";
import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";
import type { SourceOptions } from "../source/source.ts";
import { COMMON, type CommonConfig } from "./device_poll.ts";
import { fetchText, requireUrl } from "./http_request.ts";
import { HttpSession } from "./http_session.ts";
import { hideRequest } from "./repeated_request.ts";
import { Login, loginHeaders, opensSession, type SessionLogin } from "./login.ts";
import { accepts, addressOf, type Place, PLACES, placesOf, RequestHeaders } from "./schema.ts";
import { TEXT_DEVICE, textPoll } from "./text_poll.ts";
import { about, telling } from "./told_schema.ts";

const RequestConfig = v.pipe(
  v.strictObject({
    url: about("Where to ask; {host} and {name} stand for those of the entry", v.string()),
    ...PLACES,
    headers: RequestHeaders,
    login: v.optional(about("How to log in", Login)),
    ...TEXT_DEVICE,
  }),
  v.check(
    ({ headers, login }) => !(hasAuthorization(loginHeaders(login)) && hasAuthorization(headers)),
    "headers and login both give an authorization: one of them is required",
  ),
  v.forward(
    accepts((request) => {
      for (const place of placesOf(request)) requireUrl(addressOf(request.url, place));
    }),
    ["url"],
  ),
);

type RequestConfig = v.InferOutput<typeof RequestConfig>;

const Config = v.strictObject({
  ...COMMON,
  requests: about("What to ask, by names of your choice", v.record(v.string(), RequestConfig)),
});

function hasAuthorization(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

/** Finds the session for an address and a login. */
type SessionOf = (url: string, login: SessionLogin) => HttpSession;

/** Asks HTTP servers and sends the numbers in their answers, as its configuration says. */
export class HttpSource extends PollingSource {
  // By server and login: requests to the same device share a session, as devices have few.
  #sessions = new Map<string, HttpSession>();

  /** As {@linkcode PollingSource}'s. */
  constructor(options: SourceOptions) {
    super(options);
    this.addRpcHandler("config", withSchema(telling(Config), (config) => this.#configure(config)));
  }

  /** Asks until `signal` is aborted, and ends the sessions. */
  protected override async task(signal: AbortSignal): Promise<void> {
    try {
      await super.task(signal);
    } finally {
      await Promise.all([...this.#sessions.values()].map((session) => session.close()));
    }
  }

  async #configure({ requests, ...common }: v.InferOutput<typeof Config>): Promise<void> {
    const [before, sessions] = [this.#sessions, new Map<string, HttpSession>()];
    const sessionOf: SessionOf = (url, login) => {
      const key = JSON.stringify([new URL(url).origin, login]);
      const session = sessions.get(key) ?? before.get(key) ??
        new HttpSession(url, login, this.clock);
      sessions.set(key, session);
      return session;
    };
    await this.poll(
      Object.entries(requests).flatMap(([name, request]) =>
        placesOf(request).map((place) => groupOf({ name, request, place, common, sessionOf }))
      ),
    );
    this.#sessions = sessions;
    for (const [key, session] of before) if (!sessions.has(key)) void session.close();
  }
}

/** One device of a request, and what its configuration says. */
interface Device {
  readonly name: string;
  readonly request: RequestConfig;
  readonly place: Place | undefined;
  readonly common: CommonConfig;
  readonly sessionOf: SessionOf;
}

function groupOf({ name, request, place, common, sessionOf }: Device): PollGroup {
  const { login } = request;
  const url = addressOf(request.url, place);
  const asked = { url, headers: { ...request.headers, ...loginHeaders(login) } };
  const session = opensSession(login) ? sessionOf(url, login) : undefined;
  const read = async (signal: AbortSignal) =>
    (session ? await session.fetchText(asked, signal) : await fetchText(asked, signal)).text;
  const group = textPoll(name, request, common, read, place);
  // As the login stands in the configuration, whatever is sent of it.
  const secrets = Object.values(login ?? {}).filter((field) => typeof field === "string");
  return {
    ...group,
    read: async (signal) => hideRequest(await group.read(signal) ?? {}, asked, secrets),
  };
}
