/**
 * How fast histories become OTLP/JSON: `npm run bench:history`.
 *
 * Measured are fold, projection and encoding of recorded histories of both engines, in events per CPU second; beside it, in
 * the same run and turn by turn, what OpenTelemetry's own tracer and JSON serialiser need for the same spans alone, which
 * are handed to them ready-made. The last line is JSON.
 */
import { encodeSpans } from "../../src/exporters/otlp-json.ts";
import { type BenchHistory, benchHistories, spansOfHistory } from "./corpus.ts";
import { sdkPath } from "./sdk-path.ts";

const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;
const RESOURCE = { "service.name": "bench" };

const { source, histories } = benchHistories();
const ready = histories.map((history) => ({ history, spans: spansOfHistory(history) }));
const events = histories.reduce((sum, history) => sum + history.events, 0);
const spans = ready.reduce((sum, entry) => sum + entry.spans.length, 0);
const sdk = sdkPath();
// The fixtures are few: one round of them would be shorter than the clock can tell.
const repeats = Math.max(1, Math.ceil(20_000 / events));

let bytes = 0;

function ours(): void {
  for (const history of histories) bytes += encode(history);
}

function encode(history: BenchHistory): number {
  return Buffer.from(encodeSpans([{ resource: RESOURCE, spans: spansOfHistory(history) }])).length;
}

function theirs(): void {
  for (const entry of ready) bytes += sdk.serialise(entry.spans);
}

/** CPU seconds, of all threads, that some work takes. */
function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  for (let i = 0; i < repeats; i += 1) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const ownSeconds: number[] = [];
const sdkSeconds: number[] = [];
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
  const own = cpuSeconds(ours);
  const other = cpuSeconds(theirs);
  if (round < WARM_UP_ROUNDS) continue;
  ownSeconds.push(own);
  sdkSeconds.push(other);
}
if (bytes === 0) throw new Error("nothing was encoded");

const rate = (seconds: readonly number[]): number =>
  Math.round((events * repeats) / median(seconds));
const value = rate(ownSeconds);
const peer = rate(sdkSeconds);
const ratio = Math.round((value / peer) * 100) / 100;
const figures = [
  {
    name: "history to OTLP/JSON",
    value,
    unit: "events per CPU second",
    peer,
    bar: 250_000,
    holds: value >= 250_000,
  },
  {
    name: "history to OTLP/JSON, times OpenTelemetry's tracer and serialiser",
    value: ratio,
    unit: "times",
    peer: 1,
    bar: 2,
    holds: ratio >= 2,
  },
];
process.stdout.write(
  `${histories.length} histories of the ${source}, ${events} events, ${spans} spans; medians of ${ROUNDS} rounds\n`,
);
process.stdout.write(`durascope (fold, projection, OTLP/JSON): ${value} events per CPU second\n`);
process.stdout.write(
  `OpenTelemetry (tracer, OTLP/JSON) of the same spans: ${peer} events per CPU second\n`,
);
process.stdout.write(`${JSON.stringify({ bench: "history", figures })}\n`);
