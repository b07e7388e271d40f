import type { UseQueryResult } from "@tanstack/react-query";
import { useQuery } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import type { RunQuote } from "./types";

const FRESH_MS = 10_000;

/** What trainings for a robot take and when the first would start, by what such jobs took lately. */
export function useQuote(robotId: string, trainings: number): UseQueryResult<RunQuote> {
  return useQuery({
    queryKey: ["quote", robotId, trainings],
    queryFn: () =>
      unwrap(
        client.GET("/api/robots/{robot_id}/quote", {
          params: { path: { robot_id: robotId }, query: { trainings } },
        }),
      ),
    staleTime: FRESH_MS,
    refetchInterval: FRESH_MS,
  });
}
