/** Symbol that marks every error of this package, so that two copies of it recognise each other's. */
const BRAND = Symbol.for("durascope.error");

/**
 * A set-up mistake: thrown at once, never while something is being observed.
 *
 * `code` is stable and meant for programs; the message says what is wrong, why, and the next step.
 */
export class DurascopeError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DurascopeError";
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether a value is a {@link DurascopeError}, also one of another copy of this package. */
export function isDurascopeError(value: unknown): value is DurascopeError {
  return typeof value === "object" && value !== null && BRAND in value;
}
