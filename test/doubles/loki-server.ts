import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parser } from "@grafana/lezer-logql";
import type { SyntaxNode } from "@lezer/common";
import { bodyOf, plainValue, type Sent, type SentLog, sentLogs } from "./otlp-intake.ts";

/**
 * A server on 127.0.0.1 that takes OTLP/JSON on `/v1/logs` and answers `/loki/api/v1/query_range` as Loki's documented API
 * does (https://grafana.com/docs/loki/latest/reference/loki-http-api/). Queries are read by Grafana's own LogQL
 * grammar, and only label matchers and filters of them are known.
 */
export interface LokiServer {
  readonly url: string;
  /** Queries that came. */
  readonly asked: readonly string[];
  /** Answers every question with this status from now on. */
  fail(status: number): void;
  stop(): Promise<void>;
}

/** `limits_config.max_query_length` and `max_entries_limit_per_query` by default. */
const LONGEST = 721 * 3600 * 1e9;
const MOST_LINES = 5000;

interface Line {
  readonly time: bigint;
  readonly text: string;
  /** Labels and structured metadata. */
  readonly fields: Readonly<Record<string, string>>;
}

class Refusal extends Error {}

/** Starts the server. */
export async function startLokiServer(): Promise<LokiServer> {
  const lines: Line[] = [];
  const asked: string[] = [];
  let failure: number | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://loki");
    if (url.pathname === "/v1/logs") {
      lines.push(...sentLogs(JSON.parse(await bodyOf(request))).map(lineOf));
      response.writeHead(204).end();
      return;
    }
    if (failure !== undefined || url.pathname !== "/loki/api/v1/query_range") {
      response.writeHead(failure ?? 404).end("no");
      return;
    }
    const query = url.searchParams.get("query") ?? "";
    asked.push(query);
    const result = found(lines, query, url.searchParams);
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ status: "success", data: { resultType: "streams", result } }));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(error instanceof Refusal ? 400 : 500).end(message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    fail(status) {
      failure = status;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Loki writes attribute names with underscores (https://grafana.com/docs/loki/latest/get-started/labels/structured-metadata/). */
function lineOf({ resource, record }: Sent<SentLog>): Line {
  const fields: Record<string, string> = {};
  for (const { key, value } of [...resource, ...(record.attributes ?? [])])
    fields[key.replaceAll(/\W/g, "_")] = String(plainValue(value));
  const own = {
    trace_id: record.traceId,
    span_id: record.spanId,
    severity_text: record.severityText,
    severity_number: record.severityNumber?.toString(),
    detected_level: record.severityText?.toLowerCase(),
  };
  for (const [name, value] of Object.entries(own)) if (value !== undefined) fields[name] = value;
  return {
    time: BigInt(record.timeUnixNano ?? record.observedTimeUnixNano ?? "0"),
    text: record.body === undefined ? "" : String(plainValue(record.body)),
    fields,
  };
}

function found(lines: readonly Line[], query: string, parameters: URLSearchParams): unknown {
  const [start, end] = ["start", "end"].map((name) => {
    const value = parameters.get(name) ?? "";
    if (!/^\d{19}$/.test(value)) throw new Refusal(`could not parse '${name}' parameter`);
    return BigInt(value);
  }) as [bigint, bigint];
  if (Number(end - start) > LONGEST)
    throw new Refusal("the query time range exceeds the limit (limit: 30d1h)");
  const limit = Number(parameters.get("limit") ?? 100);
  if (limit > MOST_LINES)
    throw new Refusal("max entries limit per query exceeded, limit > max_entries_limit (5000)");
  const isWanted = lineFilter(query);
  const order = parameters.get("direction") === "forward" ? 1 : -1;
  return lines
    .filter((line) => line.time >= start && line.time < end && isWanted(line))
    .toSorted((a, b) => order * Number(a.time - b.time))
    .slice(0, limit)
    .map((line) => ({ stream: line.fields, values: [[String(line.time), line.text]] }));
}

/** All matchers of the query, in its selector and in its pipeline, which are ANDed. */
function lineFilter(query: string): (line: Line) => boolean {
  const matchers: SyntaxNode[] = [];
  const known = new Set(
    "LogQL Expr LogExpr Selector Matchers Matcher Identifier Eq Re String PipelineExpr PipelineStage Pipe LabelFilter".split(
      " ",
    ),
  );
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError || !known.has(node.name))
        throw new Refusal(`parse error at col ${node.from + 1}: ${node.name}`);
      if (node.name === "Matcher") matchers.push(node.node);
    },
  });
  const text = (node: SyntaxNode | null): string =>
    node === null ? "" : query.slice(node.from, node.to);
  const filters = matchers.map((matcher) => {
    const name = text(matcher.getChild("Identifier"));
    const value: unknown = JSON.parse(text(matcher.getChild("String")));
    if (matcher.getChild("Re") === null) return (line: Line) => (line.fields[name] ?? "") === value;
    const pattern = new RegExp(`^(?:${String(value)})$`, "u");
    return (line: Line) => pattern.test(line.fields[name] ?? "");
  });
  return (line) => filters.every((filter) => filter(line));
}
