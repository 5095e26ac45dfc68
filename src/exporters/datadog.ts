import { isIPv6 } from "node:net";
import { join } from "node:path";
import { DurascopeError } from "../core/errors.ts";
import type { Environment } from "../host/disabled.ts";
import { batchProcessor, type CountingProcessor } from "../telemetry/batch-processor.ts";
import type { BatchOptions } from "../telemetry/batch-settings.ts";
import { datadogSiteName } from "../telemetry/datadog-site.ts";
import {
  type CountingExporter,
  type OtlpExporterOptions,
  otlpSpanExporter,
} from "../telemetry/otlp-exporter.ts";
import { type SpoolOptions, spoolOfEnvironment } from "../telemetry/spool/open-spool.ts";

/** Options of {@link datadogExporter}. */
export interface DatadogExporterOptions
  extends Omit<OtlpExporterOptions, "url" | "headers" | "protocol"> {
  /** The Agent of this host or pod, or Datadog itself, which needs an API key. @default "agent" */
  readonly to?: "agent" | "intake";
  /**
   * The Agent's OTLP port, which its configuration opens (`DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT`).
   * @default port 4318 of the host of `DD_TRACE_AGENT_URL` or `DD_AGENT_HOST`, else of 127.0.0.1
   */
  readonly agentUrl?: string;
  /** The organization's site. @default DD_SITE, datadoghq.com */
  readonly site?: string;
  /** Goes to the site alone; never logged, never written to disk. @default DD_API_KEY */
  readonly apiKey?: string;
  /** Let Datadog make trace metrics of the spans; the Agent always does. @default true */
  readonly computeStats?: boolean;
}

/** Options of {@link datadogProcessor}. */
export interface DatadogProcessorOptions extends DatadogExporterOptions, BatchOptions {}

/** Where spans go, and with which headers. */
export interface DatadogTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: "http/json" | "http/protobuf";
}

/**
 * An exporter to Datadog by OTLP: to its Agent, or to its intake, which is in preview and takes protobuf
 * (https://docs.datadoghq.com/opentelemetry/setup/otlp_ingest/traces/; bodies up to 3.2 MB). `OTEL_EXPORTER_OTLP_*` is not
 * read: what is meant for another backend does not go to Datadog, nor the other way round.
 *
 * Rejects with a `DurascopeError`: `DATADOG_SITE` for a site that is none of Datadog's, `DATADOG_API_KEY` without a key,
 * `DATADOG_AGENT` for an Agent that is only reached by a socket or whose host is none, and those of `otlpSpanExporter`.
 */
export async function datadogExporter(
  options: DatadogExporterOptions = {},
): Promise<CountingExporter> {
  const environment = options.environment ?? process.env;
  const own = Object.entries(environment).filter(([name]) => !name.startsWith("OTEL_EXPORTER_"));
  return otlpSpanExporter({
    spool: spoolBeside(environment),
    ...options,
    ...datadogTarget(options, environment),
    environment: Object.fromEntries(own),
  });
}

/** In the folder of `DURASCOPE_SPOOL_DIR` one of its own: what waits there goes to whoever opens it next, and that to its backend. */
function spoolBeside(environment: Environment): SpoolOptions | false {
  const spool = spoolOfEnvironment(environment);
  return spool !== undefined && { ...spool, directory: join(spool.directory, "datadog") };
}

/** A span processor over {@link datadogExporter}: give it as `spanProcessor` to a plugin or a poller. Rejects as that does. */
export async function datadogProcessor(
  options: DatadogProcessorOptions = {},
): Promise<CountingProcessor> {
  return batchProcessor(await datadogExporter(options), options);
}

/** Where {@link datadogExporter} sends. Throws as that rejects. */
export function datadogTarget(
  options: DatadogExporterOptions,
  environment: Environment,
): DatadogTarget {
  return options.to === "intake" ? intake(options, environment) : agent(options, environment);
}

function intake(options: DatadogExporterOptions, environment: Environment): DatadogTarget {
  const site = datadogSiteName(options.site ?? (environment["DD_SITE"] || "datadoghq.com"));
  if (site === undefined)
    throw new DurascopeError(
      "DATADOG_SITE",
      "The Datadog site is none of Datadog's, and an API key is sent to no other host. Set the option site or DD_SITE to yours, such as datadoghq.com, datadoghq.eu or us5.datadoghq.com.",
    );
  const apiKey = (options.apiKey ?? environment["DD_API_KEY"] ?? "").trim();
  if (apiKey === "")
    throw new DurascopeError(
      "DATADOG_API_KEY",
      'Spans go to Datadog\'s intake only with an API key. Set DD_API_KEY or the option apiKey, or send them to an Agent (to: "agent").',
    );
  return {
    url: `https://otlp.${site}/v1/traces`,
    headers: {
      "dd-api-key": apiKey,
      ...(options.computeStats !== false && { compute_stats: "true" }),
    },
    protocol: "http/protobuf",
  };
}

const OTLP_PORT = "4318";

function agent(options: DatadogExporterOptions, environment: Environment): DatadogTarget {
  const { agentUrl } = options;
  const named = agentUrl ?? environment["DD_TRACE_AGENT_URL"]?.trim();
  const given = named || urlOfHost(environment["DD_AGENT_HOST"]?.trim() || "127.0.0.1");
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new DurascopeError(
      "DATADOG_AGENT",
      "The Datadog Agent takes OTLP over HTTP alone, and the address that is given is no http URL and no host. Set the option agentUrl to its OTLP port, such as http://127.0.0.1:4318.",
    );
  // The variable names the port of dd-trace's own protocol, the option that of OTLP.
  const port = agentUrl === undefined ? OTLP_PORT : url.port || OTLP_PORT;
  return {
    url: `${url.protocol}//${url.hostname}:${port}/v1/traces`,
    headers: {},
    protocol: "http/json",
  };
}

/** Empty for what is no host alone: `agent:8126` must not come to mean another one. */
function urlOfHost(host: string): string {
  if (isIPv6(host)) return `http://[${host}]`;
  return /^[\w.-]+$/.test(host) ? `http://${host}` : "";
}
