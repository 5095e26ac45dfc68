/** Where histories keep what must not get out: payloads, headers, memos, causes, stack traces, task tokens. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "payloads",
  "input",
  "output",
  "result",
  "details",
  "memo",
  "searchAttributes",
  "header",
  "parameters",
  "cause",
  "stackTrace",
  "taskToken",
  "lastHeartbeatDetails",
  "encodedAttributes",
]);

/** What is told out of such places, and why. */
const TOLD_FIELDS: ReadonlySet<string> = new Set([
  // The type and the id of a local activity, which stand in its marker alone.
  "activity_type",
  "activity_id",
  "ActivityType",
  "ActivityID",
  "activityId",
  "type",
  // The application's own message of a failed Lambda function, which stands in the cause.
  "errorMessage",
  // Ids that lead to the child execution and to the invocation's log lines.
  "ExecutionArn",
  "RequestId",
]);

/** Words of the vocabulary, which say nothing of a payload that holds one of them. */
const OWN_WORDS = [
  "completed failed cancelled terminated timed_out aborted abandoned continued_as_new",
  "activity lambda child_workflow signal update parallel iteration choice resolved elapsed",
  "temporal aws_step_functions previous_run",
];

/** Shorter texts stand everywhere. */
const SHORTEST = 6;

/**
 * The texts of a history that stand in payloads, headers, memos, causes and stack traces alone. A text that the history
 * says openly as well (an order id that is the workflow id) is none.
 *
 * @param open texts of the run's identity, which a history need not hold
 */
export function secretsOf(events: readonly unknown[], open: readonly string[]): Set<string> {
  const secret = new Set<string>();
  const said = new Set<string>([...OWN_WORDS, ...open]);
  for (const event of events) gather(event, false, secret, said);
  const openly = [...said].join("\n");
  return new Set([...secret].filter((text) => text.length >= SHORTEST && !openly.includes(text)));
}

function gather(
  value: unknown,
  isSecret: boolean,
  secret: Set<string>,
  said: Set<string>,
  depth = 0,
): void {
  if (depth > 50) return;
  if (typeof value === "string") {
    (isSecret ? secret : said).add(value);
    // The texts inside a payload matter as much as the payload.
    if (isSecret) for (const inner of decoded(value)) gather(inner, true, secret, said, depth + 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      if (isSecret && TOLD_FIELDS.has(name)) {
        gather(inner, true, said, said, depth + 1);
        continue;
      }
      // A failure's cause is a failure, whose type and message may be told; an update's input holds its name.
      const isMessage = (name === "cause" || name === "input") && typeof inner === "object";
      const hidden = isSecret || (SECRET_FIELDS.has(name) && !isMessage);
      gather(inner, hidden, secret, said, depth + 1);
    }
  }
}

/** What a text says once it is decoded: JSON in it, or base64 of JSON or plain text. */
function decoded(text: string): unknown[] {
  const found = [parsed(text)];
  if (/^[\w+/]+={0,2}$/.test(text) && text.length % 4 === 0) {
    const plain = Buffer.from(text, "base64").toString("utf8");
    if (/^[\t\n\r\u0020-\u007E]{6,}$/.test(plain)) found.push(parsed(plain) ?? plain);
  }
  return found.filter((value) => value !== undefined);
}

function parsed(text: string): unknown {
  if (!/^[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The secrets that stand in the texts of a value, as words of their own. */
export function leaksInto(value: unknown, secrets: ReadonlySet<string>): readonly string[] {
  const texts = new Set<string>();
  gather(value, false, texts, texts);
  const all = [...texts].join("\n");
  return [...secrets].filter((secret) => standsIn(all, secret));
}

function standsIn(all: string, secret: string): boolean {
  for (let at = all.indexOf(secret); at >= 0; at = all.indexOf(secret, at + 1)) {
    const around = all.slice(at - 1, at) + all.slice(at + secret.length, at + secret.length + 1);
    if (!/\w/.test(around)) return true;
  }
  return false;
}
