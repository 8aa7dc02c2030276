/**
 * What a point costs from the bytes of its chunk to a time and a value, without any network.
 *
 * @module
 */

import { compileCpp, CPP_PACKAGES } from "./cpp_peer.ts";
import { Program } from "./program.ts";
import { publish } from "./report.ts";

const ROUNDS = 21;
const POINTS_PER_ROUND = 1_000_000;
const CPP = "C++";

/** Measures and prints. */
export async function decoding(): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const path = await compileCpp("decoding.cpp", folder);
  const cpp = path === undefined ? {} : { [CPP]: parts.use(Program.native(path)) };
  const rows = [];
  for (const size of [1, 10, 100, 1000, 10_000]) {
    // Anew for each size, as the compiler fits a program to what it does.
    await using own = new AsyncDisposableStack();
    const contenders: Record<string, Program> = {
      decodeChunk: own.use(Program.deno("decoding.ts", "decodeChunk")),
      protobufjs: own.use(Program.deno("decoding.ts", "protobufjs")),
      ...cpp,
    };
    const ns: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, program] of Object.entries(contenders)) {
        const { seconds } = await program.ask<{ seconds: number }>({
          size,
          points: POINTS_PER_ROUND,
        });
        (ns[name] ??= []).push(seconds / POINTS_PER_ROUND * 1e9);
      }
    }
    // The fastest, as nothing here waits: all that a machine's other work does is to add.
    const fastest = Object.fromEntries(
      Object.entries(ns).map(([name, times]) => [name, Math.min(...times)]),
    );
    const { decodeChunk = NaN, protobufjs = NaN, [CPP]: fastestCpp } = fastest;
    rows.push({
      "points/chunk": size,
      ...fastest,
      "protobufjs / decodeChunk": protobufjs / decodeChunk,
      "decodeChunk / C++": fastestCpp === undefined ? undefined : decodeChunk / fastestCpp,
    });
  }
  await publish({
    name: "decoding",
    title: `Decoding, ns per point, fastest of ${ROUNDS} rounds`,
    rows,
    notes: [
      "decodeChunk: absolute times and values in typed arrays of the chunk's own.",
      "protobufjs: its objects, whose times are still deltas.",
      path === undefined
        ? `C++ is left out, which needs ${CPP_PACKAGES}.`
        : "C++: protobuf's own library, parse into one message that stays, and add up the times.",
    ],
  });
}
