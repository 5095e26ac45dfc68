import type { LookupBackend, LookupQuery, LookupResult } from "../lookup/backend.ts";
import { lookUp } from "../lookup/look-up.ts";
import { printable } from "../report/printable.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { answerOf, type LookupAnswer } from "./lookup-answer.ts";
import { type BackendChoice, type ChosenBackend, chooseBackend } from "./lookup-backend.ts";
import { lookupJson } from "./lookup-json.ts";
import { type LookupTextOptions, lookupText, otherTraceNote, plainUrl } from "./lookup-text.ts";
import { type CommandIo, write } from "./output.ts";
import { parseSince } from "./since.ts";

/** Options of `durascope lookup`, as the command line gives them. */
export interface LookupOptions extends BackendChoice, LookupTextOptions {
  /** `7d`, `90m`, or a time in ISO 8601. */
  readonly since?: string;
  readonly depth?: number;
  /** Seconds that the whole lookup may take. */
  readonly timeout?: number;
  readonly json?: boolean;
  readonly open?: boolean;
}

/**
 * `durascope lookup`: prints the runs of an id and what belongs to them. Fails with a {@link CommandFailure}, of exit code
 * 3 when nothing was found, and with the backend's own error when it cannot be asked.
 */
export async function lookup(id: string, options: LookupOptions, io: CommandIo): Promise<void> {
  const query = queryOf(id, options, io.now());
  const chosen = await chooseBackend(options, io.environment, {
    ...(io.fetch !== undefined && { request: io.fetch }),
  });
  const { backend } = chosen;
  const result = await found(backend, query, options);
  if (result.runs.length === 0) throw nothingFound(query, chosen, result, options);
  const answer = answerOf(id, chosen, result, io.environment);
  const text =
    options.json === true ? lookupJson(answer, io.now()) : lookupText(answer, options, io);
  await write(io.stdout, `${text}\n`);
  if (options.open === true) await openFirst(answer, io);
}

async function found(
  backend: LookupBackend,
  query: LookupQuery,
  { depth, timeout }: LookupOptions,
): Promise<LookupResult> {
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
  { backend, chosenBy }: ChosenBackend,
  result: LookupResult,
  options: LookupOptions,
): CommandFailure {
  const id = printable(query.id);
  const where = backend.name.startsWith("file ") ? `the ${backend.name}` : backend.name;
  const since =
    query.since === undefined ? "" : ` since ${new Date(query.since).toISOString()} (--since)`;
  const hints = [
    ...result.otherTraces.flatMap((trace) => [
      otherTraceNote(trace, []),
      ...pagesOf(trace.traceId, backend),
    ]),
    ...result.notes.map((note) => printable(note, 1000)),
    `Asked: ${printable(where)}${since} (${chosenBy}), for the ids of runs and their relatives${keysText(backend, options)}.`,
    "Likely causes: the id is spelt differently (ids are compared exactly); the run's spans went elsewhere, have not arrived yet, or are gone (--backend, --file, --since);",
    "or it is a business key that no option businessKeys records on the spans, or whose attribute has to be named (--key).",
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
  const window = { traceId, start: 0, end: 0, services: [] };
  return backend.links(window).map(({ title, url }) => `  ${printable(title)}  ${plainUrl(url)}`);
}

function keysText(backend: LookupBackend, { key }: LookupOptions): string {
  if (backend.name.startsWith("file ")) return " and all business keys";
  return key === undefined ? "" : `, and ${key.map((name) => printable(name)).join(", ")}`;
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
  try {
    await open(url);
  } catch {
    await write(io.stderr, `No browser could be opened. The page is ${url}\n`);
  }
}
