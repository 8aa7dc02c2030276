import assert from "node:assert/strict";
import fc from "fast-check";
import { expandHosts } from "../../src/source/expand_hosts.ts";
import { pythonPath } from "../peers/python_peer.ts";
import { needing } from "../support/needing.ts";

Deno.test("expandHosts() expands ranges, several of them, and several brackets", () => {
  assert.deepEqual(expandHosts("foo[4-6,08].example"), [
    ...["foo4.example", "foo5.example", "foo6.example", "foo08.example"],
  ]);
  assert.deepEqual(expandHosts("n[1-2]r[3,4], login"), ["n1r3", "n1r4", "n2r3", "n2r4", "login"]);
  assert.deepEqual(expandHosts("[098-101]"), ["098", "099", "100", "101"]);
});

Deno.test("expandHosts() takes lists, and leaves out what is empty or there twice", () => {
  assert.deepEqual(expandHosts(["a[1-2]", "b,,a1", ""]), ["a1", "a2", "b"]);
  assert.deepEqual(expandHosts(""), []);
});

Deno.test("expandHosts() refuses what is no list of hosts", () => {
  for (const list of ["n[1", "n1]", "n[[1]]", "n[]", "n[a]", "n[1-2-3]", "n[-1]", "n[1,]"]) {
    assert.throws(() => expandHosts(list), {
      name: "SyntaxError",
      message: /^Cannot expand hosts/,
    });
  }
  for (const list of ["n[3-1]", "n[1-100001]", "n[1-1000][1-1000]", "n[1-99999],m[1-2]"]) {
    assert.throws(() => expandHosts(list), { name: "RangeError", message: /^Cannot expand hosts/ });
  }
});

const JUDGE = `
import json, sys
from hostlist import BadHostlist, expand_hostlist
def judge(text):
    try:
        return expand_hostlist(text)
    except BadHostlist:
        return None
print(json.dumps([judge(text) for text in json.load(sys.stdin)]))`;

Deno.test(needing({ peers: ["hostlist"] }, {
  name: "expandHosts() expands as python-hostlist does",
  fn: async () => {
    const piece = fc.oneof(
      fc.constantFrom("[", "]", ",", "-", "node", ".", "[1-3]", "[08-11,2]", "[7,7]", "[5-2]"),
      fc.integer({ min: 0, max: 120 }).map(String),
    );
    const lists = fc.sample(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
      3000,
    );
    const child = new Deno.Command(pythonPath(), {
      args: ["-c", JUDGE],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const written = new Response(JSON.stringify(lists)).body?.pipeTo(child.stdin);
    const { stdout } = await child.output();
    await written;
    const judged: (string[] | null)[] = JSON.parse(new TextDecoder().decode(stdout));
    const ours = lists.map((list) => {
      try {
        return expandHosts(list);
      } catch {
        return null;
      }
    });
    for (const [index, list] of lists.entries()) assert.deepEqual(ours[index], judged[index], list);
    // Neither all lists are bad, nor all are good.
    assert(judged.filter((hosts) => hosts === null).length > 300);
    assert(judged.filter((hosts) => hosts !== null && hosts.length > 1).length > 300);
  },
}));
