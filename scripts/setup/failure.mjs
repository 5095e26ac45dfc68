/**
 * A set-up step that cannot go on. The message is for the reader of a terminal: one sentence that says
 * what is missing and what to do; `detail` holds the last lines of a tool's own output, if there are any.
 */
export class SetupFailure extends Error {
  /**
   * @param {string} message
   * @param {string} [detail]
   */
  constructor(message, detail = "") {
    super(message);
    this.name = "SetupFailure";
    this.detail = detail;
  }
}

/**
 * The code of a system's error, such as `EACCES`; undefined when it has none.
 *
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
