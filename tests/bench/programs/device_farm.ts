/**
 * Two hundred devices, some of them bad: `device_farm.ts http|modbus|snmp`. Prints their ports, and
 * tells how late they were asked.
 *
 * @module
 */

import { answerOf, integer, SnmpAgent } from "../../programs/snmp_agent.ts";
import { quantile } from "../statistics.ts";
import { answer, answerAll } from "./answering.ts";

const DEVICES = 200;
const SLOW_MS = 3000;

/** What a device is like, by its number: ten are dead, ten slow, ten answer rubbish. */
type Character = "dead" | "slow" | "rubbish" | "good";

function characterOf(device: number): Character {
  return device < 10 ? "dead" : device < 20 ? "slow" : device < 30 ? "rubbish" : "good";
}

// When each good device was asked, in ms.
const asked = Array.from({ length: DEVICES }, (): number[] => []);

function wasAsked(device: number): void {
  asked[device]?.push(performance.timeOrigin + performance.now());
}

const RUBBISH = new TextEncoder().encode("This is nothing that a device should say\r\n");
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts a device and returns its port. */
const START: Readonly<Record<string, (device: number, is: Character) => Promise<number>>> = {
  http: (device, is) => {
    if (is === "dead") return Promise.resolve(closedPort());
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      wasAsked(device);
      if (is === "slow") await sleep(SLOW_MS);
      return is === "rubbish" ? new Response(RUBBISH) : Response.json({ value: 1 });
    });
    return Promise.resolve(server.addr.port);
  },
  modbus: (device, is) => {
    if (is === "dead") return Promise.resolve(closedPort());
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void serveModbus(listener, device, is);
    return Promise.resolve(listener.addr.port);
  },
  snmp: async (device, is) => {
    const agent = await SnmpAgent.start();
    const { port } = agent;
    agent.answer = (request) => {
      wasAsked(device);
      // A dead one is as silent as a slow one to whoever waits for less.
      if (is === "slow" || is === "dead") return [];
      return is === "rubbish"
        ? [RUBBISH]
        : [answerOf(request, request.oids.map((oid) => [oid, integer(1)] as const))];
    };
    return port;
  },
};

// Below those that the system, and tests, give to others, so that it stays closed.
let lastClosed = 1100;

function closedPort(): number {
  return lastClosed++;
}

async function serveModbus(listener: Deno.Listener, device: number, is: Character) {
  for await (const connection of listener) {
    void (async () => {
      const bytes = new Uint8Array(260);
      while (await connection.read(bytes) !== null) {
        wasAsked(device);
        if (is === "slow") await sleep(SLOW_MS);
        const good = Uint8Array.of(...bytes.subarray(0, 4), 0, 5, bytes[6] ?? 0, 3, 2, 0, 42);
        await connection.write(is === "rubbish" ? RUBBISH : good);
      }
    })().catch(() => {}).finally(() => connection.close());
  }
}

const [kind = ""] = Deno.args;
const start = START[kind];
if (start === undefined) throw new RangeError(`Cannot start devices: "${kind}" is not a kind`);
answer(
  await Promise.all(
    Array.from({ length: DEVICES }, (_, device) => start(device, characterOf(device))),
  ),
);

// How much later than at its earliest a device was asked, within its second.
await answerAll(() => {
  const good = asked.filter((_, device) => characterOf(device) === "good");
  const late = good.flatMap((times) => {
    // Beside a time in the middle, as the first is of the rush at the start.
    const middle = times[times.length >> 1] ?? 0;
    const phases = times.map((time) => (((time - middle + 500) % 1000) + 1000) % 1000);
    const earliest = Math.min(...phases);
    return phases.map((phase) => phase - earliest);
  });
  const seconds = good.map((times) => ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000 + 1);
  const all = seconds.reduce((sum, one) => sum + Math.round(one), 0);
  return {
    p50: quantile(late, 0.5),
    p99: quantile(late, 0.99),
    max: Math.max(...late),
    missed: 1 - good.flat().length / all,
  };
});
