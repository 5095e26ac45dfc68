import type { OtlpAttributes, OtlpSpan, OtlpValue } from "../telemetry/otlp/otlp-model.ts";
import type { RecordedLog, RecordedSpan } from "./recorded-run.ts";
import { wholeSpan } from "./whole-span.ts";

/** What one line of OTLP/JSON holds. */
export interface DecodedLine {
  readonly spans: readonly RecordedSpan[];
  readonly logs: readonly RecordedLog[];
}

/** A JSON object of any shape. */
export type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly OtlpSpan["kind"][] = [
  "INTERNAL",
  "INTERNAL",
  "SERVER",
  "CLIENT",
  "PRODUCER",
  "CONSUMER",
];
const NOTHING: DecodedLine = { spans: [], logs: [] };

/**
 * The spans and log lines of one line of OTLP/JSON, as any writer that keeps to the specification makes it (numbers as
 * numbers or strings, enums by number or name). Undefined when the line is no JSON object; parts that are no spans
 * or log lines, such as metrics, are passed over.
 */
export function decodeLine(text: string): DecodedLine | undefined {
  const line = jsonObject(text);
  return line === undefined ? undefined : decodeOtlp(line);
}

/** A text parsed as a JSON object; undefined when it is anything else. */
export function jsonObject(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isJson(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The spans and log lines of a parsed OTLP/JSON message; see {@link decodeLine}. */
export function decodeOtlp(line: Json): DecodedLine {
  if (!Array.isArray(line["resourceSpans"]) && !Array.isArray(line["resourceLogs"])) return NOTHING;
  const spans = objects(line["resourceSpans"]).flatMap((group) => {
    const resource = resourceOf(group);
    return objects(group["scopeSpans"]).flatMap((scope) =>
      objects(scope["spans"]).flatMap((span) => decodeSpan(span, resource)),
    );
  });
  const logs = objects(line["resourceLogs"]).flatMap((group) => {
    const resource = resourceOf(group);
    return objects(group["scopeLogs"]).flatMap((scope) =>
      objects(scope["logRecords"]).map((log) => decodeLog(log, resource)),
    );
  });
  return { spans, logs };
}

function resourceOf(group: Json): OtlpAttributes {
  return isJson(group["resource"]) ? attributesOf(group["resource"]) : {};
}

function decodeSpan(span: Json, resource: OtlpAttributes): RecordedSpan[] {
  const traceId = idOf(span["traceId"], 32);
  const spanId = idOf(span["spanId"], 16);
  if (traceId === undefined || spanId === undefined) return [];
  const parentSpanId = idOf(span["parentSpanId"], 16);
  const startTime = milliseconds(span["startTimeUnixNano"]);
  return [
    wholeSpan({
      traceId,
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      name: textOf(span["name"]),
      kind: kindOf(span["kind"]),
      startTime,
      endTime: Math.max(startTime, milliseconds(span["endTimeUnixNano"])),
      attributes: attributesOf(span),
      status: statusOf(span["status"]),
      links: objects(span["links"]).map((link) => ({
        traceId: idOf(link["traceId"], 32) ?? "",
        spanId: idOf(link["spanId"], 16) ?? "",
        attributes: attributesOf(link),
      })),
      events: objects(span["events"]).map((event) => ({
        name: textOf(event["name"]),
        time: milliseconds(event["timeUnixNano"]),
        attributes: attributesOf(event),
      })),
      resource,
    }),
  ];
}

function decodeLog(log: Json, resource: OtlpAttributes): RecordedLog {
  const traceId = idOf(log["traceId"], 32);
  const spanId = idOf(log["spanId"], 16);
  const body = isJson(log["body"]) ? valueOf(log["body"]) : undefined;
  return {
    time: milliseconds(log["timeUnixNano"]) || milliseconds(log["observedTimeUnixNano"]),
    severityNumber: Number(log["severityNumber"]) || 0,
    severityText: textOf(log["severityText"]),
    body: body === undefined ? "" : String(body),
    attributes: attributesOf(log),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    resource,
  };
}

function kindOf(kind: unknown): OtlpSpan["kind"] {
  if (typeof kind === "number") return KINDS[kind] ?? "INTERNAL";
  const name = textOf(kind).replace("SPAN_KIND_", "");
  return KINDS.find((known) => known === name) ?? "INTERNAL";
}

function statusOf(status: unknown): OtlpSpan["status"] {
  if (!isJson(status)) return { code: "UNSET" };
  const code = status["code"];
  const message = textOf(status["message"]);
  const isError = code === 2 || code === "STATUS_CODE_ERROR";
  const isOk = code === 1 || code === "STATUS_CODE_OK";
  return {
    code: isError ? "ERROR" : isOk ? "OK" : "UNSET",
    ...(message !== "" && { message }),
  };
}

function attributesOf(holder: Json): OtlpAttributes {
  const attributes: Record<string, OtlpValue> = {};
  for (const entry of objects(holder["attributes"])) {
    const key = entry["key"];
    const value = isJson(entry["value"]) ? valueOf(entry["value"]) : undefined;
    // `__proto__` as a key would set no attribute but the object's prototype.
    if (typeof key === "string" && key !== "__proto__" && value !== undefined)
      attributes[key] = value;
  }
  return attributes;
}

function valueOf(value: Json): OtlpValue | undefined {
  if (typeof value["stringValue"] === "string") return value["stringValue"];
  if (typeof value["boolValue"] === "boolean") return value["boolValue"];
  if (value["intValue"] !== undefined) return Number(value["intValue"]);
  if (value["doubleValue"] !== undefined) return Number(value["doubleValue"]);
  if (!isJson(value["arrayValue"])) return undefined;
  return objects(value["arrayValue"]["values"])
    .map(valueOf)
    .filter((item) => item !== undefined && typeof item !== "object");
}

/** Nanoseconds since the epoch, as a string or a number, in milliseconds with a fraction down to microseconds. */
function milliseconds(nanoseconds: unknown): number {
  if (typeof nanoseconds !== "string" || !/^\d{7,20}$/.test(nanoseconds)) {
    return typeof nanoseconds === "number" && nanoseconds > 0
      ? Math.round(nanoseconds / 1e3) / 1e3
      : 0;
  }
  return Number(nanoseconds.slice(0, -3)) / 1e3;
}

/** Ids are hex digits in OTLP/JSON; Tempo and others that print protobuf as plain JSON give base64, which differs in length. */
function idOf(id: unknown, digits: number): string | undefined {
  if (typeof id !== "string") return undefined;
  if (id.length === digits && /^[0-9a-fA-F]+$/.test(id)) return id.toLowerCase();
  const hex =
    id.length === 4 * Math.ceil(digits / 6) ? Buffer.from(id, "base64").toString("hex") : "";
  return hex.length === digits ? hex : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The objects of a list; none when it is no list. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** Whether a value is a JSON object: no list, no null. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
