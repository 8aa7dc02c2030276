/**
 * The commands of the pages that their tests do not run, and what runs them instead.
 *
 * @module
 */

/** A command that is run elsewhere. */
export interface Elsewhere {
  /** The file that runs it, or what it runs. */
  readonly file: string;
  /** What that file says. */
  readonly says: string;
  /** Why it is not run with the pages. */
  readonly because: string;
}

/** By command. */
export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  "deno test -A thermometer_test.ts": {
    file: "tests/jsr/jsr_test.ts",
    says: 'run(folder, "test", "-A", "thermometer_test.ts")',
    because: "it takes the page's example as well",
  },
  "npx --yes deno@2.9.6 task test": {
    file: ".ci/run",
    says: "readme_test=$(grep -Eo 'npx --yes deno@[0-9.]+ task test$' README.md)",
    because: "it runs this test",
  },
  "bash .ci/run": {
    file: ".github/workflows/ci.yml",
    says: "run: bash .ci/run",
    because: "it runs this test",
  },
  "deno test": {
    file: ".ci/run",
    says: ".ci/deno deno test",
    because: "it runs this test",
  },
  "deno task test tests/outbox": {
    file: "deno.json",
    says: '"command": "deno run -A tests/run.ts"',
    because: "it is a part of what runs this test",
  },
  "deno task check": {
    file: ".ci/run",
    says: ".ci/deno .ci/check",
    because: "the gate runs it",
  },
  "deno fmt": {
    file: ".ci/check",
    says: "deno fmt --check",
    because: "it changes files",
  },
  "deno lint": {
    file: ".ci/check",
    says: "deno lint",
    because: "the gate runs it",
  },
  "deno task programs": {
    file: "deno.json",
    says: "METRICQ_REQUIRE_PEERS=1 deno test -A tests/jsr/programs_test.ts",
    because: "it takes minutes; the gate runs the same programs in this repository",
  },
  "deno bench": {
    file: "tests/bench/small_bench.ts",
    says: "Deno.bench(",
    because: "it measures, for which tests leave no quiet",
  },
  "METRICQ_RABBITMQ_BIN=/opt/rabbitmq/sbin deno task test tests/e2e": {
    file: "tests/peers/rabbitmq.ts",
    says: 'environmentVariable("METRICQ_RABBITMQ_BIN") ?? "/usr/lib/rabbitmq/bin"',
    because: "it is for a RabbitMQ other than the one that the gate installs",
  },
  "deno publish": {
    file: ".ci/check",
    says: "deno publish --dry-run",
    because: "it publishes",
  },
  "deno task coverage": {
    file: "deno.json",
    says: "--coverage-raw-data-only && deno coverage --include=/src/ coverage",
    because: "it is what runs this test, and takes as long",
  },
  "deno task faults": {
    file: "deno.json",
    says:
      "METRICQ_FAULTS=long METRICQ_SOAK_MINUTES=60 METRICQ_FUZZ=100000 deno test -A tests/faults",
    because: "it takes hours; the gate runs the same tests with shorter faults",
  },
  "METRICQ_FAULTS=long deno test -A tests/faults/faults_test.ts": {
    file: "tests/faults/faults_test.ts",
    says: 'Deno.env.get("METRICQ_FAULTS") === "long"',
    because: "it takes half an hour; the gate runs the same test with shorter faults",
  },
  "METRICQ_FAULTS=long deno test -A tests/spool/spool_damage_test.ts": {
    file: "tests/spool/spool_damage_test.ts",
    says: 'Deno.env.get("METRICQ_FAULTS") === "long"',
    because: "it takes minutes; the gate runs the same test with fewer bytes",
  },
  "METRICQ_FAULTS_ONLY=partition deno test -A tests/faults/faults_test.ts": {
    file: "tests/faults/faults_test.ts",
    says: 'Deno.env.get("METRICQ_FAULTS_ONLY")',
    because: "it is a part of what the gate runs",
  },
  "METRICQ_SINK_POINTS=10000000 deno test -A tests/e2e/sink_test.ts": {
    file: "tests/e2e/sink_test.ts",
    says: 'Deno.env.get("METRICQ_SINK_POINTS")',
    because: "it takes minutes; the gate runs the same test with fewer points",
  },
  "METRICQ_SOAK_MINUTES=60 deno test -A tests/faults/soak_test.ts": {
    file: "tests/faults/soak_test.ts",
    says: 'Deno.env.get("METRICQ_SOAK_MINUTES")',
    because: "it takes an hour; the gate runs the same test for less",
  },
  "METRICQ_FUZZ=100000 deno test -A tests/faults/fuzz_*_test.ts": {
    file: "tests/faults/fuzz.ts",
    says: 'Deno.env.get("METRICQ_FUZZ")',
    because: "it takes half an hour; the gate runs the same tests with fewer inputs",
  },
  "deno task bench watching": {
    file: "tests/bench/main.ts",
    says: "  watching,",
    because: "it takes minutes",
  },
  "deno task bench": {
    file: "deno.json",
    says: "deno run -A tests/bench/main.ts",
    because: "it takes half an hour; that it starts is tried with the pages",
  },
  "deno task simulate": {
    file: "deno.json",
    says: '"command": "deno run -A --v8-flags=--single-threaded-gc tests/simulation/main.ts"',
    because: "it runs until it is interrupted; the gate runs the same for a minute",
  },
  "deno task simulate --seed 42": {
    file: "tests/simulation/determinism_test.ts",
    says: '"--seed"',
    because: "it is what that test runs",
  },
  "deno task simulate --seed 42 --shrink": {
    file: "tests/simulation/arguments.ts",
    says: 'shrink: { type: "boolean"',
    because: "it needs a seed that fails",
  },
  "deno task simulate:speed": {
    file: "deno.json",
    says: '"command": "deno run -A --v8-flags=--single-threaded-gc tests/simulation/speed.ts"',
    because: "it takes minutes",
  },
  "deno task simulate:planted": {
    file: "deno.json",
    says: '"command": "deno run -A tests/simulation/planted_main.ts"',
    because: "it takes half an hour; the gate sees that each fault has its place",
  },
  ".venv/bin/pip install uvloop": {
    file: "tests/bench/program.ts",
    says: "uvloop",
    because: "a benchmark's peer may be missing, and is left out then",
  },
  ".venv/bin/pip install --target .venv/upb protobuf": {
    file: "tests/bench/program.ts",
    says: "sys.prefix + '/upb'",
    because: "a benchmark's peer may be missing, and is left out then",
  },
  "npx jsr add @metricq/source": {
    file: "tests/runtimes/npm_package.ts",
    says: "what JSR's registry for npm delivers",
    because: "there is no stand-in for that registry, but for what it delivers",
  },
  "curl http://127.0.0.1:9464/healthz": {
    file: "tests/observe/health_server_test.ts",
    says: "/healthz",
    because: "it needs an outage, which that test makes",
  },
};

/** What runs the command at the head of a program, whichever permissions that has. */
export const PROGRAM_COMMAND = /^deno run --no-prompt .* jsr:@metricq\/source\/(\w+) /;
