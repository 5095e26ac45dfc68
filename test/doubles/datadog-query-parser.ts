/** Fields of a span or log line, by their names in queries: `trace_id`, `@workflow.id`. */
export type QueryFields = ReadonlyMap<string, string | number>;

/** Whether an event is one that a query asks for. */
export type EventFilter = (fields: QueryFields) => boolean;

/** A query that is not one of Datadog's, or that this parser does not know. */
export class DatadogQueryError extends Error {}

type Token =
  | { readonly kind: "(" | ")" | "-" | "AND" | "OR" }
  /** `name:` in front of a value or a group. */
  | { readonly kind: "name"; readonly name: string }
  /** Literal parts and wildcards between them. */
  | { readonly kind: "value"; readonly parts: readonly string[] };

/** Special outside of quotes (both pages cited at {@link eventFilter}); `*` and `?` are wildcards. */
const SPECIAL = new Set('=&|><!{}[]^"“”~:\\#()');

/**
 * Reads a query of Datadog's search: terms `name:value` and `@attribute:value`, `AND` (also by a blank), `OR`, `-`,
 * parentheses, also as `name:(a OR b)`; values bare, with escapes and wildcards, or in double quotes, in which
 * wildcards are not (https://docs.datadoghq.com/logs/explorer/search_syntax/,
 * https://docs.datadoghq.com/tracing/trace_explorer/query_syntax/). Throws a {@link DatadogQueryError} on anything
 * else: free text, ranges, special characters that are not escaped.
 */
export function eventFilter(query: string): EventFilter {
  const tokens = tokensOf(query);
  let at = 0;
  const peek = (): Token | undefined => tokens[at];
  const take = (kind: Token["kind"]): void => {
    if (peek()?.kind !== kind) throw new DatadogQueryError(`expected ${kind}`);
    at += 1;
  };

  function anyOf(name: string | undefined): EventFilter {
    const filters = [allOf(name)];
    while (peek()?.kind === "OR") {
      at += 1;
      filters.push(allOf(name));
    }
    return (fields) => filters.some((filter) => filter(fields));
  }

  function allOf(name: string | undefined): EventFilter {
    const filters = [one(name)];
    for (;;) {
      const next = peek()?.kind;
      if (next === undefined || next === "OR" || next === ")") break;
      if (next === "AND") at += 1;
      filters.push(one(name));
    }
    return (fields) => filters.every((filter) => filter(fields));
  }

  function one(name: string | undefined): EventFilter {
    const token = peek();
    at += 1;
    if (token?.kind === "-") {
      const inner = one(name);
      return (fields) => !inner(fields);
    }
    if (token?.kind === "(") {
      const inner = anyOf(name);
      take(")");
      return inner;
    }
    if (token?.kind === "name" && name === undefined) return one(token.name);
    if (token?.kind === "value" && name !== undefined) return term(name, token.parts);
    throw new DatadogQueryError(`unexpected ${token?.kind ?? "end"}`);
  }

  const filter = anyOf(undefined);
  if (at < tokens.length) throw new DatadogQueryError(`unexpected ${tokens[at]?.kind ?? ""}`);
  return filter;
}

function term(name: string, parts: readonly string[]): EventFilter {
  const pattern = parts.map((part) =>
    part === "*" || part === "?"
      ? `.${part === "*" ? "*" : ""}`
      : part.slice(1).replaceAll(/[\\.+*?()|[\]{}^$/]/g, "\\$&"),
  );
  const wanted = new RegExp(`^${pattern.join("")}$`, "su");
  return (fields) => {
    const value = fields.get(name);
    return value !== undefined && wanted.test(String(value));
  };
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < query.length; ) {
    const character = query[at] ?? "";
    if (character === " ") {
      at += 1;
    } else if (character === "(" || character === ")" || character === "-") {
      tokens.push({ kind: character });
      at += 1;
    } else {
      const { token, next } = character === '"' ? quotedAt(query, at) : bareAt(query, at);
      tokens.push(token);
      at = next;
    }
  }
  return tokens;
}

function quotedAt(query: string, from: number): { token: Token; next: number } {
  let text = "";
  for (let at = from + 1; at < query.length; at += 1) {
    const character = query[at] ?? "";
    if (character === '"') return { token: { kind: "value", parts: [`=${text}`] }, next: at + 1 };
    if (character === "\\") {
      at += 1;
      if (at >= query.length) break;
      text += query[at] ?? "";
    } else {
      text += character;
    }
  }
  throw new DatadogQueryError("a quote is not closed");
}

/** A name up to its colon, a word, or a bare value. Literal parts carry a `=` in front, wildcards stand alone. */
function bareAt(query: string, from: number): { token: Token; next: number } {
  const parts: string[] = [];
  let text = "";
  let at = from;
  let isEscaped = false;
  for (; at < query.length; at += 1) {
    const character = query[at] ?? "";
    if (character === " " || character === ")" || character === "(") break;
    if (character === ":") {
      if (parts.length > 0 || text === "") throw new DatadogQueryError("a colon out of place");
      return { token: { kind: "name", name: text }, next: at + 1 };
    }
    if (character === "\\") {
      at += 1;
      isEscaped = true;
      text += query[at] ?? "";
    } else if (character === "*" || character === "?") {
      parts.push(`=${text}`, character);
      text = "";
    } else if (SPECIAL.has(character)) {
      throw new DatadogQueryError(`${character} has to be escaped`);
    } else {
      text += character;
    }
  }
  if (!isEscaped && parts.length === 0 && (text === "AND" || text === "OR"))
    return { token: { kind: text }, next: at };
  return { token: { kind: "value", parts: [...parts, `=${text}`] }, next: at };
}
