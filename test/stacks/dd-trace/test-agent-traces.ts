import { property } from "../../../src/host/property.ts";

/** A span that `dd-trace` sent to the test agent; ids as hex, like OpenTelemetry's. */
export interface DatadogTestSpan {
  /** 32 digits: the upper half comes from the payload's first span. */
  readonly traceId: string;
  readonly spanId: string;
  /** Zeros on a root. */
  readonly parentId: string;
  readonly name: string;
  readonly resource: string;
  readonly error: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

/** An OTLP span that the test agent took; ids as hex. */
export interface OtlpTestSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Trace ids of its links. */
  readonly links: readonly string[];
}

/**
 * What `dd-trace` sent to the agent in a session. Ids are 64-bit numbers, which `JSON.parse` would round, so they are made
 * text before it sees them.
 */
export async function datadogSpans(agentUrl: string, session: string): Promise<DatadogTestSpan[]> {
  const text = await read(`${agentUrl}/test/session/traces?test_session_token=${session}`);
  const exact = text.replaceAll(/("(?:trace_id|span_id|parent_id)": ?)(\d+)/g, '$1"$2"');
  const chunks: unknown = JSON.parse(exact);
  if (!Array.isArray(chunks)) return [];
  const spans = chunks.flat().map((span: unknown) => Object(span));
  const upper = new Map<string, string>();
  for (const span of spans) {
    const half = span.meta?.["_dd.p.tid"];
    if (typeof half === "string") upper.set(span.trace_id, half);
  }
  return spans.map((span) => ({
    traceId: `${upper.get(span.trace_id) ?? "0".repeat(16)}${hex(span.trace_id)}`,
    spanId: hex(span.span_id),
    parentId: hex(span.parent_id ?? "0"),
    name: span.name,
    resource: span.resource,
    error: span.error,
    meta: span.meta ?? {},
    metrics: span.metrics ?? {},
  }));
}

/**
 * What came by OTLP in a session: it is read back on the OTLP port. Protobuf comes back in snake case with ids in base64, JSON as
 * it was sent.
 */
export async function otlpSpans(otlpUrl: string, session: string): Promise<OtlpTestSpan[]> {
  const text = await read(`${otlpUrl}/test/session/traces?test_session_token=${session}`);
  const camel = text.replaceAll(/"(\w+)":/g, (_name, name: string) => {
    return `"${name.replaceAll(/_(\w)/g, (_letter, letter: string) => letter.toUpperCase())}":`;
  });
  return list(JSON.parse(camel)).flatMap((request) =>
    list(property(request, "resourceSpans")).flatMap((resource) =>
      list(property(resource, "scopeSpans")).flatMap((scope) =>
        list(property(scope, "spans")).map((span) => ({
          traceId: hexId(property(span, "traceId"), 32),
          spanId: hexId(property(span, "spanId"), 16),
          parentSpanId: hexId(property(span, "parentSpanId"), 16),
          name: String(property(span, "name")),
          attributes: Object.fromEntries(
            list(property(span, "attributes")).map((attribute) => [
              String(property(attribute, "key")),
              Object.values(Object(property(attribute, "value")))[0],
            ]),
          ),
          links: list(property(span, "links")).map((link) => hexId(property(link, "traceId"), 32)),
        })),
      ),
    ),
  );
}

/** Begins a session: what comes without a token of its own belongs to it. */
export async function startSession(url: string, session: string): Promise<void> {
  await read(`${url}/test/session/start?test_session_token=${session}`);
}

async function read(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

function hex(decimal: string): string {
  return BigInt(decimal).toString(16).padStart(16, "0");
}

/** An id in hex, whether it came so or in base64. */
function hexId(id: unknown, digits: number): string {
  if (typeof id !== "string") return "";
  return id.length === digits ? id : Buffer.from(id, "base64").toString("hex");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
