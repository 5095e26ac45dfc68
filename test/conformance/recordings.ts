import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ScenarioName } from "../../examples/order-saga/shared/scenarios.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where the corpus is looked for, from the repository's folder. */
const CORPUS = "../shared/corpus";

/** The neutral tree that a scenario must give on every engine. */
export function golden(name: ScenarioName): string {
  return readFileSync(here(`goldens/${name}.txt`), "utf8").trimEnd();
}

/** A history of the corpus of public recordings, which may lie beside the repository. */
export interface CorpusHistory {
  readonly scenario: string;
  readonly events: readonly unknown[];
}

/** Whether the corpus of an engine is there. */
export function hasCorpus(engine: "temporal" | "stepfunctions"): boolean {
  return existsSync(corpusFile(engine));
}

/** What the title of a test that reads the corpus of an engine ends with: why it is skipped, where that is not there. */
export function skipNote(engine: "temporal" | "stepfunctions"): string {
  return hasCorpus(engine) ? "" : ` (skipped: no recordings at ${CORPUS}, beside the repository)`;
}

/** Reads the corpus of an engine; none when it is not there. */
export function readCorpus(engine: "temporal" | "stepfunctions"): readonly CorpusHistory[] {
  if (!hasCorpus(engine)) return [];
  const lines = gunzipSync(readFileSync(corpusFile(engine)))
    .toString("utf8")
    .trim()
    .split("\n");
  return lines.map((line) => {
    const { scenario, history, events } = JSON.parse(line) as {
      scenario: string;
      history?: { events: unknown[] };
      events?: unknown[];
    };
    return { scenario, events: history?.events ?? events ?? [] };
  });
}

function corpusFile(engine: string): string {
  return here(`../../${CORPUS}/${engine}.jsonl.gz`);
}
