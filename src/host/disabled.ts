/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether everything that observes is switched off, by `DURASCOPE_DISABLED=true` or OpenTelemetry's own
 * `OTEL_SDK_DISABLED=true` (any case; other values mean on, as
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ has it).
 */
export function isDisabled(environment: Environment = process.env): boolean {
  return isTrue(environment["DURASCOPE_DISABLED"]) || isTrue(environment["OTEL_SDK_DISABLED"]);
}

function isTrue(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === "true";
}
