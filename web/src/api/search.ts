/** Looking for tasks, page by page. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useInfiniteQuery } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import type { operations } from "./schema";
import type { TaskList } from "./types";

export type Standing = NonNullable<
  NonNullable<operations["listTasks"]["parameters"]["query"]>["standing"]
>;

export interface Wanted {
  text: string;
  robot: string | null;
  starred: boolean;
  standing: Standing | null;
}

export const ANYTHING: Wanted = { text: "", robot: null, starred: false, standing: null };

const REFRESH_MS = 10_000;

/** Tasks like that, `limit` at a time, newest first. */
export function useTaskSearch(
  wanted: Wanted,
  limit: number,
): UseInfiniteQueryResult<InfiniteData<TaskList>> {
  const { text, robot, starred, standing } = wanted;
  return useInfiniteQuery({
    queryKey: ["tasks", "search", wanted, limit],
    queryFn: ({ pageParam }) =>
      unwrap(
        client.GET("/api/tasks", {
          params: {
            query: {
              limit,
              text,
              starred,
              ...(robot !== null && { robot }),
              ...(standing !== null && { standing }),
              ...(pageParam !== null && { before: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next ?? null,
    refetchInterval: REFRESH_MS,
  });
}
