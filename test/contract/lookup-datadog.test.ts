import { createDatadogBackend } from "../../src/lookup/datadog/datadog.ts";
import { type DatadogServerOptions, startDatadogServer } from "../doubles/datadog-server.ts";
import { sendOtlp } from "../doubles/otlp-intake.ts";
import { describeLookupBackend, type LookupStore } from "./lookup-backend.ts";

const KEYS = ["order.id"];

async function startDouble(options: DatadogServerOptions): Promise<LookupStore> {
  const datadog = await startDatadogServer(options);
  const { url: apiUrl, apiKey, appKey } = datadog;
  return {
    backend: createDatadogBackend({ apiUrl, apiKey, appKey, keys: KEYS, now: () => datadog.now() }),
    send: (requests) => sendOtlp(apiUrl, requests),
    stop: () => datadog.stop(),
  };
}

describeLookupBackend("a server that answers as Datadog", {
  start: () => startDouble({}),
  keepsLogs: true,
});

describeLookupBackend("a server that answers as Datadog with whole trace ids", {
  start: () => startDouble({ ids: "hex128" }),
  keepsLogs: true,
  randomIds: 15,
});
