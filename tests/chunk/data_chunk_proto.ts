/**
 * protobufjs's own reading of `proto/datachunk.proto`, to compare ours with.
 *
 * @module
 */

import protobuf from "protobufjs";

const PROTO_FILE = new URL("../../proto/datachunk.proto", import.meta.url);

/** What a test that needs the file puts into its definition: ignored, and why. */
export function requiringProto(
  name: string,
  fn: (type: protobuf.Type) => void,
): Deno.TestDefinition {
  const granted =
    Deno.permissions.querySync({ name: "read", path: PROTO_FILE }).state === "granted";
  return {
    name: granted ? name : `${name} (not run: needs --allow-read=proto/datachunk.proto)`,
    ignore: !granted,
    fn: () => fn(dataChunkType()),
  };
}

function dataChunkType(): protobuf.Type {
  const { root } = protobuf.parse(Deno.readTextFileSync(PROTO_FILE));
  return root.lookupType("metricq.DataChunk");
}
