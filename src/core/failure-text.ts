/** What becomes of the messages of application failures: kept (cut to 256 characters), dropped, or rewritten. */
export type FailureMessages = "keep" | "drop" | ((message: string) => string);

/** What becomes of identities (who signalled, which worker): personal data. `hash` keeps them comparable. */
export type Identities = "keep" | "hash" | "drop";

const LONGEST_MESSAGE = 256;

/** A failure message as it may be recorded; undefined when it is dropped, empty, or the rewriting function throws. */
export function failureText(message: unknown, rule: FailureMessages = "keep"): string | undefined {
  if (typeof message !== "string" || message === "" || rule === "drop") return undefined;
  if (rule === "keep") return cut(message);
  try {
    return cut(rule(message));
  } catch {
    // What observes never fails what it observes, and an unredacted message must not slip out.
    return undefined;
  }
}

function cut(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1)}…` : text;
}

/** An error's type as it may be recorded: one line of at most 256 characters, `Error` when there is none. */
export function failureType(type: unknown): string {
  return typeof type === "string" && type.trim() !== ""
    ? cut(type.replaceAll(/\s+/g, " ").trim())
    : "Error";
}
