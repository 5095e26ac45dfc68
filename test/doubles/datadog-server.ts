import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type DatadogEvent,
  type DatadogIdForm,
  eventOfLog,
  eventOfSpan,
} from "./datadog-agent-mapping.ts";
import { DatadogQueryError, eventFilter } from "./datadog-query-parser.ts";
import { DatadogRefusal, type DatadogSearch, searchOf } from "./datadog-request.ts";
import { bodyOf, type Sent, type SentSpan, sentLogs, sentSpans } from "./otlp-intake.ts";

/** How a server that stands in for Datadog behaves. */
export interface DatadogServerOptions {
  /** @default `decimal64` */
  readonly ids?: DatadogIdForm;
  /** Whether a retention filter keeps a span. @default all */
  readonly retains?: (span: Sent<SentSpan>) => boolean;
  /** Requests to the spans API in an hour. @default 1,000,000; Datadog's is 300 */
  readonly hourly?: number;
  /** Whether the keys may read log lines. @default true */
  readonly allowsLogs?: boolean;
}

/** A request that came. */
export interface DatadogRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

/**
 * A server on 127.0.0.1 that takes OTLP/JSON as a Datadog Agent does, on `/v1/traces` and `/v1/logs`, and answers searches as
 * Datadog's API v2 does, checking keys, bodies and queries. Its shapes are those of `test/fixtures/datadog`.
 */
export interface DatadogServer {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
  readonly requests: readonly DatadogRequest[];
  /** The server's clock, ms since the epoch: the system's, put forward by {@link age}. */
  now(): number;
  age(ms: number): void;
  stop(): Promise<void>;
}

/** For so long every span is there, in ms. */
const LIVE = 15 * 60_000;
const LIVE_SLACK = 5000;
const HOUR = 3600;

interface Kept extends DatadogEvent {
  readonly arrived: number;
  readonly isRetained: boolean;
}

/** Starts the server. */
export async function startDatadogServer(
  options: DatadogServerOptions = {},
): Promise<DatadogServer> {
  const spans: Kept[] = [];
  const logs: Kept[] = [];
  const requests: DatadogRequest[] = [];
  const keys = {
    apiKey: "0123456789abcdef0123456789abcdef",
    appKey: "app-key-of-the-tests-1234567890",
  };
  const hourly = options.hourly ?? 1_000_000;
  let ahead = 0;
  let left = hourly;
  const now = (): number => Date.now() + ahead;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const text = await bodyOf(request);
    if (path === "/v1/traces" || path === "/v1/logs") {
      take(path, JSON.parse(text));
      json(response, 200, "application/json", {});
      return;
    }
    const [, of] = /^\/api\/v2\/(spans|logs)\/events\/search$/.exec(path) ?? [];
    if ((of !== "spans" && of !== "logs") || request.method !== "POST")
      throw new DatadogRefusal(404, "Not found");
    if (request.headers["dd-api-key"] !== keys.apiKey)
      throw new DatadogRefusal(401, "Unauthorized");
    if (
      request.headers["dd-application-key"] !== keys.appKey ||
      (of === "logs" && options.allowsLogs === false)
    )
      throw new DatadogRefusal(403, "Forbidden");
    if (request.headers["content-type"] !== "application/json")
      throw new DatadogRefusal(415, "Unsupported Media Type");
    const body: unknown = JSON.parse(text);
    requests.push({ path, headers: request.headers, body });
    if (of === "spans") countDown(response);
    const search = searchOf(body, of, now());
    const found = of === "spans" ? searchable(spans, search) : logs;
    json(
      response,
      200,
      of === "spans" ? "application/vnd.api+json" : "application/json",
      pageOf(found, search, of),
    );
  }

  function take(path: string, message: unknown): void {
    const arrived = now();
    if (path === "/v1/logs") {
      for (const log of sentLogs(message))
        logs.push({ ...eventOfLog(log), arrived, isRetained: true });
      return;
    }
    for (const span of sentSpans(message)) {
      const isRetained = options.retains?.(span) ?? true;
      spans.push({ ...eventOfSpan(span, options.ids ?? "decimal64"), arrived, isRetained });
    }
  }

  /** Calendar-aligned, as https://docs.datadoghq.com/api/latest/rate-limits/ says. */
  function countDown(response: ServerResponse): void {
    response.setHeader("x-ratelimit-limit", hourly);
    response.setHeader("x-ratelimit-period", HOUR);
    response.setHeader("x-ratelimit-reset", HOUR - (Math.floor(now() / 1000) % HOUR));
    response.setHeader("x-ratelimit-name", "spans_list_public_search");
    response.setHeader("x-ratelimit-remaining", Math.max(0, left - 1));
    if (left <= 0) throw new DatadogRefusal(429, "Too many requests");
    left -= 1;
  }

  /** A search of the last 15 minutes sees all that came in them, an older one only what is retained. */
  function searchable(all: readonly Kept[], { from }: DatadogSearch): readonly Kept[] {
    const isLive = from >= now() - LIVE - LIVE_SLACK;
    return all.filter((event) => event.isRetained || (isLive && event.arrived >= now() - LIVE));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    ...keys,
    requests,
    now,
    age(ms) {
      ahead += ms;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pageOf(events: readonly Kept[], search: DatadogSearch, of: "spans" | "logs"): unknown {
  const isWanted = eventFilter(search.query);
  const order = search.newestFirst ? -1 : 1;
  const found = events
    .filter(({ time, fields }) => time >= search.from && time <= search.to && isWanted(fields))
    .toSorted((a, b) => order * (a.time - b.time));
  const begin = search.cursor === undefined ? 0 : offsetOf(search.cursor);
  const data = found.slice(begin, begin + search.limit);
  if (data.length === 0) return { data: [] };
  const after = Buffer.from(JSON.stringify({ after: begin + data.length })).toString("base64url");
  return {
    data: data.map((event) => event.data),
    meta: {
      ...(of === "spans" && { elapsed: 3, request_id: "pddv1ChZ", status: "done" }),
      page: { after },
    },
    links: { next: `https://api.datadoghq.com/api/v2/${of}/events?page%5Bcursor%5D=${after}` },
  };
}

function offsetOf(cursor: string): number {
  try {
    const { after } = JSON.parse(Buffer.from(cursor, "base64url").toString()) as { after: number };
    return after;
  } catch {
    throw new DatadogRefusal(400, "page.cursor is none of this server's");
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof DatadogQueryError
      ? new DatadogRefusal(400, `invalid query: ${error.message}`)
      : error;
  const status = refusal instanceof DatadogRefusal ? refusal.status : 500;
  const detail = refusal instanceof Error ? refusal.message : String(refusal);
  const errors = status === 422 ? [{ title: "Generic Error", detail }] : [detail];
  json(response, status, "application/vnd.api+json", { errors });
}

function json(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}
