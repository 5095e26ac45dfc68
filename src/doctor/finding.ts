/** What a check found. */
export interface Finding {
  /** Stable, for programs: `endpoint`, `api_pair`, ... */
  readonly check: string;
  /** `failed`: spans are lost, or a call cannot work. `warning`: something may not be meant so. */
  readonly status: "ok" | "warning" | "failed";
  /** What is so, in a sentence without a full stop; no credentials. */
  readonly text: string;
  /** What to do, in a sentence. */
  readonly hint?: string;
}

/** A message's first sentence as the text of a finding, and what follows it, which says what to do, as its hint. */
export function sentences(message: string): { readonly text: string; readonly hint: string } {
  const [first = message, ...rest] = message.replace(/^durascope: /, "").split(/(?<=\.) /);
  return { text: first.replace(/\.$/, ""), hint: rest.join(" ") };
}

/** A finding that all is well. */
export function ok(check: string, text: string): Finding {
  return { check, status: "ok", text };
}

/** A finding that something may not be meant so. */
export function warning(check: string, text: string, hint: string): Finding {
  return { check, status: "warning", text, hint };
}

/** A finding that something does not work. */
export function failed(check: string, text: string, hint: string): Finding {
  return { check, status: "failed", text, hint };
}
