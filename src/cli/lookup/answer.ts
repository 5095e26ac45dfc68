import type { BackendLink, LookupBackend, LookupResult } from "../../lookup/backend.ts";
import type { RecordedRun } from "../../lookup/recorded-run.ts";
import { buildReport } from "../../report/build-report.ts";
import { engineLinks } from "../../report/engine-links.ts";
import type { RunReport } from "../../report/run-report.ts";
import type { ChosenBackend } from "./backend.ts";

/** What was found, ready to be printed. */
export interface LookupAnswer {
  readonly id: string;
  /** Name of the backend, and what made it be that one. */
  readonly asked: string;
  readonly chosenBy: string;
  readonly result: LookupResult;
  /** The runs of the result in their order, each with the pages that show more of it. */
  readonly runs: readonly { readonly report: RunReport; readonly links: readonly BackendLink[] }[];
}

/** Makes reports and links of what was found; `TEMPORAL_UI_URL` and `GRAFANA_URL` say where those pages are. */
export function answerOf(
  id: string,
  { backend, chosenBy }: ChosenBackend,
  result: LookupResult,
  environment: Readonly<Record<string, string | undefined>>,
): LookupAnswer {
  const temporalUi = environment["TEMPORAL_UI_URL"] || undefined;
  const grafana = environment["GRAFANA_URL"] || undefined;
  const targets = {
    ...(temporalUi !== undefined && { temporalUi }),
    ...(grafana !== undefined && { grafana }),
  };
  const runs = result.runs.map((run) => {
    const report = buildReport(run);
    const links = [...backend.links(windowOf(run, report)), ...engineLinks(report, targets)];
    return { report, links };
  });
  return { id, asked: backend.name, chosenBy, result, runs };
}

function windowOf(run: RecordedRun, report: RunReport): Parameters<LookupBackend["links"]>[0] {
  const services = new Set<string>();
  let end = report.ended ?? report.started;
  for (const span of run.spans) {
    const name = span.resource["service.name"];
    if (typeof name === "string") services.add(name);
    end = Math.max(end, span.endTime);
  }
  return { traceId: run.traceId, start: report.started, end, services: [...services] };
}
