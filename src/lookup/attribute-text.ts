import type { OtlpAttributes } from "../telemetry/otlp/otlp-model.ts";

/** An attribute as text; undefined when it is absent or no scalar. */
export function attributeText(attributes: OtlpAttributes, key: string): string | undefined {
  const value = attributes[key];
  return value === undefined || typeof value === "object" ? undefined : String(value);
}
