/** Requests that change rewards: revisions, weights of a running training, what can be checked. */

import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, isGone, unwrap } from "./client";
import { useKeptKey } from "./keptKey";
import { isActive } from "./queries";
import type { AskableInfo, Job, QuantityInfo, RevisionRequest } from "./types";

const POLL_MS = 500;

/** Everything that a success check of this robot can measure. */
export function useQuantities(robotId: string): UseQueryResult<QuantityInfo[]> {
  return useQuery({
    queryKey: ["quantities", robotId],
    queryFn: () =>
      unwrap(
        client.GET("/api/robots/{robot_id}/quantities", {
          params: { path: { robot_id: robotId } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Everything that this robot can be asked for. */
export function useAskables(robotId: string): UseQueryResult<AskableInfo[]> {
  return useQuery({
    queryKey: ["askables", robotId],
    queryFn: () =>
      unwrap(
        client.GET("/api/robots/{robot_id}/askables", {
          params: { path: { robot_id: robotId } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** One job, asked for again until it has ended. */
export function useJob(id: string | null): UseQueryResult<Job> {
  return useQuery({
    queryKey: ["job", id],
    queryFn: () =>
      unwrap(client.GET("/api/jobs/{job_id}", { params: { path: { job_id: id ?? "" } } })),
    enabled: id !== null,
    refetchInterval: ({ state: { data, error } }) =>
      !isGone(error) && (data === undefined || isActive(data)) ? POLL_MS : false,
  });
}

/** Send an edit of a candidate; the job that comes back checks it. */
export function useRevise(taskId: string): UseMutationResult<Job, Error, RevisionRequest> {
  const key = useKeptKey();
  const path = { task_id: taskId };
  return useMutation({
    mutationFn: (body: RevisionRequest) =>
      key.send(body, (header) =>
        unwrap(client.POST("/api/tasks/{task_id}/candidates", { body, params: { path, header } })),
      ),
  });
}

/** Other weights for a training on its way; one request after another, in the order asked. */
export function useReweight(job: Job): UseMutationResult<Job, Error, Record<string, number>> {
  const cache = useQueryClient();
  return useMutation({
    scope: { id: `reweight-${job.id}` },
    mutationFn: (weights: Record<string, number>) =>
      unwrap(
        client.PATCH("/api/jobs/{job_id}", {
          body: { weights },
          params: { path: { job_id: job.id } },
        }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: ["task", job.task_id] }),
  });
}
