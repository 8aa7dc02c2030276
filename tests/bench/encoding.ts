/**
 * What a point costs from `append` to the bytes of its chunk, without any network.
 *
 * @module
 */

import { compileCpp, CPP_PACKAGES } from "./cpp_peer.ts";
import { hasUpb, Program } from "./program.ts";
import { publish } from "./report.ts";

const ROUNDS = 21;
const POINTS_PER_ROUND = 1_000_000;
const PYTHON_POINTS_PER_ROUND = 50_000;
const CPP = "C++";
const UPB = "Python, upb";

/** A program that encodes, and how many points it gets. */
interface Peer {
  readonly program: Program;
  readonly points: number;
}

/** Measures and prints. */
export async function encoding(): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const peers = await startPeers(parts);
  const rows = [];
  for (const size of [1, 10, 100, 1000, 10_000]) {
    // Anew for each size, as the compiler fits a program to what it does, and a source has one size.
    await using own = new AsyncDisposableStack();
    const contenders = { ...startOwn(own), ...peers };
    const ns: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, { program, points }] of Object.entries(contenders)) {
        const { seconds } = await program.ask<{ seconds: number }>({ size, points });
        (ns[name] ??= []).push(seconds / points * 1e9);
      }
    }
    // The fastest, as nothing here waits: all that a machine's other work does is to add.
    const of = (name: string) => Math.min(...ns[name] ?? []);
    rows.push({
      "points/chunk": size,
      "append": of("append"),
      "arrays": of("arrays"),
      "protobufjs": of("protobufjs"),
      ...Object.fromEntries(Object.keys(peers).map((name) => [name, of(name)])),
      "protobufjs / append": of("protobufjs") / of("append"),
      "append / C++": peers[CPP] === undefined ? undefined : of("append") / of(CPP),
      "arrays / C++": peers[CPP] === undefined ? undefined : of("arrays") / of(CPP),
    });
  }
  await publish({
    name: "encoding",
    title: `Encoding, ns per point, fastest of ${ROUNDS} rounds`,
    rows,
    notes: [
      "append: ChunkBuilder.append() for each point, then detach(); encodePoint() for chunks of one.",
      "arrays: whole arrays, as sendMany() does, with a chunk for each.",
      "protobufjs: points kept in arrays, then its Writer, told the deltas as numbers.",
      peers[CPP] === undefined
        ? `C++ is left out, which needs ${CPP_PACKAGES}.`
        : "C++: protobuf's own library, append and serialize, as metricq-cpp does.",
      "Python: append and SerializeToString, as the reference source does, with the protobuf that",
      UPB in peers
        ? "its package wants, which is pure Python; upb: with protobuf's fast implementation."
        : "its package wants, which is pure Python; upb, the fast one, is not installed: left out.",
    ],
  });
}

function startOwn(parts: AsyncDisposableStack): Record<string, Peer> {
  return Object.fromEntries(["append", "arrays", "protobufjs"].map((name) => {
    const program = parts.use(Program.deno("encoding.ts", name));
    return [name, { program, points: POINTS_PER_ROUND }];
  }));
}

async function startPeers(parts: AsyncDisposableStack): Promise<Record<string, Peer>> {
  const peers: Record<string, Peer> = {};
  const folder = await Deno.makeTempDir();
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const path = await compileCpp("encoding.cpp", folder);
  if (path !== undefined) {
    peers[CPP] = { program: parts.use(Program.native(path)), points: POINTS_PER_ROUND };
  }
  const python = (...args: string[]) => ({
    program: parts.use(Program.python("encoding.py", ...args)),
    points: PYTHON_POINTS_PER_ROUND,
  });
  peers.Python = python();
  if (hasUpb()) peers[UPB] = python("upb");
  return peers;
}
