/**
 * The promises of the public documentation, symbol by symbol; those of the pages are in `promises.ts`.
 *
 * @module
 */

import type { Promised } from "./promises.ts";

/** All of them. */
export const DOCUMENTED_PROMISES: readonly Promised[] = [
  // Sink
  {
    sentence: "Checks the options; nothing is sent before `connect` or `run`.",
    tests: [[
      "tests/api/before_connect_test.ts",
      "Agents send nothing before connect or run, whatever they are asked to",
    ]],
  },
  // Source
  {
    sentence: "The given objects are copied, never changed.",
    tests: [[
      "tests/source/declarations_test.ts",
      "Source.declareMetrics() hands on metadata as it is, and changes nothing of what it is given",
    ], [
      "tests/e2e/delivery_test.ts",
      "Source.declareMetrics() takes names alone, and a chunkSize of the caller's",
    ]],
  },
  {
    sentence:
      "During an outage points are kept and sent when the connection is back, and `send` waits for nothing as long as there is room (`outboxMaxBytes`; what happens then is `onFull`'s choice).",
    tests: [[
      "tests/e2e/outage_test.ts",
      "Source.send() during an outage resolves, and the point arrives later",
    ], [
      "tests/outbox/outbox_room_test.ts",
      "Outbox.admit() lets the producer pause for a confirm while half of the outbox is full, not in an outage",
    ]],
  },
  {
    sentence:
      'While the connection is up and 6 MiB (with "at-most-once" 2 MiB), or half of that room if it is less, are used, or 4096 chunks wait to be sent, `send` waits for the broker\'s pace; not for a broker that has confirmed nothing for a second.',
    tests: [[
      "tests/outbox/outbox_room_test.ts",
      "Outbox.admit() lets the producer pause while 4096 chunks wait, however small",
    ], [
      "tests/outbox/outbox_room_test.ts",
      "Outbox.admit() lets the producer pause for a confirm while half of the outbox is full, not in an outage",
    ], [
      "tests/outbox/outbox_room_test.ts",
      "Outbox.admit() lets no producer pause for a connection that has confirmed nothing for a second",
    ]],
  },
  {
    sentence: "Sends all that is buffered.",
    tests: [[
      "tests/source/source_test.ts",
      "Source.flush() sends all that is buffered, and resolves when the broker has confirmed it",
    ], [
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ]],
  },
  {
    sentence: "Resolves when the broker has confirmed everything sent before.",
    tests: [[
      "tests/source/source_test.ts",
      "Source.flush() sends all that is buffered, and resolves when the broker has confirmed it",
    ], [
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ]],
  },
  // IntervalSource
  {
    sentence:
      "A source whose `update` is called at constant intervals: first at once, then every `period`, on the monotonic clock, so that setting the system's time changes nothing; with `align` at round times of day instead.",
    tests: [[
      "tests/source/interval_source_test.ts",
      "IntervalSource updates at once, and then at every period",
    ], [
      "tests/source/interval_source_test.ts",
      "IntervalSource keeps its phase when the system's time is set, forward or back",
    ], [
      "tests/source/interval_source_test.ts",
      "IntervalSource with align updates at round times of day, which it tells",
    ]],
  },
  {
    sentence:
      "If it throws a {@linkcode PublishFailed}, that is logged and the updates go on; any other error stops the source with that error.",
    tests: [[
      "tests/e2e/stop_test.ts",
      "IntervalSource goes on after PublishFailed, and stops with any other error of update",
    ], [
      "tests/source/interval_source_test.ts",
      "IntervalSource goes on after PublishFailed, which it logs",
    ]],
  },
  {
    sentence:
      "Calls `update` at every tick; a method in its place has to call it as `super.task(signal)`.",
    tests: [[
      "tests/source/interval_source_test.ts",
      "IntervalSource updates at once, and then at every period",
    ]],
  },
  // PollGroup
  {
    sentence:
      'One of which there is none, or something else than a number, gets "no reading" (NaN), and the log tells once which, and why; as all do when it throws.',
    tests: [[
      "tests/source/polling_readings_test.ts",
      "PollingSource tells once that ${problem}, and sends NaN",
    ], [
      "tests/source/polling_source_test.ts",
      "PollingSource sends NaN for a group that fails, and the others keep their phase",
    ]],
  },
  {
    sentence: '`null` is "no reading" of all, `undefined` nothing to send yet.',
    tests: [[
      "tests/source/polling_readings_test.ts",
      "PollingSource takes null for no reading, on purpose and without a word",
    ], [
      "tests/source/polling_readings_test.ts",
      "PollingSource tells of a read without a return, but not of one with nothing to send yet",
    ]],
  },
  {
    sentence: "It is declared at once, which holds up nothing else, and sent from then on.",
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource reads on while a found metric is declared, and tries it again",
    ]],
  },
  {
    sentence:
      "Groups with the same one are read one at a time, and when all of them fail, the log tells it once, and one attempt stands for all.",
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource reads groups of one device one at a time, each with its own time limit",
    ], [
      "tests/source/polling_source_test.ts",
      "PollingSource leaves a device that fails alone for longer and longer, and tells it once",
    ]],
  },
  {
    sentence:
      "Whether a reading with the same numbers as the one before is left out, but no more than one in a row: for a device that is asked twice as often as it measures, so that no value is missed.",
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource leaves out a reading that is repeated, but not two in a row",
    ]],
  },
  {
    sentence: "A value with a time of its own is sent once for each time in any case.",
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource sends values with times of their own, each time once",
    ]],
  },
  // Reading
  {
    sentence:
      'What a device says of one metric: a number, which has the time of the reading; one value or several with times of their own, in their order, an empty list being nothing to send yet; `null`, which is "no reading"; or why there is no number.',
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource sends values with times of their own, each time once",
    ], [
      "tests/source/polling_readings_test.ts",
      "PollingSource takes null for no reading, on purpose and without a word",
    ]],
  },
  // Metadata
  {
    sentence: "Any further fields are passed on as they are.",
    tests: [[
      "tests/source/declarations_test.ts",
      "Source.declareMetrics() hands on metadata as it is, and changes nothing of what it is given",
    ], [
      "tests/e2e/tutorial_test.ts",
      "The tutorial's source registers, is configured, declares its metric and sends",
    ]],
  },
  // Agent
  {
    sentence: "Called again it changes nothing.",
    tests: [["tests/agent/agent_test.ts", "Agent.stop() called again changes nothing"]],
  },
  {
    sentence: "Any number of readers have the events each for itself.",
    tests: [[
      "tests/observe/event_feed_test.ts",
      "EventFeed.read() tells each of any number of readers all that happens, until the end",
    ]],
  },
  {
    sentence:
      'A reader that is slow delays nothing: beyond 1000 waiting events, or as many as an iteration begins with if these are more, the oldest are left out, and `"missed"` tells how many.',
    tests: [
      [
        "tests/observe/event_feed_test.ts",
        "EventFeed.read() leaves out the oldest events for a slow reader, and tells how many",
      ],
      [
        "tests/observe/event_feed_test.ts",
        "EventFeed.read() begins with all that is the case, however much that is, and then bounds what waits",
      ],
      ["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"],
      ["tests/e2e/events_test.ts", "Agent.events() on RabbitMQ ${scenario.name}"],
    ],
  },
  // AgentOptions
  {
    sentence:
      "The user and password to log in with, instead of those in `url`: asked for at every attempt to connect, so that a password that has changed is used after the next outage.",
    tests: [[
      "tests/amqp/credentials_test.ts",
      "ReconnectingConnection asks for credentials at every login",
    ], [
      "tests/faults/credentials_test.ts",
      "Source logs in with a password that has changed, when credentials gives it",
    ]],
  },
  // Randomness
  // SpoolStorage
  {
    sentence: "Adds and removes chunks, all of them or, if it throws, none.",
    tests: [["tests/outbox/spool_test.ts", "Spool.write() that fails changes nothing"]],
  },
  // Chunk
  {
    sentence: "The bytes never change before it has ended: a resent chunk is the same.",
    tests: [[
      "tests/outbox/chunk_memory_test.ts",
      "A chunk's bytes stay while it may be sent again, whatever is confirmed and dropped",
    ], [
      "tests/chunk/chunk_builder_test.ts",
      "ChunkBuilder.detach() begins an empty chunk, which does not change the bytes detached before",
    ], [
      "tests/outbox/outbox_test.ts",
      "Outbox.confirm() sends a refused chunk again after a pause, the very same bytes",
    ], ["tests/faults/faults_test.ts", "Source loses nothing, whatever befalls it"]],
  },
  // Delivery
  {
    sentence:
      '`"confirmed"`: a chunk is kept until the broker has confirmed it, and sent again if the connection goes before that: nothing is lost, and a chunk whose confirm was lost is repeated.',
    tests: [[
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ], ["tests/faults/faults_test.ts", "Source loses nothing, whatever befalls it"]],
  },
  {
    sentence:
      '`"at-most-once"`: a chunk is forgotten when it has been handed to the connection: nothing is repeated, and what is on its way when the connection goes is lost without a trace, or arrives behind later points.',
    tests: [[
      "tests/outbox/outbox_test.ts",
      "Outbox without confirms forgets a chunk when it is handed over, and repeats none",
    ]],
  },
  // DeliveryOptions
  {
    sentence:
      "Called when points are dropped, once per metric and reason for all that are dropped at one time.",
    tests: [[
      "tests/outbox/loss_report_test.ts",
      "LossReport calls the hook afterwards, once per metric and reason",
    ]],
  },
  // SourceStats
  {
    sentence:
      "Every point is in exactly one place: `pointsSent + pointsRecovered` is `pointsConfirmed + pointsDropped + pointsBuffered`.",
    tests: [[
      "tests/outbox/source_delivery_test.ts",
      "Source.stats accounts for every point, also for those in chunks that are not full",
    ], [
      "tests/outbox/order_test.ts",
      "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
    ]],
  },
  {
    sentence: "How long the data connection was away in all outages together, in seconds.",
    tests: [[
      "tests/observe/outage_meter_test.ts",
      "OutageMeter measures the time without a connection, after the first",
    ]],
  },
  // AgentEvents
  {
    sentence:
      "The manager has no configuration for the token, and so does not register a source; `reason` is what it has answered.",
    tests: [[
      "tests/source/registration_test.ts",
      "Source.connect() waits for a first configuration, warns once, and tells what is missing",
    ]],
  },
  {
    sentence: "`total` are the points of all losses so far.",
    tests: [
      [
        "tests/outbox/order_test.ts",
        "Outbox keeps the order within each metric and accounts for every chunk, whatever the broker does${what}",
      ],
      ["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"],
      ["tests/e2e/events_test.ts", "Agent.events() on RabbitMQ ${scenario.name}"],
    ],
  },
  {
    sentence: '`"blocked"`: the broker takes no messages, as it runs out of memory or disk.',
    tests: [["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"], [
      "tests/e2e/events_test.ts",
      "Agent.events() on RabbitMQ ${scenario.name}",
    ]],
  },
  {
    sentence: '`"unconfirmed"`: it has confirmed nothing for 5 s.',
    tests: [
      [
        "tests/outbox/stall_watch_test.ts",
        "StallWatch tells that nothing was confirmed for five seconds, and of the next confirm",
      ],
      ["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"],
      ["tests/e2e/events_test.ts", "Agent.events() on RabbitMQ ${scenario.name}"],
    ],
  },
  // HealthServer
  {
    sentence:
      'Answers `/healthz` with status 200 while the `health.status` of all sources is `"connected"`, and with 503 and the reasons while that of one is not; `/metrics` with the numbers of the sources in Prometheus\' text format.',
    tests: [[
      "tests/observe/health_server_test.ts",
      "HealthServer is not well while there is no source, or one of several is not connected",
    ], [
      "tests/cli/serve_health_test.ts",
      "--health answers 503 while the network is away, and 200 when it is back",
    ]],
  },
  {
    sentence: "Closes all connections.",
    tests: [[
      "tests/observe/health_server_test.ts",
      "HealthServer.stop() ends connections that are open, and frees the port",
    ]],
  },
  // RpcHandler
  {
    sentence:
      "All schemas of a function are asked before the first of its handlers runs, so that none acts on what another refuses.",
    tests: [[
      "tests/rpc/schema_test.ts",
      "RpcDispatcher asks all schemas before it runs the first handler",
    ]],
  },
  // rpcHandler
  {
    sentence:
      "Several methods may answer the same function, also in one class: all are called, those of base classes first.",
    tests: [[
      "tests/rpc/rpc_handler_test.ts",
      "rpcHandler() runs methods of base classes first, then in the order of the class",
    ]],
  },
  {
    sentence:
      "A method that overrides another one takes its place, whether it is decorated again or not, as in any other call of a method; `super.onConfig(…)` calls the one it overrides.",
    tests: [[
      "tests/rpc/rpc_handler_test.ts",
      "rpcHandler() calls an overriding method once, in the place of the one it overrides",
    ]],
  },
  {
    sentence:
      "No handler of the function runs then: the configuration that was in force before stays.",
    tests: [[
      "tests/rpc/schema_test.ts",
      "RpcDispatcher asks all schemas before it runs the first handler",
    ]],
  },
  // RpcHandlerRegistry
  {
    sentence:
      "All handlers of a function run, one after another, in the order in which they were added; only one of them may return a value.",
    tests: [[
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() runs handlers in the order in which they were added",
    ], [
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() refuses results that are not objects, and more than one",
    ]],
  },
  // RpcMethod
  {
    sentence: "Its type says what it expects: `never` fits any of them.",
    tests: [[
      "tests/rpc/rpc_handler_test.ts",
      "RpcHandlerRegistry.addRpcHandler() takes handlers of every type without a cast",
    ]],
  },
  // RpcResult
  {
    sentence: "What a handler may return: the result as an object that JSON can carry, or nothing.",
    tests: [[
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() returns what a handler returns, or an empty object",
    ], [
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() refuses results that are not objects, and more than one",
    ], [
      "tests/rpc/rpc_endpoint_test.ts",
      "RpcEndpoint answers with an error when a handler's result is not JSON",
    ]],
  },
  // Rate
  {
    sentence:
      "How much it has grown per second since the reading before; `undefined` for the first reading, and NaN if the two tell nothing.",
    tests: [[
      "tests/source/rate_of_test.ts",
      "rateOf() gives growth per second, and nothing for the first reading",
    ], [
      "tests/source/rate_of_test.ts",
      "rateOf() takes no count of NaN, nor of a reading at the same time or an earlier one",
    ]],
  },
  // rateOf
  {
    sentence:
      'It is taken for the first if it has then grown by no more than half of `wrapsAt`; the second is "no reading" (NaN), as the growth before it is not known.',
    tests: [[
      "tests/source/rate_of_test.ts",
      "rateOf() counts on over the end of the counter's range",
    ], [
      "tests/source/rate_of_test.ts",
      "rateOf() gives no reading for a counter that was reset, and goes on from there",
    ]],
  },
  {
    sentence:
      "A reading that is NaN, and one with the time of the reading before, gives NaN and counts for nothing: the next rate is the mean since the reading before it.",
    tests: [[
      "tests/source/rate_of_test.ts",
      "rateOf() takes no count of NaN, nor of a reading at the same time or an earlier one",
    ]],
  },
  // Timestamp
  {
    sentence:
      "Two calls never return the same instant, and a later call returns a later one, unless the system's time was stepped back by more than a second meanwhile.",
    tests: [[
      "tests/time/wall_clock_test.ts",
      "WallClock never tells the same time twice, nor an earlier one",
    ]],
  },
  // MonotonicClock
  {
    sentence: "It never rejects; the signal tells which it was.",
    tests: [[
      "tests/time/precise_sleep_test.ts",
      "PreciseSleeper.approach() ends at once when aborted, and leaves nothing behind",
    ], [
      "tests/testing/manual_clock_test.ts",
      "ManualClock.sleepUntil() ends when its signal is aborted",
    ]],
  },
  // Ticker
  {
    sentence: "Setting the period that is in force changes nothing.",
    tests: [[
      "tests/schedule/ticker_test.ts",
      "Ticker.period set to the value in force changes nothing",
    ]],
  },
  // ticks
  {
    sentence:
      "Deadlines are the start plus whole multiples of the period: lateness of one tick never moves the next, and nothing adds up.",
    tests: [
      ["tests/schedule/ticker_test.ts", "ticks() does not drift in a million ticks of 0.1 s"],
      [
        "tests/schedule/ticker_test.ts",
        "ticks() tells how late a tick is, and lets the next one come in time",
      ],
    ],
  },
  {
    sentence: "Other work of the event loop gets its turn before every tick.",
    tests: [[
      "tests/schedule/ticker_test.ts",
      "ticks() lets the event loop turn before every tick, however short the period",
    ]],
  },
  // TicksOptions
  {
    sentence: "No tick comes before its time by the system's clock.",
    tests: [[
      "tests/schedule/wall_grid_test.ts",
      "Aligned ticks are on the grid, never early, never twice, whatever the time of day does",
    ]],
  },
  {
    sentence:
      "That clock is read at every tick, and twice a second in between: while NTP adjusts it, ticks are up to 0.5 ms late.",
    tests: [[
      "tests/schedule/wall_grid_test.ts",
      "Aligned ticks stay on the grid while the time is slewed by ${ppm} ppm for an hour",
    ]],
  },
  {
    sentence:
      "A tick that would be late by a period or more, as the process had no time, gives way to the latest that is due.",
    tests: [[
      "tests/schedule/wall_grid_test.ts",
      "An aligned tick that would be late by a period gives way to the latest that is due",
    ]],
  },
  {
    sentence:
      "forward by more than a period, the times that it leaps over get no tick, and do not count as missed; by less, a tick that it leaps over comes late;",
    tests: [[
      "tests/schedule/wall_grid_test.ts",
      "Aligned ticks leap over what a time set forward leaps over, and miss nothing",
    ], [
      "tests/schedule/wall_grid_test.ts",
      "An aligned tick that a time set forward by less than a period leaps over comes late",
    ]],
  },
  {
    sentence:
      "back by no more than a period, or a second if that is longer, ticks pause until it is past the last tick's time: no time gets two ticks;",
    tests: [[
      "tests/schedule/wall_grid_test.ts",
      "Aligned ticks come once for each time when that is set back by less than a period",
    ], [
      "tests/schedule/wall_grid_test.ts",
      "Fast aligned ticks pause for a time that is set back by up to a second",
    ]],
  },
  // CommandOptions
  {
    sentence:
      'With `"never"` there is neither `--server` nor `--token`, for a program that does not take part in a network.',
    tests: [[
      "tests/cli/built_in_options_test.ts",
      "allOptions() leaves out those of a network for a program without one",
    ]],
  },
  // TestNetwork
  {
    sentence: "Stalls all connections: nothing moves, and none ends, until `resume`.",
    tests: [[
      "tests/testing/test_network_test.ts",
      "TestNetwork.pause() stalls everything until resume()",
    ]],
  },
  // Dashboard
  {
    sentence:
      "It answers only requests to its own name and port, and accepts WebSockets and configurations only from its own page: other pages in the same browser can neither read nor change anything.",
    tests: [[
      "tests/watch/dashboard/dashboard_test.ts",
      "Dashboard answers nothing under a foreign name",
    ], [
      "tests/watch/dashboard/dashboard_test.ts",
      "Dashboard refuses the WebSocket of another origin",
    ], [
      "tests/watch/dashboard/dashboard_test.ts",
      "Dashboard takes no configuration from another origin",
    ]],
  },
  // Subscription
  {
    sentence:
      "Ends the subscription behind the last point that was sent until now: the reader gets all that is in the queue, and then the end.",
    tests: [[
      "tests/sink/sink_test.ts",
      "Subscription.end() gives all that was sent before, and then the end",
    ]],
  },
  // ManualClock
  {
    sentence: "Makes a clock that reads `startMs`, in milliseconds as all that it shows.",
    tests: [["tests/testing/manual_clock_test.ts", "ManualClock stands still until it is moved"]],
  },
  // PollingSource
  {
    sentence: "Then they begin when all handlers have accepted it.",
    tests: [[
      "tests/source/polling_source_test.ts",
      "PollingSource reads groups of a configuration when all of its handlers have accepted it",
    ]],
  },
  // AgentOptions
  {
    sentence:
      "What a source does with the configuration that its registration brings has no limit, as no other agent waits for it.",
    tests: [[
      "tests/source/configuration_test.ts",
      "Source waits for what its first configuration does, beyond rpcTimeout, and tells how long",
    ]],
  },
  // AgentEvents
  {
    sentence: "All handlers of a configuration have accepted it, which took this long.",
    tests: [[
      "tests/source/configuration_test.ts",
      "Source tells that it is configured when all handlers have accepted, after all of their time",
    ]],
  },
  // AgentEvents
  {
    sentence: "`points-lost` tells of all these points when that is over.",
    tests: [
      [
        "tests/outbox/loss_report_test.ts",
        "LossReport tells once of each metric that is refused for what it is, and of other losses beside it",
      ],
      ["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"],
      ["tests/e2e/events_test.ts", "Agent.events() on RabbitMQ ${scenario.name}"],
    ],
  },
  // AgentEvents
  {
    sentence:
      "A loss that is over at once, as at a stop, and one of refused points have no `losing-points` before them.",
    tests: [
      [
        "tests/outbox/loss_report_test.ts",
        "LossReport tells of what a stop loses only once, as it is over at once",
      ],
      ["tests/agent/events_test.ts", "Agent.events() ${scenario.name}"],
      ["tests/e2e/events_test.ts", "Agent.events() on RabbitMQ ${scenario.name}"],
    ],
  },
  // command
  // PointsLost
  {
    sentence:
      '`"damaged"`: they were in the spool, and are not there any more as they were written.',
    tests: [[
      "tests/outbox/source_delivery_test.ts",
      "Source with a damaged spool sends what is whole, and counts and tells the rest",
    ]],
  },
  // MetricsView
  {
    sentence:
      "To ask for some is to follow them: their points are received from then on, and no longer than for 10 seconds after they were asked for last.",
    tests: [[
      "tests/watch/live_metrics_test.ts",
      "LiveMetrics receives what is asked for, and lets it go 10 s after it was asked for last",
    ]],
  },
  // NetworkView
  // ConfigurationState
  {
    sentence: '`"kept"`: no source is connected to take it; it gets it when it registers.',
    tests: [[
      "tests/dev/manager/manager_test.ts",
      "Manager knows what has become of a configuration, why it is refused, and since when",
    ]],
  },
  // NetworkView
  {
    sentence:
      "What has become of the newest configuration of a token; `undefined` if nothing was done with it.",
    tests: [[
      "tests/dev/manager/manager_test.ts",
      "Manager knows what has become of a configuration, why it is refused, and since when",
    ]],
  },

  // What is said of what is so only in one case.
  {
    sentence:
      "Handlers of one function run in the order in which they were added, and only one may return a value.",
    tests: [[
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() runs handlers in the order in which they were added",
    ], [
      "tests/rpc/dispatcher_test.ts",
      "RpcDispatcher.dispatch() refuses results that are not objects, and more than one",
    ]],
  },
  {
    sentence: "Only metrics that are, or are not, stored in a database.",
    tests: [[
      "tests/dev/manager/metric_catalog_test.ts",
      "MetricCatalog.select() finds what is asked for, sorted",
    ]],
  },
  {
    sentence: "Only metrics whose name begins with this.",
    tests: [[
      "tests/dev/manager/metric_catalog_test.ts",
      "MetricCatalog.select() finds what is asked for, sorted",
    ]],
  },
  {
    sentence: "Only metrics whose name contains this.",
    tests: [[
      "tests/dev/manager/metric_catalog_test.ts",
      "MetricCatalog.select() finds what is asked for, sorted",
    ]],
  },
  {
    sentence: "Only metrics that are, or are not, hidden.",
    tests: [[
      "tests/dev/manager/metric_catalog_test.ts",
      "MetricCatalog.select() finds what is asked for, sorted",
    ]],
  },
  {
    sentence: "The spool cannot be written: chunks are kept in memory only.",
    tests: [[
      "tests/outbox/spool_backlog_test.ts",
      "SpoolBacklog goes on in memory while the disk is full, and writes again afterwards",
    ]],
  },
  {
    sentence:
      "How many were at most `upTo`, by ascending bounds; those above the last are in `count` only.",
    tests: [[
      "tests/histogram_test.ts",
      "Histogram counts values up to each bound, and those above the last in the count only",
    ]],
  },
  {
    sentence:
      "The only texts that are accepted, in upper or lower case; the value is as written here.",
    tests: [[
      "tests/cli/settings_test.ts",
      "resolveSettings() takes a choice in upper or lower case",
    ]],
  },
  {
    sentence:
      "Connecting failed: the broker or the manager is absent or has refused it; after an outage only if the broker refuses user and password again and again.",
    tests: [[
      "tests/amqp/connection_faults_test.ts",
      "ReconnectingConnection gives up a broker that goes on to refuse it",
    ], [
      "tests/amqp/connection_faults_test.ts",
      "ReconnectingConnection gives up a broker that lets it in and refuses it then",
    ]],
  },
  {
    sentence: "Only metrics whose name begins with this; not together with `selector`.",
    tests: [[
      "tests/sink/sink_test.ts",
      "Sink.subscribe() finds metrics by prefix or selector, and says when there is none",
    ]],
  },
  {
    sentence: "Only points with a later time.",
    tests: [["tests/testing/test_network_test.ts", "TestNetwork.points() are exact, and in order"]],
  },
  {
    sentence: "A deadline that has been reached already takes only a turn of the event loop.",
    tests: [[
      "tests/testing/manual_clock_test.ts",
      "ManualClock.sleepUntil() lets the event loop turn when the deadline is past",
    ]],
  },
];
