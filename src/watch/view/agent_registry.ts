/**
 * The agents on the network.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from "../../rpc/json.ts";
import { type MonotonicClock, wallTimeOf } from "../../time/clock.ts";
import { Timestamp } from "../../time/timestamp.ts";

// Tools add a random part to their token, so that each run of one is another agent.
const MAX_AGENTS = 1000;
const MAX_ANSWER_CHARACTERS = 10_000; // as JSON: what agents answer is some hundred long
const MAX_ERROR_CHARACTERS = 500;
const MAX_TIME_CHARACTERS = 100;
const MAX_IDENTITIES = 10; // of one token: two are too many
const MAX_NAME_CHARACTERS = 255; // that of a host has no more

/** How an agent's clock goes beside the one of this program. */
export interface ClockOffset {
  /** By how much it is ahead. */
  readonly offsetMs: number;
  /** How much more or less that may be: the agent has read it some time between question and answer. */
  readonly uncertaintyMs: number;
}

/** What is known of an agent. */
export interface AgentRecord {
  /** Whether it has registered, as sources do. */
  readonly registered: boolean;
  /** Whether it has answered the last `discover`, or registered since. */
  readonly alive: boolean;
  /** Its last answer to `discover`, if that is no error. */
  readonly discovered: JsonObject | undefined;
  /** When it answered or registered last, in ms since the Unix epoch. */
  readonly heardMs: number;
  /** How long its last answer took; `undefined` before the first. */
  readonly answerMs: number | undefined;
  /** How its clock goes; `undefined` if it has not told. */
  readonly clock: ClockOffset | undefined;
  /** The error that it has answered last, if it was one. */
  readonly error: string | undefined;
  /** How many agents have answered to its token; of more than 10 as many. */
  readonly sharing: number;
}

/** A question to agents who they are. */
export class Asked {
  /** When it was asked, by a monotonic clock. */
  readonly sentMs: number;
  /** The same, as a time of day in ms. */
  readonly sentWallMs: number;
  /** What tells the agents apart that have answered with one token. */
  readonly identities: Map<string, Set<string>> = new Map();
  #isReached = false;

  /** Begins without an answer. */
  constructor(sentMs: number, sentWallMs: number) {
    this.sentMs = sentMs;
    this.sentWallMs = sentWallMs;
  }

  /** Whether it is known to have arrived: otherwise it says nothing that nobody answers. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** To be called when it has arrived. */
  reached(): void {
    this.#isReached = true;
  }
}

interface Known extends AgentRecord {
  /** When it was heard last, by a monotonic clock. */
  readonly heardClockMs: number;
}

const UNHEARD = {
  registered: false,
  discovered: undefined,
  answerMs: undefined,
  clock: undefined,
  error: undefined,
  sharing: 1,
} as const;

/** The agents that have registered or been discovered; the one silent for longest is forgotten first. */
export class AgentRegistry {
  readonly #clock: MonotonicClock;
  readonly #agents = new Map<string, Known>();
  #hasAskedAll = false;

  /** Begins without agents. */
  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** All agents, by token. */
  all(): ReadonlyMap<string, AgentRecord> {
    return this.#agents;
  }

  /** Whether all agents have had the time to answer once. */
  get hasAskedAll(): boolean {
    return this.#hasAskedAll;
  }

  /** Notes that an agent has registered. */
  register(token: string): void {
    this.#hear(token, { registered: true });
  }

  /** To be called when agents are about to be asked. */
  ask(): Asked {
    return new Asked(this.#clock.nowMs(), wallTimeOf(this.#clock).posixMs);
  }

  /** Notes an agent's answer to `discover`; of one that is too long only that there is one. */
  answer(asked: Asked, token: string, answer: JsonObject): void {
    const answerMs = Math.max(0, this.#clock.nowMs() - asked.sentMs);
    const isTooLong = JSON.stringify(answer).length > MAX_ANSWER_CHARACTERS;
    const isError = Object.hasOwn(answer, "error");
    const sharing = Math.max(
      noteIdentity(asked, token, answer),
      this.#agents.get(token)?.sharing ?? 1,
    );
    this.#hear(token, {
      discovered: isTooLong || isError ? undefined : answer,
      error: isError ? errorOf(answer) : undefined,
      answerMs,
      clock: clockOffset(answer, asked.sentWallMs, answerMs),
      sharing,
    });
  }

  /** To be called when the time to answer is over: agents that have not been heard since are gone. */
  endRound(asked: Asked): void {
    if (!asked.isReached) return;
    this.#hasAskedAll = true;
    for (const [token, agent] of this.#agents) {
      const alive = agent.heardClockMs >= asked.sentMs;
      const sharing = asked.identities.get(token)?.size ?? agent.sharing;
      if (alive !== agent.alive || sharing !== agent.sharing) {
        this.#agents.set(token, { ...agent, alive, sharing });
      }
    }
  }

  /** Forgets an agent until it is heard again. */
  forget(token: string): void {
    this.#agents.delete(token);
  }

  #hear(token: string, news: Partial<AgentRecord>): void {
    const known = this.#agents.get(token) ?? UNHEARD;
    this.#agents.delete(token); // to come last
    this.#agents.set(token, {
      ...known,
      ...news,
      alive: true,
      heardMs: wallTimeOf(this.#clock).posixMs,
      heardClockMs: this.#clock.nowMs(),
    });
    if (this.#agents.size <= MAX_AGENTS) return;
    const [oldest] = this.#agents.keys();
    if (oldest !== undefined) this.#agents.delete(oldest);
  }
}

// What was declared shortly before counts as declared since: the manager's clock may differ a little.
const START_TOLERANCE_MS = 60_000;

/** When agents that answer have started, surely, by the clock here, in ms since the Unix epoch. */
export function startTimes(agents: ReadonlyMap<string, AgentRecord>): ReadonlyMap<string, number> {
  const started = new Map<string, number>();
  for (const [token, { alive, discovered, clock }] of agents) {
    const startingMs = timeOf(discovered?.["startingTime"]);
    if (!alive || startingMs === undefined || clock === undefined) continue;
    started.set(token, startingMs - clock.offsetMs - START_TOLERANCE_MS);
  }
  return started;
}

/** How many agents have answered a question with one token: each has its own host and start. */
function noteIdentity({ identities }: Asked, token: string, answer: JsonObject): number {
  const known = identities.get(token) ?? new Set();
  if (known.size === 0 && identities.size >= MAX_AGENTS) return 1;
  identities.set(token, known);
  const { hostname, startingTime } = answer;
  const identity = [hostname, startingTime].map((each) =>
    typeof each === "string" ? each.slice(0, MAX_NAME_CHARACTERS) : ""
  );
  if (known.size < MAX_IDENTITIES) known.add(JSON.stringify(identity));
  return known.size;
}

/**
 * By how much an agent's clock is ahead. It has read it between question and answer, most likely in the
 * middle.
 */
function clockOffset(
  { currentTime }: JsonObject,
  sentWallMs: number,
  answerMs: number,
): ClockOffset | undefined {
  const posixMs = timeOf(currentTime);
  if (posixMs === undefined) return undefined;
  const uncertaintyMs = answerMs / 2;
  return { offsetMs: posixMs - (sentWallMs + uncertaintyMs), uncertaintyMs };
}

/** A time that an agent tells, in ms since the Unix epoch, if it is one. */
function timeOf(value: JsonValue | undefined): number | undefined {
  if (typeof value !== "string" || value.length > MAX_TIME_CHARACTERS) return undefined;
  try {
    return Timestamp.fromIso8601(value).posixMs;
  } catch {
    return undefined; // any text may be answered
  }
}

function errorOf({ error }: JsonObject): string {
  const text = typeof error === "string"
    ? error
    : isJsonObject(error) || Array.isArray(error)
    ? "no text but JSON"
    : String(error);
  return text.length > MAX_ERROR_CHARACTERS ? `${text.slice(0, MAX_ERROR_CHARACTERS)}…` : text;
}
