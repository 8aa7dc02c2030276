/**
 * The promises of the pages and of the public documentation, each with the tests that try to break
 * it. A sentence is one if it says "never", "always", "nothing", "all", "only" or the like: see
 * `sentences.ts`. Saying less is the other way to keep one.
 *
 * @module
 */

/** A sentence, word by word as it stands there, and what holds it true. */
export interface Promised {
  /** The sentence. */
  readonly sentence: string;
  /** A test's file and its name, as both are written there. */
  readonly tests: readonly (readonly [file: string, name: string])[];
}

/** All of them, page by page. */
export const PROMISES: readonly Promised[] = [
  // CHANGELOG.md
  {
    sentence: "Other programs tick as before, and no permission is asked for.",
    tests: [[
      "tests/time/loopback_pair_test.ts",
      "LoopbackPair opens nothing where that is not permitted, and asks nobody",
    ]],
  },

  // CONTRIBUTING.md
  {
    sentence: "The workflow runs the gate, and then `.ci/publish`, which refuses any other tag.",
    tests: [[
      "tests/ci_test.ts",
      ".ci/publish publishes under the tag of the version, and under no other",
    ]],
  },
  {
    sentence:
      "One rule: what lies flat in `src/` is the ground that everything may stand on, and everything else has a room.",
    tests: [[
      "tests/layers_test.ts",
      "Every file has a room, and imports from its own, from lower floors and from the ground",
    ]],
  },

  // src/programs/exec.ts

  // examples/moving_over.md
  {
    sentence: "takes a list of names as well; what it is given is never changed",
    tests: [[
      "tests/e2e/delivery_test.ts",
      "Source.declareMetrics() takes names alone, and a chunkSize of the caller's",
    ], [
      "tests/source/declarations_test.ts",
      "Source.declareMetrics() hands on metadata as it is, and changes nothing of what it is given",
    ]],
  },
  {
    sentence: "resolves when the broker has confirmed all of it",
    tests: [[
      "tests/source/source_test.ts",
      "Source.flush() sends all that is buffered, and resolves when the broker has confirmed it",
    ], [
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ]],
  },
  {
    sentence: "setting the system's time neither stalls nor repeats updates",
    tests: [[
      "tests/source/interval_source_test.ts",
      "IntervalSource keeps its phase when the system's time is set, forward or back",
    ]],
  },
  {
    sentence:
      "`Metadata` lists the standard fields: `description`, `unit`, `rate`, `interval`, `scope`, `quantity`; everything else is passed on as it is.",
    tests: [[
      "tests/source/declarations_test.ts",
      "Source.declareMetrics() hands on metadata as it is, and changes nothing of what it is given",
    ], [
      "tests/e2e/tutorial_test.ts",
      "The tutorial's source registers, is configured, declares its metric and sends",
    ]],
  },

  // examples/operations/README.md
  {
    sentence: "`--check` shows what a source would declare, without declaring or sending anything.",
    tests: [[
      "tests/cli/check_test.ts",
      "command() with --check declares and sends nothing, whatever the source does meanwhile",
    ], [
      "tests/cli/systemd_test.ts",
      "--check prints configuration and declarations, and leaves no trace",
    ]],
  },
  {
    sentence:
      "`/healthz` answers with status 200 while all sources are connected and nothing hangs that they have called, such as an `update` that reads a device without a time limit; otherwise with 503 and the reason.",
    tests: [
      [
        "tests/observe/health_server_test.ts",
        "HealthServer is not well while there is no source, or one of several is not connected",
      ],
      [
        "tests/cli/serve_health_test.ts",
        "--health answers 503 while the network is away, and 200 when it is back",
      ],
    ],
  },
  {
    sentence: "It needs no permission.",
    tests: [[
      "tests/observe/telemetry_test.ts",
      "A source exports every documented metric with OTEL_DENO=true",
    ]],
  },
  {
    sentence: "How long the data connection was away in all outages together",
    tests: [[
      "tests/observe/outage_meter_test.ts",
      "OutageMeter measures the time without a connection, after the first",
    ]],
  },

  // tests/faults/README.md
  {
    sentence: "`flush()` resolves when the broker has confirmed everything sent before the call.",
    tests: [[
      "tests/source/source_test.ts",
      "Source.flush() sends all that is buffered, and resolves when the broker has confirmed it",
    ], [
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ]],
  },
  {
    sentence:
      "It works without confirms and repeats nothing; what is on its way when a connection breaks is lost and not counted.",
    tests: [[
      "tests/outbox/outbox_test.ts",
      "Outbox without confirms forgets a chunk when it is handed over, and repeats none",
    ]],
  },
  {
    sentence: "After a kill, the next process sends what is left in the file before anything new.",
    tests: [
      [
        "tests/outbox/spool_backlog_test.ts",
        "SpoolBacklog hands on what an earlier run has left, before anything new",
      ],
      [
        "tests/outbox/source_delivery_test.ts",
        "Source with a spool loses nothing when it is killed in an outage",
      ],
    ],
  },
  {
    sentence:
      "With one byte changed, at 6 000 places of files and of their `-wal`, no wrong value was sent, each loss was told, and what was lost is as a rule one chunk.",
    tests: [[
      "tests/spool/spool_damage_test.ts",
      "Spool with one changed byte in the ${part} of a ${state} one sends nothing wrong, and tells each loss",
    ]],
  },
  {
    sentence: "The file is refused if nothing in it can be trusted.",
    tests: [[
      "tests/spool/spool_damage_test.ts",
      "Spool that is so damaged that nothing in it can be trusted is refused, and left as it is",
    ]],
  },
  {
    sentence:
      "No chunk of this source came out of order, none was made of old and new points, and the repeated ones were counted in `pointsResent`.",
    tests: [["tests/faults/faults_test.ts", "Source loses nothing, whatever befalls it"]],
  },
  {
    sentence: "None was missing or out of order, and 640 624 came twice.",
    tests: [[
      "tests/faults/soak_test.ts",
      "Source loses nothing in a long time of faults, and needs no more memory at its end",
    ]],
  },

  // src/programs
  {
    sentence: "Everything else is metadata of the metric.",
    tests: [[
      "tests/programs/values_test.ts",
      "metadataOf() is all that does not tell where the number is",
    ]],
  },

  // mod.ts
  {
    sentence:
      "an async function that gives user and password at every login, for passwords that change",
    tests: [
      [
        "tests/amqp/credentials_test.ts",
        "ReconnectingConnection asks for credentials at every login",
      ],
      [
        "tests/faults/credentials_test.ts",
        "Source logs in with a password that has changed, when credentials gives it",
      ],
    ],
  },
  {
    sentence: "Without a place nobody keeps them, which the page says.",
    tests: [["tests/watch/network_configurations_test.ts", "NetworkConfigurations"]],
  },
  {
    sentence:
      "Minimum, mean, maximum and number of points are those of all points of the span, of up to an hour.",
    tests: [[
      "tests/watch/dashboard/chart_feed_test.ts",
      "ChartFeed.statistics() counts all points of the span, once a second at most",
    ]],
  },

  // What is said of what is so only in one case.
  {
    sentence:
      "the interface that Deno's exporter, and others, are behind, without dependencies; loaded only if telemetry is on",
    tests: [[
      "tests/layers_test.ts",
      "mod.ts loads neither programs, nor a network, nor OpenTelemetry until it is asked",
    ]],
  },
  {
    sentence: "1.5 MB, loaded by these programs only",
    tests: [[
      "tests/layers_test.ts",
      "Packages, and what opens sockets, are imported each in its own place only",
    ], [
      "tests/jsr/doors_test.ts",
      "Importing an entry point of the package fetches what belongs to it, and no more",
    ]],
  },
  {
    sentence: "1.7 MB on disk, loaded by `exec`, `http` and `mqtt` only",
    tests: [[
      "tests/jsr/doors_test.ts",
      "Importing an entry point of the package fetches what belongs to it, and no more",
    ]],
  },
  {
    sentence:
      "13 MB on disk with 43 further packages, loaded by `mqtt` only; its types bring Node's along, so its calls are typed in `src/programs/mqtt_library.d.ts`",
    tests: [[
      "tests/jsr/doors_test.ts",
      "Importing an entry point of the package fetches what belongs to it, and no more",
    ]],
  },
  {
    sentence:
      "2 MB on disk with 2 further packages, loaded by `snmp` only; it trusts what comes, see `src/programs/snmp_socket.ts`, and Deno lacks the cipher it asks for, see `src/programs/snmp_cipher.ts`; its types are ours, in `src/programs/snmp_library.d.ts`",
    tests: [[
      "tests/jsr/doors_test.ts",
      "Importing an entry point of the package fetches what belongs to it, and no more",
    ]],
  },
  {
    sentence:
      "If the method throws, the caller gets the error as its answer and the source goes on; only at the start does a configuration that cannot be used end the source.",
    tests: [[
      "tests/source/configuration_test.ts",
      "Source is offered a configuration that it has refused again after each outage",
    ], [
      "tests/source/registration_test.ts",
      "Source.connect() waits for a first configuration, warns once, and tells what is missing",
    ]],
  },
  {
    sentence: "it begins to stop; error if this is the only trace of why",
    tests: [[
      "tests/observe/event_feed_test.ts",
      "EventFeed tells the log of an error as such only if no part of the program learns of it",
    ], [
      "tests/agent/agent_test.ts",
      "Agent tells of a failure the same with readers of its events as without",
    ]],
  },
  {
    sentence: "`-A`, as Deno grants `/proc` with this only",
    tests: [[
      "tests/operations/permissions_test.ts",
      "Programs do with the permissions of the guide's table, and with no others",
    ]],
  },
  {
    sentence:
      "as above, but only when it was refused three times alone, since noise on the line looks the same",
    tests: [[
      "tests/outbox/poison_test.ts",
      "Outbox.refuse() takes what may be noise for a refusal when it comes three times",
    ]],
  },
  {
    sentence:
      "Points of a chunk that is not full yet are in memory only, until the first of them is as old as `chunkAge` (10 s): a process that is killed loses the points of that time at most.",
    tests: [[
      "tests/outbox/source_delivery_test.ts",
      "Source with a spool that is killed in an outage loses the points of the last chunkAge at most",
    ]],
  },
  {
    sentence:
      "When the outbox is full, further chunks are on disk only, up to `spoolMaxBytes`; there `onFull` applies.",
    tests: [[
      "tests/outbox/spool_backlog_test.ts",
      "SpoolBacklog keeps on disk what has no room in memory, and reads it back in order",
    ]],
  },
  {
    sentence: "It is made for its owner only (mode 0600).",
    tests: [[
      "tests/outbox/spool_test.ts",
      "Spool.open() makes a file that only its owner can read",
    ]],
  },
  {
    sentence:
      "They are changed only with `--allow-configure`: first kept, then sent, as the MetricQ Wizard does it.",
    tests: [[
      "tests/watch/dashboard/dashboard_test.ts",
      "Dashboard changes nothing unless that is allowed",
    ]],
  },
  {
    sentence:
      "The network lives in memory, on this machine only, and is gone when you press Ctrl-C.",
    tests: [["tests/dev/network_test.ts", "DevNetwork.start() keeps to this machine unless told"]],
  },
];
