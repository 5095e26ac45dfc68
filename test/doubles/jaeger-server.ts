import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Releases whose answers differ; each stands for those around it (recorded in test/fixtures/jaeger). */
export type JaegerRelease = "1.76.0" | "2.20.0" | "2.22-dev";

/** A server on 127.0.0.1 that answers as some release of Jaeger with its traces in memory does. */
export interface JaegerServer {
  readonly url: string;
  /** Paths with their queries, in the order they were asked. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** One HTTP answer. */
export interface JaegerAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly startTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
}

interface ResourceSpans {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeSpans: readonly { readonly scope?: object; readonly spans: readonly Span[] }[];
}

interface Stored {
  readonly span: Span;
  readonly scope: object;
  readonly resource: NonNullable<ResourceSpans["resource"]>;
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";
/** Go's own limit of headers, of which the path is one. */
const HEADER_LIMIT = 2 ** 20;

const fault = (httpCode: number, message: string): JaegerAnswer => ({
  status: httpCode,
  contentType: TEXT,
  body: JSON.stringify({ error: { httpCode, message } }),
});
const json = (value: unknown, contentType = JSON_TYPE): JaegerAnswer => ({
  status: 200,
  contentType,
  body: JSON.stringify(value),
});
/** What every unknown path gets: the UI. */
const page: JaegerAnswer = {
  status: 200,
  contentType: "text/html; charset=utf-8",
  body: '<!DOCTYPE html>\n<html lang="en"><title>Jaeger UI</title></html>',
};
const noSuchPath: JaegerAnswer = { status: 404, contentType: TEXT, body: "404 page not found\n" };

/** A server with traces in memory, filled by OTLP/JSON on `/v1/traces` of the same address. */
export function startJaegerServer(release: JaegerRelease): Promise<JaegerServer> {
  const stored: Stored[] = [];
  return serveJaeger((url, body) => {
    const { pathname, searchParams } = url;
    if (pathname === "/v1/traces") {
      stored.push(...spansIn(body));
      return json({ partialSuccess: {} });
    }
    const traceId = /^\/api\/v3\/traces\/([^/]+)$/.exec(pathname)?.[1];
    if (traceId !== undefined) return byId(stored, traceId, release);
    if (pathname === "/api/v3/trace-summaries" && release !== "1.76.0")
      return summaries(stored, searchParams);
    if (pathname === "/api/services") return release === "2.22-dev" ? noSuchPath : services(stored);
    if (pathname === "/api/traces")
      return release === "2.22-dev" ? noSuchPath : legacy(stored, searchParams);
    return page;
  });
}

/** A server that gives what a function says. */
export async function serveJaeger(
  answer: (url: URL, body: string) => JaegerAnswer,
): Promise<JaegerServer> {
  const asked: string[] = [];
  const server = createServer({ maxHeaderSize: HEADER_LIMIT }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      asked.push(path);
      const { status, contentType, body } = answer(
        new URL(path, "http://jaeger"),
        Buffer.concat(chunks).toString(),
      );
      response.writeHead(status, { "content-type": contentType }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spansIn(body: string): Stored[] {
  const { resourceSpans = [] } = JSON.parse(body) as { resourceSpans?: ResourceSpans[] };
  return resourceSpans.flatMap(({ resource = {}, scopeSpans }) =>
    scopeSpans.flatMap(({ scope = {}, spans }) => spans.map((span) => ({ span, scope, resource }))),
  );
}

function byId(stored: readonly Stored[], traceId: string, release: JaegerRelease): JaegerAnswer {
  if (!/^[0-9a-f]{32}$/.test(traceId))
    return fault(400, "malformed parameter trace_id: invalid length for TraceID");
  const found = stored.filter(({ span }) => span.traceId === traceId);
  if (found.length === 0) return fault(404, "No traces found");
  const resourceSpans = found.map(({ span, scope, resource }) => ({
    resource,
    scopeSpans: [{ scope, spans: [span] }],
  }));
  return json({ result: { resourceSpans } }, release === "1.76.0" ? TEXT : JSON_TYPE);
}

function summaries(stored: readonly Stored[], query: URLSearchParams): JaegerAnswer {
  const times = ["query.startTimeMin", "query.startTimeMax"].map((name) => query.get(name));
  const [from, until] = times.map((time) => Date.parse(time ?? ""));
  if (from === undefined || until === undefined || Number.isNaN(from + until))
    return fault(400, "query.startTimeMin and query.startTimeMax are required");
  if (from >= until) return fault(400, "query.startTimeMin must be before query.startTimeMax");
  const attributes = attributesOf(query.get("query.attributes"));
  if (attributes === undefined)
    return fault(400, "malformed parameter query.attributes: json: cannot unmarshal");
  const found = tracesOf(stored, attributes, from, until);
  const depth = Number(query.get("query.searchDepth") ?? 100);
  return json({
    summaries: [...found.entries()].slice(0, depth).map(([traceId, spans]) => ({
      traceId,
      minStartTimeUnixNano: String(Math.min(...spans.map(startOf)) * 1e6),
      spanCount: spans.length,
    })),
  });
}

function services(stored: readonly Stored[]): JaegerAnswer {
  const data = [...new Set(stored.map(serviceOf))];
  return json({ data, total: data.length, limit: 0, offset: 0, errors: null });
}

function legacy(stored: readonly Stored[], query: URLSearchParams): JaegerAnswer {
  const service = query.get("service");
  const problem = (code: number, msg: string): JaegerAnswer => ({
    status: code,
    contentType: TEXT,
    body: JSON.stringify({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] }),
  });
  if (service === null) return problem(400, "parameter 'service' is required");
  const attributes = attributesOf(query.get("tags"));
  if (attributes === undefined) return problem(400, "malformed 'tags' parameter");
  const [start, end] = ["start", "end"].map((name) => Number(query.get(name)) / 1000);
  const own = stored.filter((entry) => serviceOf(entry) === service);
  const found = tracesOf(own, attributes, start ?? 0, end ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  const data = [...found].slice(0, limit).map(([traceID, spans]) => ({
    // The upper half is left out when it is zero.
    traceID: traceID.replace(/^0{16}/, ""),
    spans: spans.map((entry) => ({ spanID: entry.span.spanId, startTime: startOf(entry) * 1000 })),
  }));
  return json({ data, total: 0, limit: 0, offset: 0, errors: null });
}

/** Traces with a span that starts in the window and carries all attributes, by id. */
function tracesOf(
  stored: readonly Stored[],
  attributes: Readonly<Record<string, string>>,
  from: number,
  until: number,
): Map<string, Stored[]> {
  const matches = (entry: Stored): boolean => {
    const own = [...(entry.span.attributes ?? []), ...(entry.resource.attributes ?? [])];
    const at = startOf(entry);
    return (
      at >= from &&
      at <= until &&
      Object.entries(attributes).every(([key, text]) =>
        own.some((attribute) => attribute.key === key && textOf(attribute.value) === text),
      )
    );
  };
  const ids = new Set(stored.filter(matches).map(({ span }) => span.traceId));
  return Map.groupBy(
    stored.filter(({ span }) => ids.has(span.traceId)),
    ({ span }) => span.traceId,
  );
}

/** Values have to be JSON strings. */
function attributesOf(text: string | null): Readonly<Record<string, string>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return undefined;
    const isText = Object.values(value).every((part) => typeof part === "string");
    return isText ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: KeyValue["value"]): string {
  return String(Object.values(value)[0]);
}

function startOf({ span }: Stored): number {
  return Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000;
}

function serviceOf({ resource }: Stored): string {
  const service = resource.attributes?.find(({ key }) => key === "service.name");
  return service === undefined ? "unknown_service" : textOf(service.value);
}
