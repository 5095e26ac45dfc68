import { type FailureMessages, failureText, failureType } from "../core/failure-text.ts";

/** Why an invocation failed. */
export interface InvocationFailure {
  readonly type: string;
  readonly message?: string | undefined;
}

/** Runs of characters that are no words: AWS's task tokens have hundreds of them, and whoever holds one can complete the task. */
const TOKEN_LIKE = /[\w+/=-]{100,}/g;

/**
 * What a handler threw, as it may be recorded: the name of the error as Lambda itself reports it (so that it equals
 * the one in the state machine's history), and its message by the given rule, task tokens removed. Never throws.
 */
export function failureOf(
  thrown: unknown,
  event: unknown,
  rule: FailureMessages | undefined,
): InvocationFailure {
  try {
    const { name = typeof thrown, message = thrown }: { name?: unknown; message?: unknown } =
      Object(thrown);
    return { type: failureType(name), message: failureText(withoutTokens(message, event), rule) };
  } catch {
    return { type: failureType("") };
  }
}

function withoutTokens(message: unknown, event: unknown): unknown {
  if (typeof message !== "string") return undefined;
  let text = message.slice(0, 4096);
  // A long text or list would be taken apart into as many entries, and end a small function for want of memory.
  const fields = typeof event === "string" || Array.isArray(event) ? {} : Object(event);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string" && value.length > 8 && /token/i.test(name)) {
      text = text.replaceAll(value, "[token]");
    }
  }
  return text.replaceAll(TOKEN_LIKE, "[token]");
}
