/**
 * Remote procedure calls as spans of OpenTelemetry, after its conventions for RPC. Loaded only if
 * that is on; see `telemetry.ts`.
 *
 * @module
 */

import { type Attributes, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { errorText, toError } from "../error_text.ts";
import type { RpcTracer, TracedCall } from "../rpc/rpc_tracer.ts";
import { VERSION } from "../version.ts";
import { SCOPE } from "./source_metrics.ts";

const SYSTEM = "metricq";

const KINDS = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
} as const;

/**
 * Makes a span of each call of an agent. What a handler does, such as calls of its own, belongs to
 * the span of its call. Spans of two agents are not connected: MetricQ's messages have no place for
 * that, and peers would take any header for something else.
 */
export class RpcSpans implements RpcTracer {
  readonly #token: string;
  readonly #tracer = trace.getTracer(SCOPE, VERSION);

  /** Makes spans for the agent with a token. */
  constructor(token: string) {
    this.#token = token;
  }

  /** Runs a call within a span of its own. */
  trace<Result>(call: TracedCall, run: () => Promise<Result>): Promise<Result> {
    const { function: functionName, isKnown = true, kind } = call;
    // Any name can be called: those that mean nothing must not become names of spans.
    const name = isKnown ? functionName : SYSTEM;
    // What arrives belongs to nothing here, least of all to what the program did when it connected.
    const options = {
      kind: KINDS[kind],
      root: kind === "server",
      attributes: this.#attributes(call),
    };
    return this.#tracer.startActiveSpan(name, options, async (span) => {
      try {
        return await run();
      } catch (error) {
        noteError(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
  }

  #attributes({ function: name, isKnown = true, fromToken }: TracedCall): Attributes {
    return {
      "rpc.system.name": SYSTEM,
      "rpc.method": isKnown ? name : "_OTHER",
      ...!isKnown && { "rpc.method_original": name },
      "metricq.token": this.#token,
      ...fromToken !== undefined && { "metricq.caller": fromToken },
    };
  }
}

// Not recordException: a stack tells a stranger more than the answer to the caller does.
function noteError(span: Span, error: unknown): void {
  span.setAttribute("error.type", error instanceof Error ? toError(error).name : "_OTHER");
  span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
}
