import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** What a recorded history says about the order of events: types, and for each the id of the one before it. */
export interface RecordedShape {
  readonly types: readonly string[];
  readonly previousIds: readonly number[];
}

interface Recording {
  readonly events: readonly {
    readonly id: unknown;
    readonly type: string;
    readonly previousEventId: number;
  }[];
}

const corpus = fileURLToPath(
  new URL("../../../shared/corpus/stepfunctions.jsonl.gz", import.meta.url),
);

/** Whether the histories recorded on AWS lie beside the repository. */
export const hasRecordings: boolean = existsSync(corpus);

/** The shapes of all histories that were recorded on AWS, see the corpus's own README. */
export function readRecordedShapes(): readonly RecordedShape[] {
  const lines = gunzipSync(readFileSync(corpus)).toString("utf8").trim().split("\n");
  return lines.map((line) => {
    const recording: Recording = JSON.parse(line);
    const events = recording.events.toSorted((a, b) => Number(a.id) - Number(b.id));
    return {
      types: events.map((event) => event.type),
      previousIds: events.map((event) => event.previousEventId),
    };
  });
}
