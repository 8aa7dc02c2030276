import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkBuilder } from "../../src/chunk/chunk_builder.ts";
import { decodeChunk } from "../../src/chunk/decode_chunk.ts";
import { MessageError } from "../../src/errors.ts";
import { requiringProto } from "./data_chunk_proto.ts";
import { anyPoints, append } from "./points.ts";

const ONE = "000000000000f03f";
const TWO = "0000000000000040";

function decodeHex(text: string): { timesNs: bigint[]; values: number[] } {
  const { timesNs, values } = decodeChunk(Uint8Array.fromHex(text.replaceAll(" ", "")));
  return { timesNs: [...timesNs], values: [...values] };
}

Deno.test("decodeChunk() adds up the deltas", () => {
  assert.deepEqual(decodeHex(`0a 0d 64 ac02 ffffffffffffffffff01 12 18 ${ONE} ${TWO} ${ONE}`), {
    timesNs: [100n, 400n, 399n],
    values: [1, 2, 1],
  });
});

Deno.test("decodeChunk() reads no bytes, and empty fields, as a chunk without points", () => {
  assert.deepEqual(decodeHex(""), { timesNs: [], values: [] });
  assert.deepEqual(decodeHex("0a00 1200"), { timesNs: [], values: [] });
});

Deno.test("decodeChunk() reads a part of a larger buffer", () => {
  const bytes = Uint8Array.fromHex(`ff 08 07 11 ${ONE} ff`.replaceAll(" ", ""));
  assert.deepEqual([...decodeChunk(bytes.subarray(1, -1)).timesNs], [7n]);
});

Deno.test("decodeChunk() gives each chunk arrays of its own, also after one that it refuses", () => {
  const large = new ChunkBuilder();
  for (let at = 0; at < 70_000; at++) large.append(1_700_000_000 + at, at, at);
  const first = decodeHex(`0a 02 05 03 12 10 ${ONE} ${TWO}`);
  const { timesNs, values } = decodeChunk(large.detach());
  assert.throws(() => decodeHex(`0a 02 07 07 12 08 ${TWO}`), MessageError);
  assert.deepEqual(decodeHex(`08 09 11 ${ONE}`), { timesNs: [9n], values: [1] });
  assert.deepEqual(first, { timesNs: [5n, 8n], values: [1, 2] });
  assert.deepEqual([timesNs.length, timesNs[69_999], values[69_999]], [
    70_000,
    1_700_069_999_000_069_999n,
    69_999,
  ]);
});

Deno.test("decodeChunk() reads every form that a protobuf writer may choose", () => {
  const expected = { timesNs: [5n, 8n], values: [1, 2] };
  const forms = {
    "packed": `0a 02 05 03 12 10 ${ONE} ${TWO}`,
    "unpacked": `08 05 08 03 11 ${ONE} 11 ${TWO}`,
    "values first": `12 10 ${ONE} ${TWO} 0a 02 05 03`,
    "in pieces, packed and unpacked, interleaved": `0a 01 05 11 ${ONE} 08 03 12 08 ${TWO}`,
    "longer varints than necessary": `0a 84 00 85 00 83 00 12 10 ${ONE} ${TWO}`,
    "unknown varint": `18 ffff03 0a 02 05 03 12 10 ${ONE} ${TWO}`,
    "unknown fixed64": `19 ${TWO} 0a 02 05 03 12 10 ${ONE} ${TWO}`,
    "unknown bytes": `0a 02 05 03 1a 03 0a0b0c 12 10 ${ONE} ${TWO}`,
    "unknown fixed32": `0a 02 05 03 12 10 ${ONE} ${TWO} 1d 01020304`,
    "unknown group, nested": `1b 08 05 23 11 ${ONE} 24 1c 0a 02 05 03 12 10 ${ONE} ${TWO}`,
    "largest field number": `f8ffffff0f 00 0a 02 05 03 12 10 ${ONE} ${TWO}`,
  };
  for (const [name, form] of Object.entries(forms)) {
    assert.deepEqual(decodeHex(form), expected, name);
  }
});

Deno.test("decodeChunk() refuses what is not a DataChunk, and says why", () => {
  const maxInt64 = "ffffffffffffffff7f";
  const cases: [string, string][] = [
    [`0a 01 05`, "it has 1 time deltas but 0 values"],
    [`0a 01 05 12 10 ${ONE} ${TWO}`, "it has 1 time deltas but 2 values"],
    [`0a 05 01 01 01 01 01`, "it has 5 time deltas but 0 values"],
    [`08`, "it ends within a field, at byte 1"],
    [`08 80`, "it ends within a field, at byte 2"],
    [`11 00000000000000`, "it ends within a field, at byte 8"],
    [`12 09 ${ONE} 00`, "it ends within a field, at byte 11"],
    [`0a 02 05 80 05`, "it ends within a field, at byte 4"],
    [`0a 02 05`, "the field at byte 2 is longer than what follows"],
    [`0a ffffffff0f`, "the field at byte 6 is longer than what follows"],
    [`1a ${maxInt64}`, "the field at byte 10 is longer than what follows"],
    [`08 ffffffffffffffffffff01`, "the varint before byte 11 is longer than 10 bytes"],
    [`0d 00000000`, "field 1 has wire type 5, 0 or 2 is required"],
    [`10 00`, "field 2 has wire type 0, 1 or 2 is required"],
    [`00 00`, "the tag before byte 1 holds no field number"],
    [`88808080800100`, "the tag before byte 6 holds no field number"],
    [`1e`, "field 3 has the unknown wire type 6"],
    [`1c`, "the end of group 3 has no beginning"],
    [`1b 24`, "the end of group 4 has no beginning"],
    [`1b 18 00`, "it ends within a field, at byte 3"],
    [`${"1b".repeat(1000)}`, "groups are nested more than 100 deep"],
    [`08 ${maxInt64} 08 01 11 ${ONE} 11 ${ONE}`, "the time of point 1 exceeds 64 bits"],
  ];
  for (const [form, detail] of cases) {
    const length = form.replaceAll(" ", "").length / 2;
    assert.throws(() => decodeHex(form), {
      name: "MessageError",
      message: `Cannot decode chunk of ${length} bytes: ${detail}`,
    }, form);
  }
});

const damagedChunk = fc.record({
  points: anyPoints,
  damage: fc.array(fc.record({ at: fc.nat({ max: 5000 }), byte: fc.nat({ max: 255 }) }), {
    maxLength: 3,
  }),
  length: fc.oneof(fc.constant(Infinity), fc.nat({ max: 5000 })),
}).map(({ points, damage, length }) => {
  const builder = new ChunkBuilder();
  for (const point of points) append(builder, point);
  const bytes = builder.detach();
  for (const { at, byte } of damage) bytes[at % bytes.length] = byte;
  return bytes.subarray(0, length);
});
const hostileBytes = fc.oneof(fc.uint8Array({ maxLength: 100 }), damagedChunk);

Deno.test("decodeChunk() answers random and damaged bytes with points or a MessageError", () => {
  fc.assert(
    fc.property(hostileBytes, (bytes) => {
      try {
        const { timesNs, values } = decodeChunk(bytes);
        assert.equal(timesNs.length, values.length);
      } catch (error) {
        assert.ok(error instanceof MessageError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test(
  requiringProto("decodeChunk() reads of damaged bytes what protobufjs reads", (DataChunk) => {
    let accepted = 0;
    fc.assert(
      fc.property(hostileBytes, (bytes) => {
        let ours;
        try {
          ours = decodeChunk(bytes);
        } catch {
          return;
        }
        accepted++;
        const theirs = DataChunk.toObject(DataChunk.decode(bytes), { longs: String, arrays: true });
        const deltas = [...ours.timesNs].map((timeNs, i) => timeNs - (ours.timesNs[i - 1] ?? 0n));
        assert.deepEqual(deltas.map(String), theirs.timeDelta);
        assert.deepEqual([...ours.values], theirs.value);
      }),
      { numRuns: 500 },
    );

    assert.ok(accepted > 50, `only ${accepted} of 500 chunks were accepted`);
  }),
);
