/** What a parser found odd but could go on with; equal ones are counted, not repeated. */
export interface Warning {
  /** Stable word for programs, e.g. `unknown_event`. */
  readonly code: string;
  /** One sentence for people; holds no payload. */
  readonly message: string;
  /** How often it was met. */
  readonly count: number;
}

/** Why a parser could not go on. */
export interface ParseError {
  /** Stable word for programs, e.g. `history_without_start`. */
  readonly code: string;
  /** What is wrong, where, and what to do; holds no payload. */
  readonly message: string;
}

/** The answer of a parser: a value with its warnings, or an error. Parsers never throw on bad input. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly error: ParseError };

/** Collects warnings, one entry a code and message. */
export interface WarningLog {
  add(code: string, message: string): void;
  list(): readonly Warning[];
}

/** Makes an empty {@link WarningLog}; it holds at most 100 different entries, the rest are counted as `more`. */
export function warningLog(): WarningLog {
  const counts = new Map<string, { code: string; message: string; count: number }>();
  return {
    add(code, message) {
      const name =
        counts.size < 100 || counts.has(`${code} ${message}`) ? `${code} ${message}` : "";
      const known = counts.get(name);
      if (known !== undefined) known.count += 1;
      else if (name === "") counts.set("", { code: "more", message: "further warnings", count: 1 });
      else counts.set(name, { code, message, count: 1 });
    },
    list: () => [...counts.values()],
  };
}

/** A failed {@link Result}. */
export function failure<Value>(code: string, message: string): Result<Value> {
  return { ok: false, error: { code, message } };
}
