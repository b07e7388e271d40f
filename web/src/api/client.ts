import createClient from "openapi-fetch";
import { at } from "@/lib/place";
import type { paths } from "./schema";
import { authorization, currentToken, refused } from "./token";

export const client = createClient<paths>({ baseUrl: at("/") });

client.use({
  onRequest: ({ request }) => {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
    return request;
  },
  onResponse: ({ request, response }) => {
    const sent = request.headers.get("Authorization")?.replace("Bearer ", "") ?? null;
    if (response.status === 401) refused(sent);
    return response;
  },
});

/** A file of the api. Rejects unless it is there. */
export async function fetchFile(url: string): Promise<Response> {
  const token = currentToken();
  const response = await fetch(at(url), { headers: authorization(token) });
  if (response.status === 401) refused(token);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response;
}

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

/** Whether what was asked for is not there: it was deleted, or never was. */
export function isGone(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 404;
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
