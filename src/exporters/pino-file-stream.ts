import type { OtlpAttributes } from "../telemetry/otlp/otlp-model.ts";
import { type OtlpFile, openOtlpFile } from "./otlp-file.ts";
import { logOfPinoLine, type PinoLine } from "./pino-line.ts";
import { turnQueue } from "./turn-queue.ts";

/** Options of {@link pinoFileStream}. */
export interface PinoFileStreamOptions {
  /** Attributes of the process, `service.name` among them. @default `service.name` from the logger's own `name` */
  readonly resource?: OtlpAttributes;
}

/** A destination of pino. */
export interface PinoFileStream {
  /** Takes one line of JSON, as pino writes it. Never throws. */
  write(line: string): void;
  /** Resolves when everything that was given is in the file, or lost. Never rejects. */
  flush(): Promise<void>;
  /** Flushes, and closes the file if it was given as a path. Never rejects. */
  close(): Promise<void>;
}

/**
 * A destination for pino that appends its lines as OTLP log records to a file of OTLP JSON lines, beside the spans:
 * `pino({ mixin: workflowMixin() }, pinoFileStream("spans.otlp.jsonl"))`. `durascope lookup` then shows a run's log lines
 * after its tree. Lines that are logged in the same turn of the event loop go into one line of the file.
 *
 * @param target path of the file (opened, and closed with the stream), or a file that is open already and stays so.
 */
export function pinoFileStream(
  target: string | OtlpFile,
  options: PinoFileStreamOptions = {},
): PinoFileStream {
  const file = typeof target === "string" ? openOtlpFile(target) : target;
  const queue = turnQueue<PinoLine>((lines) => {
    const byLogger = Map.groupBy(lines, ({ logger }) => logger);
    const groups = [...byLogger].map(([logger, entries]) => ({
      resource: options.resource ?? { "service.name": logger ?? "unknown_service:node" },
      scope: { name: logger ?? "pino" },
      logs: entries.map(({ log }) => log),
    }));
    void file.writeLogs(groups);
  });
  return {
    write: (line) => queue.push(logOfPinoLine(line)),
    flush() {
      queue.drain();
      return file.flush();
    },
    close() {
      queue.drain();
      return typeof target === "string" ? file.close() : file.flush();
    },
  };
}
