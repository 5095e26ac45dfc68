/** A property of a value of unknown form: undefined when the value is no object, or has none of that name. */
export function property(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
