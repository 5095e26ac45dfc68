import type { Environment } from "./disabled.ts";

/** The part of an OpenTelemetry resource that exporters of SDK 2 and 3 read. */
export interface SpanResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly asyncAttributesPending?: boolean;
  readonly waitForAsyncAttributes?: () => Promise<void>;
  readonly schemaUrl?: string | undefined;
}

/** Longest `OTEL_RESOURCE_ATTRIBUTES` that is read, in characters. */
const LONGEST_LIST = 16_384;

/** A resource of our own, for spans of a process without an OpenTelemetry SDK. */
export function resourceOf(attributes: Readonly<Record<string, string>>): SpanResource {
  const entries = Object.entries(attributes);
  const resource = {
    attributes,
    asyncAttributesPending: false,
    // SDK 2 and 3 ask for this when they print or merge a resource.
    getRawAttributes: () => entries,
    merge: (other: SpanResource | null): SpanResource => other ?? resource,
  };
  return resource;
}

/**
 * Resource attributes from `OTEL_RESOURCE_ATTRIBUTES` (`key=value,key=value`, percent-encoded) and
 * `OTEL_SERVICE_NAME`, which wins (https://opentelemetry.io/docs/specs/otel/resource/sdk/). A list that cannot be
 * decoded is left out whole, as the specification says. `service.name` is always there.
 */
export function environmentAttributes(
  environment: Environment,
  serviceName?: string,
): Record<string, string> {
  const attributes = parseList(environment["OTEL_RESOURCE_ATTRIBUTES"]);
  const own = environment["OTEL_SERVICE_NAME"]?.trim();
  const name = own === undefined || own === "" ? attributes["service.name"] : own;
  attributes["service.name"] = name ?? serviceName ?? "unknown_service:node";
  return attributes;
}

function parseList(list: string | undefined): Record<string, string> {
  const attributes: Record<string, string> = {};
  if (list === undefined || list.length > LONGEST_LIST) return attributes;
  try {
    for (const pair of list.split(",")) {
      const at = pair.indexOf("=");
      if (at > 0) {
        const key = decodeURIComponent(pair.slice(0, at).trim());
        attributes[key] = decodeURIComponent(pair.slice(at + 1).trim());
      }
    }
    return attributes;
  } catch {
    return {};
  }
}
