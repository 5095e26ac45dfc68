import { type OtlpFile, openOtlpFile } from "./otlp-file.ts";
import type { OtlpAttributes, OtlpLog } from "./otlp-model.ts";
import { logOfPinoLine } from "./pino-line.ts";

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

const LONGEST_QUEUE = 512;

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
  let queue: { logger: string | undefined; log: OtlpLog }[] = [];
  const drain = (): void => {
    const byLogger = Map.groupBy(queue, (entry) => entry.logger);
    queue = [];
    const groups = [...byLogger].map(([logger, entries]) => ({
      resource: options.resource ?? { "service.name": logger ?? "unknown_service:node" },
      scope: { name: logger ?? "pino" },
      logs: entries.map((entry) => entry.log),
    }));
    if (groups.length > 0) void file.writeLogs(groups);
  };
  return {
    write(line) {
      const { log, logger } = logOfPinoLine(line);
      queue.push({ log, logger });
      if (queue.length === 1) setImmediate(drain);
      if (queue.length >= LONGEST_QUEUE) drain();
    },
    flush() {
      drain();
      return file.flush();
    },
    close() {
      drain();
      return typeof target === "string" ? file.close() : file.flush();
    },
  };
}
