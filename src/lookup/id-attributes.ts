import { ENGINE_WORDS, VOCABULARY } from "../core/vocabulary.ts";

/** An attribute that an id may stand in. */
export interface IdAttribute {
  readonly key: string;
  /** Whether its value may be a number: business keys are what the user's function gave, the engines' ids are text. */
  readonly mayBeNumber: boolean;
}

/** Most business keys that are asked for: each makes every query longer. */
export const MOST_KEYS = 16;

/**
 * The attributes that backends without a search over all attributes are asked for: ids of the run and of its relatives,
 * the names of them that engines customarily use, Lambda's request id, then the user's business keys.
 */
export function idAttributes(businessKeys: readonly string[] = []): readonly IdAttribute[] {
  const known = [
    VOCABULARY.id.key,
    VOCABULARY.runId.key,
    VOCABULARY.firstRunId.key,
    VOCABULARY.parentId.key,
    VOCABULARY.rootId.key,
    ...Object.values(ENGINE_WORDS).flatMap((words) =>
      [words.idAlias ?? [], words.runIdAlias].flat(),
    ),
    "faas.invocation_id",
  ];
  const own = [...new Set(businessKeys)].filter((key) => key !== "" && !known.includes(key));
  return [
    ...known.map((key) => ({ key, mayBeNumber: false })),
    ...own.slice(0, MOST_KEYS).map((key) => ({ key, mayBeNumber: true })),
  ];
}

/**
 * Longest id that is searched for, in characters: Temporal's own limit of a workflow id is 1,000
 * (https://docs.temporal.io/cloud/limits), and queries hold it several times.
 */
export const LONGEST_ID = 1024;

/** An id as the number that a business key may hold in its place; undefined when it is no number in its usual spelling. */
export function idAsNumber(id: string): number | undefined {
  const number = Number(id);
  return /^-?\d/.test(id) && String(number) === id && Number.isFinite(number) && !id.includes("e")
    ? number
    : undefined;
}
