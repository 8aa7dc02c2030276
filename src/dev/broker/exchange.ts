/**
 * Exchanges and their bindings.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { headersMatch } from "./headers_matcher.ts";
import type { Table } from "./field_reader.ts";
import { Queue } from "./queue.ts";
import { TopicMatcher } from "./topic_matcher.ts";

/** The types of exchanges that this broker has. */
export const EXCHANGE_TYPES = ["direct", "fanout", "topic", "headers"] as const;

/** A type of exchange. */
export type ExchangeType = (typeof EXCHANGE_TYPES)[number];

/** How an exchange was declared. */
export interface ExchangeProperties {
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** Whether only other exchanges may publish to it. */
  readonly internal: boolean;
}

/** One way out of an exchange. */
export interface Binding {
  readonly destination: Queue | Exchange;
  readonly routingKey: string;
  readonly arguments: Table;
}

/** An exchange and its bindings. */
export class Exchange implements ExchangeProperties {
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly #index: BindingIndex;
  readonly #byDestination = new Map<Queue | Exchange, Map<string, Binding[]>>();

  /** Makes an exchange without bindings. */
  constructor(properties: ExchangeProperties) {
    this.name = properties.name;
    this.type = properties.type;
    this.durable = properties.durable;
    this.autoDelete = properties.autoDelete;
    this.internal = properties.internal;
    this.#index = INDEXES[properties.type]();
  }

  /** Whether nothing leads out of it. */
  get unbound(): boolean {
    return this.#byDestination.size === 0;
  }

  /** Adds a binding, unless there is the same already. */
  bind(binding: Binding): void {
    const { destination, routingKey } = binding;
    const byKey = this.#byDestination.get(destination) ?? new Map<string, Binding[]>();
    const bindings = byKey.get(routingKey) ?? [];
    if (bindings.some((other) => sameArguments(other, binding))) return;
    this.#byDestination.set(destination, byKey.set(routingKey, [...bindings, binding]));
    this.#index.add(binding);
  }

  /** Removes a binding and tells whether there was one. */
  unbind(binding: Binding): boolean {
    const { destination, routingKey } = binding;
    const byKey = this.#byDestination.get(destination);
    const bindings = byKey?.get(routingKey) ?? [];
    const found = bindings.find((other) => sameArguments(other, binding));
    if (!byKey || !found) return false;
    this.#index.delete(found);
    if (bindings.length > 1) byKey.set(routingKey, bindings.filter((other) => other !== found));
    else byKey.delete(routingKey);
    if (byKey.size === 0) this.#byDestination.delete(destination);
    return true;
  }

  /** Removes every binding to a destination and tells whether there was one. */
  unbindAll(destination: Queue | Exchange): boolean {
    const byKey = this.#byDestination.get(destination);
    for (const bindings of byKey?.values() ?? []) {
      for (const binding of bindings) this.#index.delete(binding);
    }
    return this.#byDestination.delete(destination);
  }

  /** Adds the queues that a message goes to, through other exchanges as well. */
  route(
    routingKey: string,
    headers: Table,
    queues: Set<Queue>,
    visited: Set<Exchange> = new Set(),
  ): void {
    visited.add(this);
    for (const { destination } of this.#index.match(routingKey, headers)) {
      if (destination instanceof Queue) queues.add(destination);
      else if (!visited.has(destination)) destination.route(routingKey, headers, queues, visited);
    }
  }

  /** Whether the headers of a message decide where it goes from here, through other exchanges too. */
  routesByHeaders(visited: Set<Exchange> = new Set()): boolean {
    if (this.type === "headers") return true;
    visited.add(this);
    return this.#byDestination.keys().some((destination) =>
      destination instanceof Exchange && !visited.has(destination) &&
      destination.routesByHeaders(visited)
    );
  }
}

function sameArguments(left: Binding, right: Binding): boolean {
  return isDeepStrictEqual(left.arguments, right.arguments);
}

/** Finds the bindings that a message follows. */
interface BindingIndex {
  add(binding: Binding): void;
  delete(binding: Binding): void;
  match(routingKey: string, headers: Table): Iterable<Binding>;
}

const INDEXES: Readonly<Record<ExchangeType, () => BindingIndex>> = {
  direct() {
    const byKey = new Map<string, Set<Binding>>();
    return {
      add(binding) {
        const bindings = byKey.get(binding.routingKey);
        if (bindings) bindings.add(binding);
        else byKey.set(binding.routingKey, new Set([binding]));
      },
      delete(binding) {
        const bindings = byKey.get(binding.routingKey);
        bindings?.delete(binding);
        if (bindings?.size === 0) byKey.delete(binding.routingKey);
      },
      match: (routingKey) => byKey.get(routingKey) ?? [],
    };
  },

  fanout() {
    const all = new Set<Binding>();
    return {
      add: (binding) => void all.add(binding),
      delete: (binding) => void all.delete(binding),
      match: () => all,
    };
  },

  topic() {
    const matcher = new TopicMatcher<Binding>();
    return {
      add: (binding) => matcher.add(binding.routingKey, binding),
      delete: (binding) => matcher.delete(binding.routingKey, binding),
      match: (routingKey) => matcher.match(routingKey),
    };
  },

  headers() {
    const all = new Set<Binding>();
    return {
      add: (binding) => void all.add(binding),
      delete: (binding) => void all.delete(binding),
      match: (_routingKey, headers) =>
        [...all].filter((binding) => headersMatch(binding.arguments, headers)),
    };
  },
};
