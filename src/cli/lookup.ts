import { EventEmitter } from "node:events";
import type { LookupBackend, LookupQuery, LookupResult } from "../lookup/backend.ts";
import { lookUp, whyNoId } from "../lookup/look-up.ts";
import { printable, wrap } from "../report/printable.ts";
import { CommandFailure, EXIT, usageFailure } from "./failure.ts";
import { answerOf, type LookupAnswer } from "./lookup/answer.ts";
import { type BackendChoice, type ChosenBackend, chooseBackend } from "./lookup/backend.ts";
import { lookupJson } from "./lookup/json.ts";
import { type LookupTextOptions, lookupText, otherTraceNote, plainUrl } from "./lookup/text.ts";
import { type CommandIo, columnsOf, write } from "./output.ts";
import { parseSince } from "./since.ts";
import { withWaitingNote } from "./waiting-note.ts";

/** Options of `durascope lookup`, as the command line gives them. */
export interface LookupOptions extends BackendChoice, LookupTextOptions {
  /** `7d`, `90m`, or a time in ISO 8601. */
  readonly since?: string;
  readonly depth?: number;
  /** Seconds that the whole lookup may take. @default 120; none for a file */
  readonly timeout?: number;
  readonly json?: boolean;
  readonly open?: boolean;
}

/** How long a lookup may take when nothing is said, in seconds: a slow backend may take half a minute for every question. */
const TIMEOUT = 120;
/** How long a browser's starter is given to say that there is none, in ms. */
const STARTING = 1000;

/**
 * `durascope lookup`: prints the runs of an id and what belongs to them. Fails with a {@link CommandFailure}, of exit code
 * 3 when nothing was found, and with the backend's own error when it cannot be asked.
 */
export async function lookup(id: string, options: LookupOptions, io: CommandIo): Promise<void> {
  const impossible = whyNoId(id);
  if (impossible !== undefined) throw usageFailure(impossible);
  const query = queryOf(id, options, io.now());
  const chosen = await chooseBackend(options, io.environment, {
    ...(io.fetch !== undefined && { request: io.fetch }),
  });
  const asking = `asking ${printable(chosen.backend.name, 60)} ... Ctrl-C ends it`;
  const result = await withWaitingNote(io, asking, () => found(chosen, query, options));
  if (result.runs.length === 0) throw nothingFound(query, chosen, result, columnsOf(io));
  const answer = answerOf(id, chosen, result, io.environment);
  const text =
    options.json === true ? lookupJson(answer, io.now()) : lookupText(answer, options, io);
  await write(io.stdout, `${text}\n`);
  if (options.open === true) await openFirst(answer, io);
}

async function found(
  { backend, kind }: ChosenBackend,
  query: LookupQuery,
  options: LookupOptions,
): Promise<LookupResult> {
  const { depth, timeout = kind === "file" ? undefined : TIMEOUT } = options;
  const signal = timeout === undefined ? undefined : AbortSignal.timeout(timeout * 1000);
  try {
    return await lookUp(backend, query, {
      ...(depth !== undefined && { depth }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    throw new CommandFailure(
      EXIT.unreachable,
      `${printable(backend.name)} had not answered within ${timeout} s (--timeout). Give it more time, or narrow the search by --since.`,
    );
  }
}

function queryOf(id: string, { since }: LookupOptions, now: number): LookupQuery {
  return since === undefined ? { id } : { id, since: parseSince(since, now) };
}

function nothingFound(
  query: LookupQuery,
  { backend, chosenBy, kind, keys }: ChosenBackend,
  result: LookupResult,
  columns: number,
): CommandFailure {
  const id = printable(query.id);
  const where = kind === "file" ? `the ${backend.name}` : backend.name;
  const since =
    query.since === undefined ? "" : ` since ${new Date(query.since).toISOString()} (--since)`;
  const searched =
    kind === "file" ? "all business keys" : keys.map((key) => printable(key)).join(", ");
  const early = query.since === undefined ? "" : "the run began before --since; ";
  const explanation = [
    ...result.notes.map((note) => printable(note, 1000)),
    `Asked: ${printable(where)}${since} (${chosenBy}), for the ids of runs and their relatives, and for ${searched}.`,
    `Likely causes: ${early}the id is spelt differently (ids are compared exactly); the run's spans went elsewhere, have not arrived yet, or are gone (--backend, --file); or it is a business key that no option businessKeys records on the spans, or whose attribute has to be named (--key).`,
  ];
  const hints = [
    ...result.otherTraces.flatMap((trace) => [
      ...wrap(otherTraceNote(trace, []), columns),
      ...pagesOf(trace.traceId, backend),
    ]),
    ...explanation.flatMap((text) => wrap(text, columns)),
    `To ask it yourself: ${printable(backend.queryToPaste(query), 4000)}`,
  ];
  return new CommandFailure(
    EXIT.notFound,
    result.otherTraces.length === 0
      ? `Nothing found of ${id} in ${printable(where)}.`
      : `No run found of ${id} in ${printable(where)}, only what mentions it.`,
    hints.join("\n"),
  );
}

/** The backend's pages of a trace whose time is not known. */
function pagesOf(traceId: string, backend: LookupBackend): string[] {
  return backend
    .links({ traceId, services: [] })
    .map(({ title, url }) => `  ${printable(title)}  ${plainUrl(url)}`);
}

async function openFirst(answer: LookupAnswer, io: CommandIo): Promise<void> {
  const url = answer.runs.flatMap(({ links }) => links)[0]?.url;
  if (url === undefined) {
    await write(
      io.stderr,
      "There is no page to open: a file has none. Name a backend with pages.\n",
    );
    return;
  }
  const open = io.open ?? (await import("open")).default;
  // The address is there in any case: that a browser shows it is nothing that its starter tells.
  await write(io.stderr, `Opening ${plainUrl(url)}\n`);
  const started = await open(url).then(
    (child) => (child instanceof EventEmitter ? hasStarted(child) : true),
    () => false,
  );
  if (!started)
    await write(io.stderr, "No browser could be opened. Open the page by its address.\n");
}

/** Whether the process that starts a browser found one, as far as it says so in a moment. */
function hasStarted(child: EventEmitter): Promise<boolean> {
  if ("exitCode" in child && typeof child.exitCode === "number")
    return Promise.resolve(child.exitCode === 0);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), STARTING);
    const end = (isStarted: boolean): void => {
      clearTimeout(timer);
      resolve(isStarted);
    };
    child.once("error", () => end(false));
    child.once("exit", (code: unknown) => end(code === 0));
  });
}
