/**
 * A collector of telemetry: OTLP over HTTP, in JSON.
 *
 * @module
 */

import { Events } from "../support/events.ts";

/** A metric as it arrives, with the instrument's scope. */
export interface ReceivedMetric {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly points: readonly ReceivedPoint[];
}

/** The value of a metric for one set of attributes. */
export interface ReceivedPoint {
  readonly attributes: Attributes;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

/** A span as it arrives. */
export interface ReceivedSpan {
  readonly scope: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client";
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Attributes;
  /** The message of its error, if it has failed. */
  readonly error: string | undefined;
}

type Attributes = Readonly<Record<string, string>>;

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

const ERROR = 2;

/** Receives what a program exports. */
export class OtlpReceiver implements AsyncDisposable {
  /** Each metric of each export. */
  readonly metrics: Events<ReceivedMetric> = new Events();
  /** All spans. */
  readonly spans: Events<ReceivedSpan> = new Events();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#receive(request),
  );

  /** The environment of a program that is to export to this receiver, as often as it can. */
  get environment(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "50",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** Ends the receiver. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #receive(request: Request): Promise<Response> {
    const body = await request.json();
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const { scope, metrics } of scopeMetrics) {
        for (const metric of metrics) this.metrics.add(readMetric(scope.name, metric));
      }
    }
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const { scope, spans } of scopeSpans) {
        for (const span of spans) this.spans.add(readSpan(scope.name, span));
      }
    }
    return Response.json({});
  }
}

interface OtlpPoint extends Omit<ReceivedPoint, "attributes"> {
  readonly attributes: readonly OtlpAttribute[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly OtlpPoint[] };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
}

function readMetric(
  scope: string,
  { name, unit, description, sum, gauge, histogram }: OtlpMetric,
): ReceivedMetric {
  const { dataPoints = [] } = sum ?? gauge ?? histogram ?? {};
  const kind = histogram ? "histogram" : sum?.isMonotonic ? "counter" : "gauge";
  const points = dataPoints.map((point) => ({ ...point, attributes: read(point.attributes) }));
  return { scope, name, unit, description, kind, points };
}

interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: readonly OtlpAttribute[];
  readonly status: { readonly code: number; readonly message: string };
}

function readSpan(
  scope: string,
  { name, kind, spanId, parentSpanId, attributes, status }: OtlpSpan,
): ReceivedSpan {
  return {
    scope,
    name,
    kind: kind === 3 ? "client" : kind === 2 ? "server" : "internal",
    spanId,
    parentSpanId,
    attributes: read(attributes),
    error: status.code === ERROR ? status.message : undefined,
  };
}

function read(attributes: readonly OtlpAttribute[]): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? ""]));
}
