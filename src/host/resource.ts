import type { Environment } from "./disabled.ts";
import { parseKeyValueList } from "./key-value-list.ts";

/** The part of an OpenTelemetry resource that exporters of SDK 2 and 3 read. */
export interface SpanResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly asyncAttributesPending?: boolean;
  readonly waitForAsyncAttributes?: () => Promise<void>;
  readonly schemaUrl?: string | undefined;
}

/** A resource whose attributes are all text. */
export interface OwnResource extends SpanResource {
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource of our own, for spans of a process without an OpenTelemetry SDK. */
export function resourceOf(attributes: Readonly<Record<string, string>>): OwnResource {
  return { attributes, asyncAttributesPending: false };
}

/**
 * Resource attributes from `OTEL_RESOURCE_ATTRIBUTES` (`key=value,key=value`, percent-encoded) and
 * `OTEL_SERVICE_NAME`, which wins (https://opentelemetry.io/docs/specs/otel/resource/sdk/). A list that cannot be
 * decoded is left out whole, as the specification says. `service.name` is always there.
 */
export function environmentAttributes(
  environment: Environment,
  serviceName = "unknown_service:node",
): Record<string, string> {
  const attributes = parseKeyValueList(environment["OTEL_RESOURCE_ATTRIBUTES"]);
  const own = environment["OTEL_SERVICE_NAME"]?.trim();
  return { "service.name": serviceName, ...attributes, ...(own && { "service.name": own }) };
}
