import createClient from "openapi-fetch";
import type { paths } from "./schema";

export const client = createClient<paths>({ baseUrl: "/" });

/** An answer of the api that is no success; `code` is stable, `message` is for people. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
  ) {
    super(message);
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws `ApiError` made from its problem document. */
export async function unwrap<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request.catch(() => {
    throw new ApiError("The server cannot be reached. Is it running?", "unreachable", 0);
  });
  if (data !== undefined && response.ok) return data;
  throw toError(error, response);
}

/** For answers without a body. Throws `ApiError` as `unwrap` does. */
export async function raiseUnlessDone(request: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await request.catch(() => {
    throw new ApiError("The server cannot be reached. Is it running?", "unreachable", 0);
  });
  if (!response.ok) throw toError(error, response);
}

function toError(error: unknown, response: Response): ApiError {
  const problem = (typeof error === "object" && error !== null ? error : {}) as {
    title?: string;
    detail?: unknown;
    code?: string;
    hint?: string;
  };
  const detail = typeof problem.detail === "string" ? problem.detail : problem.title;
  const message = [detail ?? `The server answered ${response.status}.`, problem.hint ?? ""];
  return new ApiError(message.join(" ").trim(), problem.code ?? "unexpected", response.status);
}

/** A key that makes a repeated request harmless. */
export function idempotencyKey(): string {
  // Not crypto.randomUUID: it is missing on pages that are served over plain http.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
