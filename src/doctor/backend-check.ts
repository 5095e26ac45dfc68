import {
  BACKEND_LIMITS,
  type BackendId,
  type BackendLimits,
  limitsOf,
  limitsOfHost,
} from "../telemetry/backend-limits.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** How far below a backend's limit a span stays, in ms: what it takes to arrive, and clocks that differ. */
const HOUR = 3_600_000;

/** The backend that spans are looked up in. */
export interface NamedBackend {
  readonly id: BackendId;
  /** What tells that it is that one: an option, a variable of the environment. */
  readonly by: string;
}

/**
 * What the backend does with late and long spans. Which one it is, an option tells, else the endpoint's host, else where
 * spans are looked up; behind a collector it may be any, which is a warning: nothing then says that late spans arrive.
 *
 * @param url the endpoint's address
 * @param named the backend that an option names
 * @param asked the backend that a lookup asks
 */
export function backendFinding(
  url: URL | undefined,
  named?: BackendId,
  asked?: NamedBackend,
): Finding {
  if (named !== undefined) return told(limitsOf(named), "--backend");
  const byHost = url === undefined ? undefined : limitsOfHost(url.hostname);
  if (byHost !== undefined) return told(byHost, "by the endpoint's host");
  return asked === undefined ? unknown() : told(limitsOf(asked.id), asked.by);
}

function told(known: BackendLimits | undefined, by: string): Finding {
  if (known === undefined) return unknown();
  const source = known.source === undefined ? "" : `: ${known.source}`;
  const text = `${known.title} (${by}) ${known.words}${source}`;
  return isStrict(known) ? warning("backend", text, remedy(known)) : ok("backend", text);
}

function isStrict({ refusesAfter, longest }: BackendLimits): boolean {
  return refusesAfter !== undefined || longest !== undefined;
}

function remedy({ longest }: BackendLimits): string {
  const late = "Watch durascope.spans.late, and let the poller look often (maxInterval)";
  return longest === undefined
    ? `${late}.`
    : `${late}. Spans over its length may never arrive: with DURASCOPE_LONGEST_SPAN_MS=${longest - HOUR} they are sent as 0 ms at their ends.`;
}

function unknown(): Finding {
  const titles = BACKEND_LIMITS.filter(isStrict).map(({ title }) => title);
  return warning(
    "backend",
    "which backend the spans end up in is not known, so neither is what it does with late ones",
    `Name it, as by --backend dynatrace: ${titles.join(", ")} limit how late or how long a span may be (docs/sampling.md).`,
  );
}
