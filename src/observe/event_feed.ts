/**
 * The one place that says what happens to an agent: to the log, to `health` and `stats`, and to all that
 * read its events.
 *
 * @module
 */

import { type MonotonicClock, wallTimeOf } from "../time/clock.ts";
import { Condition } from "./condition.ts";
import { logEvent } from "./event_log.ts";
import { EventReader } from "./event_reader.ts";
import type {
  AgentEvent,
  AgentEvents,
  ConnectionOfEvent,
  EventsOptions,
  ToldEvent,
} from "./events.ts";
import { OutageMeter } from "./outage_meter.ts";

type Connection = ConnectionOfEvent["connection"];

/** The events of one agent. Without readers they cost what the log does. */
export class EventFeed {
  /** What is the case. */
  readonly condition: Condition = new Condition();
  /** How often and how long the data connection was away. */
  readonly outages: OutageMeter;
  readonly #token: string;
  readonly #clock: MonotonicClock;
  readonly #readers = new Set<EventReader>();
  // A sink may have several data connections: that is one outage, until all are back.
  readonly #away: Readonly<Record<Connection, Set<string>>> = {
    management: new Set(),
    data: new Set(),
  };

  /** Nothing has happened yet. */
  constructor(token: string, clock: MonotonicClock) {
    this.#token = token;
    this.#clock = clock;
    this.outages = new OutageMeter(clock);
  }

  /** Whether any reader follows the events: one that is over is forgotten. */
  get hasReaders(): boolean {
    return this.#readers.size > 0;
  }

  /** Tells of an event. `isSeen`: whether a part of the program learns of its error by itself. */
  tell<Kind extends ToldEvent["kind"]>(
    kind: Kind,
    data: AgentEvents[Kind],
    { isSeen = false }: { readonly isSeen?: boolean } = {},
  ): void {
    if (this.#hasStopped) return; // the last event is told: what comes late changes nothing any more
    // The cast: TypeScript does not follow that a kind and its data make an event of that kind.
    const event = { kind, time: wallTimeOf(this.#clock), ...data } as ToldEvent;
    this.condition.apply(event, this.#clock.nowMs());
    if (event.kind === "stopped") this.outages.end();
    for (const reader of this.#readers) reader.add(event);
    // At the end: where the log goes may stop the agent, which tells of that.
    logEvent(this.#token, event, isSeen);
  }

  /** A connection is gone. `name` tells apart those of one kind. */
  connectionLost(connection: Connection, reason: string, name: string = connection): void {
    if (this.#hasStopped) return;
    const away = this.#away[connection];
    if (away.add(name).size > 1 || this.condition.get(connection) !== undefined) return;
    if (connection === "data") this.outages.lose();
    this.tell("connection-lost", { connection, reason });
  }

  /** A connection is up; nothing is told unless it was lost. */
  connectionBack(connection: Connection, name: string = connection): void {
    if (this.#hasStopped) return;
    const away = this.#away[connection];
    if (!away.delete(name) || away.size > 0) return;
    const outageSeconds = this.#secondsSince(connection);
    if (connection === "data") this.outages.begin();
    this.tell("connection-back", { connection, outageSeconds });
  }

  /** Data does not move. */
  stalled(reason: AgentEvents["stalled"]["reason"]): void {
    this.tell("stalled", { reason });
  }

  /** Data moves again. */
  moving(): void {
    this.tell("moving", { stalledSeconds: this.#secondsSince("stall") });
  }

  /** The spool cannot be written. */
  diskFull(spool: string, reason: string): void {
    this.tell("disk-full", { spool, reason });
  }

  /** The spool is written again. */
  diskFree(spool: string): void {
    this.tell("disk-free", { spool, fullSeconds: this.#secondsSince("disk") });
  }

  /** The events as they come, beginning with what is the case when the iteration begins. */
  read({ signal }: EventsOptions): AsyncIterable<AgentEvent> {
    return { [Symbol.asyncIterator]: () => this.#reader(signal) };
  }

  get #hasStopped(): boolean {
    return this.condition.get("life")?.event.kind === "stopped";
  }

  #reader(signal: AbortSignal | undefined): EventReader {
    const reader: EventReader = new EventReader({
      signal,
      onBegin: () => {
        this.#readers.add(reader);
        return this.condition.events;
      },
      onEnd: () => this.#readers.delete(reader),
    });
    return reader;
  }

  #secondsSince(subject: Connection | "stall" | "disk"): number {
    const sinceMs = this.condition.get(subject)?.sinceMs;
    return sinceMs === undefined ? 0 : (this.#clock.nowMs() - sinceMs) / 1000;
  }
}
