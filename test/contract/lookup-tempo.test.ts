import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import { createTempoBackend, tempoOptionsOf } from "../../src/lookup/tempo/tempo.ts";
import { withReason } from "../backends/installed.ts";
import { startLokiServer } from "../doubles/loki-server.ts";
import { sendOtlp, sentSpans } from "../doubles/otlp-intake.ts";
import { startTempoServer, type TempoServerOptions } from "../doubles/tempo-server.ts";
import { describeLookupBackend, type LookupStore } from "./lookup-backend.ts";

const KEYS = ["order.id"];
/** After so long, in ms, Tempo finds by search whatever came. */
const SETTLED = 20 * 60_000;

function isLogs(request: string): boolean {
  return request.startsWith('{"resourceLogs"');
}

async function startDouble(options: TempoServerOptions): Promise<LookupStore> {
  const tempo = await startTempoServer(options);
  const loki = await startLokiServer();
  return {
    backend: createTempoBackend({
      url: tempo.url,
      lokiUrl: loki.url,
      keys: KEYS,
      now: () => tempo.now(),
    }),
    async send(requests) {
      const spans = requests.filter((request) => !isLogs(request));
      await sendOtlp(tempo.url, spans);
      await sendOtlp(loki.url, requests.filter(isLogs));
      tempo.age(SETTLED);
    },
    async stop() {
      await Promise.all([tempo.stop(), loki.stop()]);
    },
  };
}

describeLookupBackend("a server that answers as Tempo 3.0", {
  start: () => startDouble({}),
  keepsLogs: true,
  searchesLogs: false,
  randomIds: 25,
});

describeLookupBackend("a server that answers as Tempo 2.6, with windows of three days", {
  start: () => startDouble({ release: "2.6", longestWindow: 72 * 3600 }),
  keepsLogs: true,
  searchesLogs: false,
  randomIds: 15,
});

const given = tempoOptionsOf(process.env);
const otlpUrl = process.env["TEMPO_OTLP_URL"];
const notGiven =
  given === undefined || otlpUrl === undefined
    ? "TEMPO_URL and TEMPO_OTLP_URL name none"
    : undefined;

describe.skipIf(notGiven !== undefined)(
  `on ${withReason("the Tempo of TEMPO_URL", notGiven)}`,
  () => {
    describeLookupBackend("Tempo by URL", {
      start() {
        const backend = createTempoBackend({ url: "", ...given, keys: KEYS });
        return Promise.resolve({
          backend,
          async send(requests) {
            await sendOtlp(otlpUrl ?? "", requests);
            await searchable(backend, requests);
          },
          stop: () => Promise.resolve(),
        });
      },
      keepsLogs: false,
      // Each search of a real Tempo covers a month, and what was sent is found after half a minute only.
      randomIds: 5,
    });
  },
);

/** Waits until a search finds the spans that were sent: half a minute, a quarter of an hour when they are old. */
async function searchable(
  backend: LookupStore["backend"],
  requests: readonly string[],
): Promise<void> {
  const ids = new Map(
    requests.flatMap((request) =>
      sentSpans(JSON.parse(request)).flatMap(({ record }) => {
        const id = record.attributes?.find(({ key }) => key === "workflow.run_id")?.value
          .stringValue;
        return id === undefined ? [] : [[record.traceId, id] as const];
      }),
    ),
  );
  const { signal } = new AbortController();
  for (const [traceId, id] of ids) {
    for (let tries = 0; tries < 200; tries += 1) {
      // oxlint-disable-next-line no-await-in-loop -- asks until it is there
      const { traceIds } = await backend.search({ id }, signal);
      if (traceIds.includes(traceId)) break;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await sleep(5000);
    }
  }
}
