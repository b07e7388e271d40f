/** How long trainings take: tiers, their quotes, and going on from a result. */
import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import { useKeptKey } from "./keptKey";
import type { Job, RunQuote, Tier } from "./types";

const QUOTE_S = 15;

/** What a training is given: a tier, and minutes where it takes some. */
export interface Length {
  tier: Tier;
  minutes?: number;
}

export const A_MINUTE: Length = { tier: "fine-tune" };

/** What a sentence for a robot, and each tier of its trainings, will take. */
export function useQuote(robot: string, minutes: number): UseQueryResult<RunQuote> {
  return useQuery({
    queryKey: ["quote", robot, minutes],
    queryFn: () =>
      unwrap(
        client.GET("/api/robots/{robot_id}/quote", {
          params: { path: { robot_id: robot }, query: { minutes } },
        }),
      ),
    staleTime: QUOTE_S * 1000,
    refetchInterval: QUOTE_S * 1000,
    placeholderData: keepPreviousData,
  });
}

/** Train on from a job's result. */
export function useKeepGoing(job: Job): UseMutationResult<Job, Error, Length> {
  const cache = useQueryClient();
  const key = useKeptKey();
  const path = { job_id: job.id };
  return useMutation({
    mutationFn: (length: Length) => {
      const body = { priority: "normal" as const, ...length };
      return key.send(body, (header) =>
        unwrap(client.POST("/api/jobs/{job_id}/keep-going", { body, params: { path, header } })),
      );
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["task", job.task_id] }),
  });
}
