/**
 * Under which names a source looks for the broker, and where they lead.
 *
 * @module
 */

import type { Random } from "./random.ts";

/** Where a name leads: to the broker, to a host that refuses, or to one that does not answer. */
export type Destination = "broker" | "refuses" | "silent";

/** The addresses of a source. */
export interface AddressesPlan {
  readonly token: string;
  /** Where the names lead under which it looks for the broker, in turn; it has the broker's own without them. */
  readonly addresses?: readonly Destination[] | undefined;
  /** Whether the manager gives it another name of the broker for its data. */
  readonly hasDataAddress?: boolean | undefined;
}

/** The broker's own name. */
export const BROKER_HOST = "127.0.0.1";
// The part of all sources with a list, and of those with another name for data.
const LISTS = 0.3;
const DATA_ADDRESSES = 0.25;
const ATTEMPT_MS = 10_000;
const LONGEST_BACKOFF_MS = 800;

/** The names under which a source looks for the management network. */
export function managementHosts({ token, addresses }: AddressesPlan): readonly string[] {
  return addresses?.map((_, at) => `broker-${at}.${token}`) ?? [BROKER_HOST];
}

/** The name that the manager gives a source for its data. */
export function dataHost({ token, hasDataAddress }: AddressesPlan): string | undefined {
  return hasDataAddress ? `data.${token}` : undefined;
}

/** The names of a source that lead to the broker, but for the broker's own. */
export function ownHosts(plan: AddressesPlan): readonly string[] {
  const { addresses = [] } = plan;
  const hosts = managementHosts(plan).filter((_, at) => addresses[at] === "broker");
  return [...hosts, dataHost(plan) ?? []].flat();
}

/** How long addresses that do not answer may keep a source that has to open both of its connections. */
export function silenceMs({ addresses = [] }: AddressesPlan): number {
  const silent = addresses.filter((leadsTo) => leadsTo === "silent").length;
  return 2 * silent * (ATTEMPT_MS + LONGEST_BACKOFF_MS);
}

/** A URL with a name of the broker. */
export function urlOf(host: string): string {
  return `amqp://guest:guest@${host}:5672/`;
}

/** Draws addresses. One of a list leads to the broker. */
export function drawAddresses(random: Random): Omit<AddressesPlan, "token"> {
  const hasList = random.chance(LISTS);
  const hasDataAddress = random.chance(DATA_ADDRESSES);
  const count = random.integer(2, 3);
  const good = random.integer(0, count - 1);
  const addresses = Array.from({ length: count }, (_, at) => {
    const drawn = random.pick<Destination>(["broker", "refuses", "silent"]);
    return at === good ? "broker" : drawn;
  });
  return { ...hasList && { addresses }, ...hasDataAddress && { hasDataAddress } };
}
