import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientSession } from "../../../src/dev/broker/client_session.ts";
import { newCounters } from "../../../src/dev/broker/counters.ts";
import { MemoryGauge } from "../../../src/dev/broker/memory_gauge.ts";
import { Restrictions } from "../../../src/dev/broker/restrictions.ts";
import { SocketWriter } from "../../../src/dev/broker/socket_writer.ts";
import { VirtualHost } from "../../../src/dev/broker/virtual_host.ts";
import { systemRandomness } from "../../../src/randomness.ts";
import {
  frame,
  method,
  open,
  PROTOCOL_HEADER,
  publish,
  shortString,
  startOk,
  tuneOk,
} from "./raw_client.ts";

const HANDSHAKE = [PROTOCOL_HEADER, startOk("guest", "guest"), tuneOk(), open("/")];
const OPEN_CHANNEL = method(1, 20, 10, [0]);
const DECLARE = method(1, 50, 10, [0, 0, ...shortString("queue"), 8, 0, 0, 0, 0]);
const CONSUME = method(1, 60, 20, [
  ...[0, 0, ...shortString("queue"), ...shortString("tag")],
  ...[2, 0, 0, 0, 0],
]);
const CONVERSATION = join([
  ...HANDSHAKE,
  OPEN_CHANNEL,
  DECLARE,
  ...publish("queue", new Uint8Array(200).fill(1)),
  CONSUME,
  frame(8, 0, []),
  ...publish("nobody", new Uint8Array(0)).slice(0, 2),
  method(1, 20, 40, [0, 0, 0, 0, 0, 0, 0]),
  method(0, 10, 50, [0, 0, 0, 0, 0, 0, 0]),
]);

Deno.test("ClientSession.receive() says the same wherever the bytes are cut in two", async () => {
  const whole = await converse([CONVERSATION]);
  assert.equal(whole.sent.length > 400, true);
  for (let cut = 0; cut <= CONVERSATION.length; cut++) {
    const parts = [CONVERSATION.subarray(0, cut), CONVERSATION.subarray(cut)];
    const { sent, memoryBytes, events } = await converse(parts);
    assert.deepEqual(sent, whole.sent, `cut at ${cut}`);
    assert.deepEqual([memoryBytes, events], [0, ["open", "said"]]);
  }
});

Deno.test("ClientSession.receive() survives bytes without sense", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
    const { events } = await converse([bytes]);
    assert.equal(events.length <= 1, true);
  }));
});

Deno.test("ClientSession.receive() survives frames with payloads without sense", async () => {
  const anyFrame = fc.tuple(
    fc.constantFrom(1, 1, 1, 2, 3),
    fc.constantFrom(0, 1, 1, 1, 2),
    fc.constantFrom(10, 20, 40, 50, 60, 85, 90),
    fc.constantFrom(10, 11, 20, 30, 40, 41, 50, 60, 70, 80, 90, 100, 110, 120),
    fc.uint8Array({ maxLength: 60 }),
  ).map(([type, channel, classId, methodId, rest]) =>
    frame(type, channel, [0, classId, 0, methodId, ...rest])
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 10 }), async (frames) => {
      const { defects } = await converse([...HANDSHAKE, OPEN_CHANNEL, DECLARE, ...frames]);
      assert.deepEqual(defects, []);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("ClientSession.receive() leaves what follows while the client does not read", async () => {
  const { session, writer } = begin();
  const body = new Uint8Array(100_000);
  const get = method(1, 60, 70, [0, 0, ...shortString("queue"), 1]);
  session.receive(join([...HANDSHAKE, OPEN_CHANNEL, DECLARE]));
  for (let count = 0; count < 100; count++) session.receive(join(publish("queue", body)));
  await writer.flushed();
  const gets = join(new Array(100).fill(get));
  const rest = session.receive(gets);
  assert.equal(rest.length > 0 && rest.length < gets.length, true);
  assert.equal(rest.length % get.length, 0);
  assert.equal(writer.choked, true);
  await writer.flushed();
  assert.equal(session.receive(rest).length < rest.length, true);
});

Deno.test("ClientSession drops a message whose queue goes before the message is complete", () => {
  const { session, memory } = begin();
  session.receive(join([...HANDSHAKE, OPEN_CHANNEL, method(2, 20, 10, [0]), DECLARE]));
  const [begun = new Uint8Array(), ...content] = publish("queue", new Uint8Array(100));
  session.receive(join([...publish("queue", new Uint8Array(100)), begun]));
  session.receive(method(2, 50, 40, [0, 0, ...shortString("queue"), 0]));
  session.receive(join(content));
  assert.equal(memory.bytes, 0);
});

Deno.test("ClientSession refuses to hold more unfinished messages than it has room for", async () => {
  const frames = [1, 2, 3, 4, 5].flatMap((channel) => {
    const [begin, header] = publish("queue", new Uint8Array(1_000_000));
    const onChannel = (bytes: Uint8Array) => bytes.with(2, channel);
    const body = frame(3, channel, new Uint8Array(130_000));
    return [
      method(channel, 20, 10, [0]),
      ...[begin, header].flatMap((bytes) => bytes ? [onChannel(bytes)] : []),
      ...new Array(7).fill(body),
    ];
  });
  const { closeCode } = await converse([...HANDSHAKE, ...frames]);
  assert.equal(closeCode, 506);
});

function begin() {
  const memory = new MemoryGauge(1e9);
  const events: string[] = [];
  const sent: number[] = [];
  const writer = new SocketWriter({
    write: (bytes) => Promise.resolve(sent.push(...bytes.slice(0, 10_000)) && bytes.length),
  }, { onRoom: () => {}, onFailure: () => {}, mayWrite: () => undefined });
  const session = new ClientSession(
    {
      users: new Map([["guest", "guest"]]),
      virtualHosts: new Map([[
        "/",
        new VirtualHost("/", { nowMs: () => 0, memory, randomness: systemRandomness }),
      ]]),
      channelMax: 2047,
      frameMax: 131_072,
      heartbeatSeconds: 0,
      restrictions: new Restrictions(1_000_000),
      counters: newCounters(),
    },
    writer,
    {
      onOpen: () => void events.push("open"),
      onClosing: () => void events.push("asked"),
      onFinished: () => void events.push("said"),
      onEnd: () => void events.push("end"),
    },
  );
  return { session, writer, memory, events, sent };
}

async function converse(parts: readonly Uint8Array[]) {
  const { session, writer, memory, events, sent } = begin();
  for (const part of parts) session.receive(part);
  session.release();
  await writer.flushed();
  const text = new TextDecoder("latin1").decode(Uint8Array.from(sent));
  const [, high = 0, low = 0] = /,0,10,0,50,(\d+),(\d+),/.exec(sent.join()) ?? [];
  return {
    sent,
    events,
    memoryBytes: memory.bytes,
    defects: text.match(/INTERNAL_ERROR/g) ?? [],
    closeCode: Number(high) << 8 | Number(low),
  };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
