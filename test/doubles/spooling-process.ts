/**
 * A process that exports spans `<prefix>0`, `<prefix>1`, ... to an endpoint, with a spool, and prints the name of each once
 * it is told that the span is in safe hands: node spooling-process.ts <url> <spool> <prefix> <count>
 */
import { otlpSpanExporter } from "../../src/telemetry/otlp-exporter.ts";
import { readableSpan } from "../support/readable-spans.ts";

const [url = "", spool = "", prefix = "", count = "0"] = process.argv.slice(2);
const exporter = await otlpSpanExporter({ url, spool, onWarning: () => undefined });

for (let i = 0; i < Number(count); i += 1) {
  const name = `${prefix}${i}`;
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  const { code } = await new Promise<{ code: number }>((resolve) =>
    exporter.export([readableSpan(name)], resolve),
  );
  if (code === 0) process.stdout.write(`${name}\n`);
}
await exporter.shutdown();
