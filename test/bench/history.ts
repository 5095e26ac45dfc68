/**
 * How fast histories become OTLP/JSON: `npm run bench:history`.
 *
 * Measured are fold, projection and encoding of recorded histories of both engines, in events per CPU second. Beside it, in
 * the same run and turn by turn: the same path with OpenTelemetry's own tracer and JSON serialiser in place of ours (fold,
 * the same facts of each span, tracer, serialiser), and tracer and serialiser alone, with the spans handed to them
 * ready-made. Each takes its best round: what else runs on the machine only ever adds. The last line is JSON.
 */
import { encodeSpans } from "../../src/exporters/otlp-json.ts";
import { benchHistories, spansOfHistory } from "./corpus.ts";
import { sdkPath } from "./sdk-path.ts";

const ROUNDS = 25;
const WARM_UP_ROUNDS = 8;
const BAR = 250_000;
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
const times = (of: number): number => Math.round((value / of) * 100) / 100;
const figures = [
  {
    name: "fold, projection, OTLP/JSON",
    value,
    unit: "events per CPU second",
    peer,
    bar: BAR,
    holds: value >= BAR,
  },
  {
    name: "times the path with OpenTelemetry's tracer and serialiser",
    value: times(peer),
    unit: "times",
    peer: 1,
    bar: 2,
    holds: times(peer) >= 2,
  },
  {
    name: "times OpenTelemetry's tracer and serialiser alone",
    value: times(peerReady),
    unit: "times",
    peer: 1,
    bar: null,
    holds: null,
  },
];
if (source === "fixtures") {
  process.stderr.write(
    "There is no corpus at ../shared/corpus beside the repository: these are figures of the few fixtures, and the bars are set for the corpus.\n",
  );
}
process.stdout.write(
  `${histories.length} histories of the ${source}, ${events} events, ${spans} spans; best of ${ROUNDS} rounds, in events per CPU second
durascope (fold, projection, OTLP/JSON):                  ${value}
OpenTelemetry (fold, projection, tracer, OTLP/JSON):      ${peer}
OpenTelemetry (tracer, OTLP/JSON) of spans ready-made:    ${peerReady}
${JSON.stringify({ bench: "history", figures })}
`,
);
