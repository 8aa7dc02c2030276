import assert from "node:assert/strict";
import fc from "fast-check";
import { readSamples, type Sample } from "../../src/programs/prometheus_text.ts";
import { PythonPeer } from "../peers/python_peer.ts";
import { needing } from "../support/needing.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** What a test compares of samples. */
function brief({ name, labels, value, time }: Sample) {
  return [name, Object.fromEntries(labels), value, ...time ? [time.posixNs] : []];
}

Deno.test("readSamples() reads the text format: blanks, comments, escapes, times in ms", () => {
  const text = [
    "# HELP requests_total All \\\\ of\\nthem",
    "#\tTYPE requests_total counter",
    "# what anybody likes to say",
    "",
    'requests_total{path="/a\\"b\\\\c\\nd",code="200",} 1027 1395066363000',
    '  requests_total { path = "#{}, " , code="3" }  -3.5e2  ',
    "untyped +Inf",
    "untyped NaN -7",
  ].join("\n");
  const samples = readSamples(text, TEXT);
  assert.deepEqual(samples.map(brief), [
    ["requests_total", { path: '/a"b\\c\nd', code: "200" }, 1027, 1395066363000000000n],
    ["requests_total", { path: "#{}, ", code: "3" }, -350],
    ["untyped", {}, Infinity],
    ["untyped", {}, NaN, -7000000n],
  ]);
  const family = { name: "requests_total", type: "counter", unit: undefined };
  assert.deepEqual(samples[0]?.family, { ...family, help: "All \\ of\nthem" });
  assert.equal(samples[2]?.family.type, "unknown");
});

Deno.test("readSamples() reads OpenMetrics: units, times in seconds, and leaves exemplars out", () => {
  const text = [
    "# TYPE wait_seconds histogram",
    "# UNIT wait_seconds seconds",
    "# HELP wait_seconds How long",
    'wait_seconds_bucket{le="0.1"} 8 # {trace="a b # c"} 0.067 1520879607.789',
    'wait_seconds_bucket{le="+Inf"} 17 1520879607.123456789 # {} 9.8',
    "wait_seconds_count 17",
    "wait_seconds_created 1520872607.1",
    "# TYPE foo counter",
    "foo_total 1 2.5e3",
    "# EOF",
    "",
  ].join("\n");
  const samples = readSamples(text, OPEN_METRICS);
  assert.deepEqual(samples.map(brief), [
    ["wait_seconds_bucket", { le: "0.1" }, 8],
    ["wait_seconds_bucket", { le: "+Inf" }, 17, 1520879607123456789n],
    ["wait_seconds_count", {}, 17],
    ["wait_seconds_created", {}, 1520872607.1],
    ["foo_total", {}, 1, 2500000000000n],
  ]);
  assert.deepEqual(
    samples.map(({ family, suffix }) => [family.name, family.type, family.unit, suffix]),
    [
      ...["_bucket", "_bucket", "_count", "_created"].map((
        suffix,
      ) => ["wait_seconds", "histogram", "seconds", suffix]),
      ["foo", "counter", undefined, "_total"],
    ],
  );
});

Deno.test("readSamples() refuses an answer by the line that breaks the rules", () => {
  const refuses = (type: string, text: string, message: RegExp) =>
    assert.throws(() => readSamples(text, type), { name: "SyntaxError", message });
  const form = /line 2 is ".*", NAME VALUE or NAME\{LABEL="VALUE"\} VALUE is required$/;
  for (
    const line of [
      "a",
      "a{",
      "a{} ",
      'a{b="c} 1',
      'a{b="c",,} 1',
      'a{b="c" d="e"} 1',
      "a{b=c} 1",
      "1a 1",
      "a 1 2 3",
      "a 1 # {} 1",
    ]
  ) refuses(TEXT, `x 1\n${line}`, form);
  refuses(
    TEXT,
    "a abc",
    /line 1 is "a abc", a number, NaN, \+Inf or -Inf is required as its value/,
  );
  refuses(TEXT, "a 0x10", /a number/);
  refuses(TEXT, "a 1 1.5", /an integer of ms is required/);
  refuses(TEXT, 'a{b="c",b="d"} 1', /label "b" is allowed once/);
  refuses(TEXT, "# TYPE a fancy", /one of counter, gauge, .* is required as its type/);
  refuses(OPEN_METRICS, "a 1\n", /^Cannot read metrics: the text is cut off, # EOF is required/);
  refuses(OPEN_METRICS, "# EOF\na 1\n", /nothing is allowed behind # EOF/);
  refuses(OPEN_METRICS, "# what anybody says\n# EOF\n", /# HELP, # TYPE, # UNIT or # EOF/);
  for (const line of ["", "a  1", 'a{b="c",} 1', 'a{b="c"}1', "a 1 ", "a 1 # {} ", "a 1 #{} 1"]) {
    refuses(OPEN_METRICS, `x 1\n${line}\n# EOF\n`, /line 2 is/);
  }
});

Deno.test("readSamples() shows little of an answer that is another page, and no keys in it", () => {
  const long = "x".repeat(1_000_000);
  const pages = [
    '<input name="csrf" value="hush">',
    "<script>var key='hush'</script>",
    '{"token": "hush"}',
    'a{key="hush"} one',
    `a{b="hush${long}`,
    `a{${long}="1",${long}="hush"} 1`,
    `# TYPE ${long} hush`,
    long,
  ];
  for (
    const [type, page] of [TEXT, OPEN_METRICS].flatMap((type) => pages.map((page) => [type, page]))
  ) {
    assert.throws(() => readSamples(page ?? "", type ?? ""), ({ message }: Error) => {
      assert(message.length < 400, message);
      assert.doesNotMatch(message, /hush/);
      return true;
    });
  }
});

const NAME = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const LABEL = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const LABEL_VALUE = fc.string({
  unit: fc.constantFrom(...'ab\\"\n{}=,# é\t😀'),
  maxLength: 8,
});
const VALUE = fc.oneof(
  fc.double().map((value) => pythonNumber(value)),
  fc.constantFrom("NaN", "+Inf", "-Inf", "1", "1e3", "-0", "1.", ".5", "+2"),
);

Deno.test(needing({ peers: ["metricq", "prometheus_client"] }, {
  name: "readSamples() reads as prometheus_client does",
  fn: async () => {
    await using judge = new PythonPeer("prometheus.py");
    let id = 0;
    const line = fc.record({
      name: NAME,
      labels: fc.dictionary(LABEL, LABEL_VALUE, { maxKeys: 3 }),
      value: VALUE,
      time: fc.option(fc.integer({ min: 0, max: 2e9 })),
    });
    const property = fc.asyncProperty(line, fc.boolean(), async (parts, isOpenMetrics) => {
      const { name, labels, value, time } = parts;
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
      const times = time === null ? "" : ` ${isOpenMetrics ? time : time * 1000}`;
      const sample = `${name}${pairs.length ? `{${pairs.join(",")}}` : ""} ${value}${times}\n`;
      const text = isOpenMetrics ? `${sample}# EOF\n` : sample;
      const own = ++id;
      await judge.write({ id: own, text, openmetrics: isOpenMetrics });
      const { samples, error } = await judge.waitForEvent((event) => event["id"] === own);
      // It takes this name for that of another family, and refuses what is of none here.
      fc.pre(error === undefined);
      const expected = (samples as [string, string, unknown, string, string | null][])
        .map(([, name, labels, value, time]) => [name, labels, value, time && Number(time)]);
      const read = readSamples(text, isOpenMetrics ? OPEN_METRICS : TEXT);
      const ours = read.map(({ name, labels, value, time }) => [
        name,
        Object.fromEntries(labels),
        pythonNumber(value),
        time ? time.posixMs / 1000 : null,
      ]);
      assert.deepEqual(
        ours,
        expected.map(([name, labels, value, time]) => [
          ...[name, labels, pythonNumber(Number(String(value).replace("inf", "Infinity")))],
          time,
        ]),
      );
    });
    await fc.assert(property, { numRuns: 500 });
  },
}));

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Math.abs(value) === Infinity ? `${value > 0 ? "+" : "-"}Inf` : String(value);
}
