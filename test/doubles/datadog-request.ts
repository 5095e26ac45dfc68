/** A request that Datadog would refuse, and how. */
export class DatadogRefusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** What a search asks for. */
export interface DatadogSearch {
  readonly query: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly cursor?: string;
  readonly newestFirst: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Checks the body of a search against the public API reference (https://docs.datadoghq.com/api/latest/spans/#search-spans,
 * https://docs.datadoghq.com/api/latest/logs/#search-logs-post): every field is known and of its type.
 */
export function searchOf(body: unknown, of: "spans" | "logs", now: number): DatadogSearch {
  const request = of === "spans" ? unwrapped(body) : object(body, "body");
  only(request, "body", ["filter", "options", "page", "sort"]);
  const filter = object(request["filter"] ?? {}, "filter");
  only(filter, "filter", of === "spans" ? ["from", "query", "to"] : LOG_FILTER);
  const options = object(request["options"] ?? {}, "options");
  only(options, "options", ["timeOffset", "timezone"]);
  const page = object(request["page"] ?? {}, "page");
  only(page, "page", ["cursor", "limit"]);
  const limit = page["limit"] ?? 10;
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new DatadogRefusal(400, "page.limit has to be between 1 and 1000");
  const sort = text(request["sort"] ?? "timestamp", "sort");
  if (sort !== "timestamp" && sort !== "-timestamp")
    throw new DatadogRefusal(400, "sort is neither timestamp nor -timestamp");
  const from = timeOf(text(filter["from"] ?? "now-15m", "filter.from"), now);
  const to = timeOf(text(filter["to"] ?? "now", "filter.to"), now);
  if (from >= to)
    throw new DatadogRefusal(
      422,
      "invalid_argument(Field 'filter.from,to' is invalid: 'from' should be anterior to 'to')",
    );
  const cursor = page["cursor"];
  return {
    query: text(filter["query"] ?? "*", "filter.query"),
    from,
    to,
    limit,
    ...(cursor !== undefined && { cursor: text(cursor, "page.cursor") }),
    newestFirst: sort === "-timestamp",
  };
}

const LOG_FILTER = ["from", "indexes", "query", "storage_tier", "to"];

function unwrapped(body: unknown): Json {
  const envelope = object(body, "body");
  only(envelope, "body", ["data"]);
  const data = object(envelope["data"], "data");
  only(data, "data", ["attributes", "type"]);
  if (data["type"] !== "search_request")
    throw new DatadogRefusal(400, "data.type is not search_request");
  return object(data["attributes"], "data.attributes");
}

/** ISO 8601, a number of milliseconds, or `now` with an offset. */
function timeOf(value: string, now: number): number {
  const [, amount, unit] = /^now(?:-(\d+)([smhdw]))?$/.exec(value) ?? [];
  if (amount !== undefined && unit !== undefined) {
    const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
    return now - Number(amount) * 1000 * units[unit as keyof typeof units];
  }
  if (value === "now") return now;
  const time = /^\d{13}$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isNaN(time)) throw new DatadogRefusal(400, `${value} is no time`);
  return time;
}

function object(value: unknown, name: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new DatadogRefusal(400, `${name} is no object`);
}

function only(value: Json, name: string, keys: readonly string[]): void {
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) throw new DatadogRefusal(400, `${name} has no field ${other}`);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new DatadogRefusal(400, `${name} is no text`);
}
