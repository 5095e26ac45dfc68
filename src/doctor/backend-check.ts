import type { Environment } from "../correlation/disabled.ts";
import {
  BACKEND_LIMITS,
  type BackendId,
  type BackendLimits,
  limitsOf,
  limitsOfHost,
} from "../telemetry/backend-limits.ts";
import { type Finding, ok, warning } from "./finding.ts";

/**
 * What the backend does with late and long spans. Which one it is, the endpoint's host tells, or the variables by which
 * `durascope lookup` is told; behind a collector it may be any.
 *
 * @param answers the backend that answers beside the endpoint, where one was looked for
 */
export function backendFinding(
  url: URL | undefined,
  environment: Environment,
  answers?: BackendId,
): Finding {
  const byHost = url === undefined ? undefined : limitsOfHost(url.hostname);
  const beside = answers === undefined ? undefined : limitsOf(answers);
  const known = byHost ?? named(environment) ?? beside;
  if (known === undefined) return unknown();
  const source = known.source === undefined ? "" : ` (${known.source})`;
  const text = `${known.title} ${known.words}${source}`;
  return known.refusesAfter === undefined && known.longest === undefined
    ? ok("backend", text)
    : warning("backend", text, remedy(known));
}

function named(environment: Environment): BackendLimits | undefined {
  const has = (name: string): boolean => (environment[name] ?? "").trim() !== "";
  if (has("JAEGER_URL") || environment["DURASCOPE_BACKEND"] === "jaeger") return limitsOf("jaeger");
  if (has("TEMPO_URL") || environment["DURASCOPE_BACKEND"] === "tempo") return limitsOf("tempo");
  const isDatadog = environment["DURASCOPE_BACKEND"] === "datadog" || has("DD_SITE");
  return isDatadog ? limitsOf("datadog") : undefined;
}

function remedy({ longest }: BackendLimits): string {
  const late = "Watch durascope.spans.late, and let the poller look often (maxInterval)";
  return longest === undefined
    ? `${late}.`
    : `${late}. Spans over its length never arrive: find those runs in the engine itself.`;
}

function unknown(): Finding {
  const strict = BACKEND_LIMITS.filter(
    (backend) => backend.refusesAfter !== undefined || backend.longest !== undefined,
  );
  const list = strict.map(({ title, words }) => `${title} ${words}`).join("; ");
  return ok(
    "backend",
    `what stands behind the endpoint is not known here. Late and long spans: ${list}; Jaeger and Tempo take them`,
  );
}
