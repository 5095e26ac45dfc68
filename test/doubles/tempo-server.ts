import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  bodyOf,
  type KeyValue,
  plainValue,
  type Sent,
  type SentSpan,
  sentSpans,
} from "./otlp-intake.ts";
import {
  type SpanFields,
  type SpanFilter,
  spanFilter,
  TraceqlError,
} from "./traceql-evaluation.ts";

/** How a server that answers as Tempo behaves. */
export interface TempoServerOptions {
  /** `3.0` has `/api/v2/traces` and tells of partial traces; `2.6` has only `/api/traces`. @default `3.0` */
  readonly release?: "2.6" | "3.0";
  /** How ids are written: base64 as protobuf's JSON does, or hex digits. @default `base64` */
  readonly ids?: "base64" | "hex";
  /** `query_frontend.search.max_duration`, in seconds. @default 168 h */
  readonly longestWindow?: number;
  /** Serves only requests with this `X-Scope-OrgID`. */
  readonly tenant?: string;
}

/**
 * A server on 127.0.0.1 that takes OTLP/JSON on `/v1/traces` and answers as Tempo's documented API does
 * (https://grafana.com/docs/tempo/latest/api_docs/). Searches evaluate the TraceQL that they get; see {@link spanFilter}.
 */
export interface TempoServer {
  readonly url: string;
  /** Paths and queries of all requests but those that bring spans. */
  readonly asked: readonly URL[];
  /** The server's clock, ms since the epoch: the system's, put forward by {@link age}. */
  now(): number;
  /** Puts the server's clock forward, in ms, so that what came is older. */
  age(ms: number): void;
  /** Gives a trace out as a part only, with this reason. */
  breakTrace(traceId: string, reason: string): void;
  /** Finishes only some of the jobs of each search from now on. */
  stopSearches(): void;
  stop(): Promise<void>;
}

/** What has come in less than so many ms is cut off from searches (`query_frontend`'s cut-off of 30 s; ran on 3.0.3). */
const CUT_OFF = 30_000;
/** Spans that began longer ago than this when they came are found by search later, and in other windows. */
const BACK_DATED = 30 * 60_000;
/** A back-dated span is found after so long, and only in a window that covers its arrival (ran on 3.0.3). */
const BACK_DATED_DELAY = 14 * 60_000;
const LONGEST_WINDOW = 168 * 3600;
/** The windows' borders of blocks are rounded so much, in s. */
const SLACK = 120;

interface Kept extends Sent<SentSpan> {
  readonly fields: SpanFields;
  /** ms since the epoch; `arrived` by the server's clock. */
  readonly arrived: number;
  readonly start: number;
  readonly end: number;
}

class Refusal extends Error {}

/** Starts the server. */
export async function startTempoServer(options: TempoServerOptions = {}): Promise<TempoServer> {
  const kept: Kept[] = [];
  const byTrace = new Map<string, Kept[]>();
  const asked: URL[] = [];
  const broken = new Map<string, string>();
  let ahead = 0;
  let isLazy = false;
  const now = (): number => Date.now() + ahead;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://tempo");
    if (options.tenant !== undefined && request.headers["x-scope-orgid"] !== options.tenant) {
      text(response, 401, "no org id");
      return;
    }
    if (url.pathname === "/v1/traces") {
      for (const span of sentSpans(JSON.parse(await bodyOf(request)))) keep(span);
      json(response, {});
      return;
    }
    asked.push(url);
    const [, version, traceId] = /^\/api(\/v2)?\/traces\/(.+)$/.exec(url.pathname) ?? [];
    if (url.pathname === "/api/search") {
      json(response, search(url.searchParams));
    } else if (traceId !== undefined && (version === undefined || options.release !== "2.6")) {
      giveTrace(response, traceId, version !== undefined);
    } else {
      text(response, 404, "404 page not found");
    }
  }

  function keep(sent: Sent<SentSpan>): void {
    const { record, resource } = sent;
    const span = {
      ...sent,
      fields: { span: fieldsOf(record.attributes ?? []), resource: fieldsOf(resource) },
      arrived: now(),
      start: milliseconds(record.startTimeUnixNano),
      end: milliseconds(record.endTimeUnixNano),
    };
    kept.push(span);
    const others = byTrace.get(record.traceId);
    if (others === undefined) byTrace.set(record.traceId, [span]);
    else others.push(span);
  }

  function search(parameters: URLSearchParams): unknown {
    const window = windowOf(parameters, options.longestWindow ?? LONGEST_WINDOW);
    const limit = integer(parameters, "limit") ?? 20;
    const filter = filterOf(parameters.get("q") ?? "");
    const at = now();
    const found = kept.filter((span) => isSearchable(span, window, at) && filter(span.fields));
    const traces = [...Map.groupBy(found, (span) => span.record.traceId)].slice(0, limit);
    const jobs = { completedJobs: isLazy ? 1 : 2, totalJobs: 2 };
    return {
      traces: traces.map(([traceId, spans]) =>
        summaryOf(traceId, spans, byTrace.get(traceId) ?? []),
      ),
      metrics: { inspectedTraces: kept.length, inspectedBytes: "1024", ...jobs },
    };
  }

  function giveTrace(response: ServerResponse, id: string, isVersion2: boolean): void {
    if (!/^[0-9a-f]{1,32}$/i.test(id)) {
      text(response, 400, "trace IDs can only contain hex characters");
      return;
    }
    const traceId = id.toLowerCase().padStart(32, "0");
    const spans = byTrace.get(traceId) ?? [];
    if (spans.length === 0) {
      response.writeHead(404).end();
      return;
    }
    const groups = resourceSpans(spans, options.ids ?? "base64");
    const reason = broken.get(traceId);
    const status = reason === undefined ? {} : { status: "PARTIAL", message: reason };
    json(
      response,
      isVersion2
        ? { trace: { resourceSpans: groups }, metrics: { inspectedBytes: "512" }, ...status }
        : { batches: groups },
    );
  }

  // Go's own limit is 1 MiB.
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      text(response, error instanceof Refusal ? 400 : 500, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    now,
    age(ms) {
      ahead += ms;
    },
    breakTrace(traceId, reason) {
      broken.set(traceId, reason);
    },
    stopSearches() {
      isLazy = true;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Window {
  readonly start: number;
  readonly end: number;
}

/** As Tempo's frontend checks them: without both, only what came of late is searched. */
function windowOf(parameters: URLSearchParams, longest: number): Window | undefined {
  const start = integer(parameters, "start") ?? 0;
  const end = integer(parameters, "end") ?? 0;
  if (start === 0 && end === 0) return undefined;
  if (end <= start)
    throw new Refusal(
      `http parameter start must be before end. received start=${start} end=${end}`,
    );
  if (end - start > longest)
    throw new Refusal(
      `range specified by start and end exceeds ${duration(longest)}. received start=${start} end=${end}`,
    );
  return { start, end };
}

function duration(seconds: number): string {
  const [h, m] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${h > 0 ? `${h}h` : ""}${h > 0 || m > 0 ? `${m}m` : ""}${seconds % 60}s`;
}

/** Times are seconds: ms, which are larger than 32 bits, are refused as Go does. */
function integer(parameters: URLSearchParams, name: string): number | undefined {
  const value = parameters.get(name);
  if (value === null) return undefined;
  if (!/^\d+$/.test(value))
    throw new Refusal(`invalid ${name}: strconv.ParseUint: parsing "${value}": invalid syntax`);
  if (Number(value) >= 2 ** 32)
    throw new Refusal(`invalid ${name}: strconv.ParseUint: parsing "${value}": value out of range`);
  return Number(value);
}

function filterOf(query: string): SpanFilter {
  try {
    return spanFilter(query);
  } catch (error) {
    if (error instanceof TraceqlError) throw new Refusal(`invalid TraceQL query: ${error.message}`);
    throw error;
  }
}

function isSearchable(span: Kept, window: Window | undefined, now: number): boolean {
  const age = now - span.arrived;
  if (window === undefined || age < CUT_OFF) return false;
  const covers = (from: number, to: number): boolean =>
    from / 1000 <= window.end + SLACK && to / 1000 >= window.start - SLACK;
  if (span.arrived - span.start > BACK_DATED)
    return age >= BACK_DATED_DELAY && covers(span.arrived, span.arrived);
  return covers(span.start, span.end);
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}

function fieldsOf(attributes: readonly KeyValue[]): ReadonlyMap<string, unknown> {
  return new Map(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function summaryOf(traceId: string, found: readonly Kept[], spans: readonly Kept[]): unknown {
  const root = spans.find((span) => span.record.parentSpanId === undefined);
  const spanSet = {
    spans: found.slice(0, 3).map(({ record }) => ({
      spanID: record.spanId,
      startTimeUnixNano: record.startTimeUnixNano,
      durationNanos: String(BigInt(record.endTimeUnixNano) - BigInt(record.startTimeUnixNano)),
    })),
    matched: found.length,
  };
  return {
    // Tempo cuts leading zeros off (`util.TraceIDToHexString`).
    traceID: traceId.replace(/^0+/, ""),
    rootServiceName: root === undefined ? "<root span not yet received>" : serviceOf(root.resource),
    ...(root !== undefined && { rootTraceName: root.record.name }),
    startTimeUnixNano: spans.map((span) => span.record.startTimeUnixNano).toSorted()[0],
    spanSet,
    spanSets: [spanSet],
  };
}

function serviceOf(resource: readonly KeyValue[]): string {
  const name = resource.find((attribute) => attribute.key === "service.name");
  return name === undefined ? "" : String(plainValue(name.value));
}

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const STATUSES = ["UNSET", "OK", "ERROR"];

/** As protobuf's JSON: enums by name, 64-bit integers as texts, ids as base64. */
function resourceSpans(spans: readonly Kept[], ids: "base64" | "hex"): unknown {
  const id = (hex: string): string =>
    ids === "hex" ? hex : Buffer.from(hex, "hex").toString("base64");
  return spans.map(({ resource, scope, record }) => ({
    resource: { attributes: resource },
    scopeSpans: [
      {
        scope,
        spans: [
          {
            ...record,
            traceId: id(record.traceId),
            spanId: id(record.spanId),
            ...(record.parentSpanId !== undefined && { parentSpanId: id(record.parentSpanId) }),
            kind: `SPAN_KIND_${KINDS[record.kind ?? 0] ?? ""}`,
            status: {
              ...record.status,
              ...(record.status?.code !== undefined && {
                code: `STATUS_CODE_${STATUSES[record.status.code] ?? ""}`,
              }),
            },
            links: record.links?.map((link) => ({
              ...link,
              traceId: id(link.traceId),
              spanId: id(link.spanId),
            })),
          },
        ],
      },
    ],
  }));
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function text(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(body);
}
