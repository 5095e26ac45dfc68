import type { OtlpLog, OtlpValue } from "../telemetry/otlp/otlp-model.ts";

/** A line of pino as an OTLP log record, and the name of the logger that wrote it. */
export interface PinoLine {
  readonly log: OtlpLog;
  readonly logger: string | undefined;
}

/** Fields that have a place of their own in a log record, or belong to the process. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "level",
  "time",
  "msg",
  "name",
  "pid",
  "hostname",
  "v",
  "err",
  "trace_id",
  "span_id",
  "trace_flags",
]);

const LEVEL_NAMES: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
};
const MOST_ATTRIBUTES = 64;
const LONGEST_TEXT = 4096;
const LONGEST_MESSAGE = 256;

/**
 * Reads a line that pino wrote (https://getpino.io/#/docs/api?id=logger-level): its level becomes the severity, `msg` the body,
 * `trace_id` and `span_id` the record's own ids, scalar fields attributes. Of an error only type and message are kept, no
 * stack trace; other objects are left out. A line that is no JSON object becomes a body as it is.
 */
export function logOfPinoLine(line: string, now: () => number = Date.now): PinoLine {
  const fields = parse(line);
  if (fields === undefined) {
    const body = line.trimEnd().slice(0, LONGEST_TEXT);
    return {
      log: { time: now(), severityNumber: 9, severityText: "info", body, attributes: {} },
      logger: undefined,
    };
  }
  const level = levelOf(fields["level"]);
  const traceId = hex(fields["trace_id"], 32);
  const spanId = hex(fields["span_id"], 16);
  const name = fields["name"];
  return {
    log: {
      time: timeOf(fields["time"]) ?? now(),
      severityNumber: severityOf(level),
      severityText: levelName(level),
      body: String(scalar(fields["msg"]) ?? ""),
      attributes: attributesOf(fields),
      ...(traceId !== undefined && { traceId }),
      ...(spanId !== undefined && { spanId }),
    },
    logger: typeof name === "string" ? name : undefined,
  };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined;
  } catch {
    return undefined;
  }
}

function attributesOf(fields: Readonly<Record<string, unknown>>): Record<string, OtlpValue> {
  const attributes: Record<string, OtlpValue> = { ...errorAttributes(fields["err"]) };
  let left = MOST_ATTRIBUTES;
  for (const [key, value] of Object.entries(fields)) {
    const kept = OWN_FIELDS.has(key) ? undefined : scalar(value);
    if (kept === undefined || left === 0) continue;
    attributes[key] = kept;
    left -= 1;
  }
  return attributes;
}

/** Names of OpenTelemetry: https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/. */
function errorAttributes(error: unknown): Record<string, string> {
  if (typeof error !== "object" || error === null) return {};
  const { type, message } = error as { type?: unknown; message?: unknown };
  return {
    ...(typeof type === "string" && { "exception.type": type.slice(0, LONGEST_MESSAGE) }),
    ...(typeof message === "string" && { "exception.message": message.slice(0, LONGEST_MESSAGE) }),
  };
}

function scalar(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return value.slice(0, LONGEST_TEXT);
  return typeof value === "number" || typeof value === "boolean" ? value : undefined;
}

function levelOf(level: unknown): number {
  if (typeof level === "number") return level;
  return (typeof level === "string" ? LEVEL_NAMES[level.toLowerCase()] : undefined) ?? 30;
}

/** pino counts levels in tens, OTLP in fours (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
function severityOf(level: number): number {
  const tens = Math.min(6, Math.max(1, Math.floor(level / 10)));
  return 4 * tens - 3;
}

function levelName(level: number): string {
  const tens = Math.min(6, Math.max(1, Math.floor(level / 10)));
  return ["trace", "debug", "info", "warn", "error", "fatal"][tens - 1] ?? "info";
}

function timeOf(time: unknown): number | undefined {
  const ms = typeof time === "string" ? Date.parse(time) : time;
  return typeof ms === "number" && Number.isFinite(ms) ? ms : undefined;
}

function hex(value: unknown, digits: number): string | undefined {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value)
    ? value
    : undefined;
}
