/** Thrown when a body is larger than it may be, or all bodies that are being read are together. */
export class BodyTooLarge extends Error {
  /** The bound that was passed, in bytes. */
  readonly limit: number;

  constructor(limit: number) {
    super("The body is too large.");
    this.limit = limit;
  }
}

/** What bodies that are read at the same time may hold together. */
export interface BodyBudget {
  /** In bytes. */
  readonly limit: number;
  /** Bytes that are held now. */
  held: number;
}

/** A body as far as it was read. */
export interface AnswerBody {
  readonly text: string;
  readonly bytes: number;
  /** Why it was not read to its end: a {@link BodyTooLarge}, or what broke it off. */
  readonly error?: unknown;
}

/** Reads a body up to a limit of bytes after decompression, and up to what the budget has left. Never rejects. */
export async function readBody(
  response: Response,
  limit: number,
  budget: BodyBudget,
): Promise<AnswerBody> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let kept = 0;
  let error: unknown;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > limit) throw new BodyTooLarge(limit);
      if (budget.held + chunk.length > budget.limit) throw new BodyTooLarge(budget.limit);
      kept += chunk.length;
      budget.held += chunk.length;
      chunks.push(chunk);
    }
  } catch (caught) {
    error = caught;
  }
  budget.held -= kept;
  return { text: new TextDecoder().decode(Buffer.concat(chunks)), bytes, error };
}
