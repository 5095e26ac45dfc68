/**
 * How fast recorded histories become OTLP/JSON: `npm run bench:history`.
 *
 * Measured is all that durascope does with a history that is parsed JSON already: reading its events, the fold, the
 * spans, and their encoding as bytes of OTLP/JSON, one request a history. Reading files and sending are not in it.
 *
 * Its peer does the same with OpenTelemetry's tracer and JSON serialiser in place of our encoding: durascope's spans
 * are handed to the tracer one by one, what it ends is serialised. As there is no other reader of these histories, the
 * peer's reading, fold and spans are durascope's own too; what tracer and serialiser take alone is told beside it.
 *
 * All take turns, in one process, and each is told by its best round, in CPU time of all threads: what else runs on
 * the machine only ever adds. The last line is JSON.
 */
import { encodeSpans } from "../../src/telemetry/otlp/otlp-json.ts";
import { benchHistories, spansOfHistory } from "./corpus.ts";
import { sdkPath } from "./sdk-path.ts";

/** The more rounds, the likelier one that nothing disturbs. */
const ROUNDS = 60;
const WARM_UP_ROUNDS = 8;
const BAR = 250_000;
const BAR_TIMES = 2;
const RESOURCE = { "service.name": "bench" };

const { source, histories } = benchHistories();
const ready = histories.map(spansOfHistory);
const events = histories.reduce((sum, history) => sum + history.events, 0);
const spans = ready.reduce((sum, records) => sum + records.length, 0);
const sdk = sdkPath();
// The fixtures are few: one round of them would be shorter than the clock can tell.
const repeats = Math.max(1, Math.ceil(10_000 / events));

/** Ways to OTLP/JSON; each gives the number of bytes that it made. */
const paths = {
  durascope: () =>
    histories.map(
      (history) =>
        Buffer.from(encodeSpans([{ resource: RESOURCE, spans: spansOfHistory(history) }])).length,
    ),
  openTelemetry: () => histories.map((history) => sdk.serialise(spansOfHistory(history))),
  openTelemetryReady: () => ready.map((records) => sdk.serialise(records)),
};

/** CPU seconds of all threads that some work takes. */
function cpuSeconds(work: () => readonly number[]): number {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i += 1) {
    if (work().every((bytes) => bytes === 0)) throw new Error("nothing was encoded");
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const best = { durascope: Infinity, openTelemetry: Infinity, openTelemetryReady: Infinity };
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
  for (const name of ["durascope", "openTelemetry", "openTelemetryReady"] as const) {
    const seconds = cpuSeconds(paths[name]);
    if (round >= WARM_UP_ROUNDS) best[name] = Math.min(best[name], seconds);
  }
}

const rate = (seconds: number): number => Math.round((events * repeats) / seconds);
const value = rate(best.durascope);
const peer = rate(best.openTelemetry);
const peerReady = rate(best.openTelemetryReady);
const times = Math.round((value / peer) * 100) / 100;
const figures = [
  {
    name: "histories to OTLP/JSON",
    value,
    unit: "events per CPU second",
    peer,
    bar: BAR,
    holds: value >= BAR,
  },
  {
    name: "the same with OpenTelemetry's tracer and serialiser",
    value: times,
    unit: "times",
    peer: 1,
    bar: BAR_TIMES,
    holds: value >= BAR_TIMES * peer,
  },
];
if (source === "fixtures") {
  process.stderr.write(
    "There is no corpus at ../shared/corpus beside the repository: these are figures of the few fixtures, and the bars are set for the corpus.\n",
  );
}
process.stdout.write(
  `${histories.length} histories of the ${source}, ${events} events, ${spans} spans; best of ${ROUNDS} rounds, in events per CPU second
fold, spans, durascope's encoding:                       ${value}
fold, spans, OpenTelemetry's tracer and serialiser:      ${peer}
OpenTelemetry's tracer and serialiser, spans ready-made: ${peerReady}
${JSON.stringify({ bench: "history", figures })}
`,
);
