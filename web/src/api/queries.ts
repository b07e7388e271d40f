import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { TERMINAL_JOB_STATES } from "@/generated/contract";
import { reached } from "@/lib/milestones";
import { ApiError, client, idempotencyKey, unwrap } from "./client";
import type { Length } from "./lengths";
import { A_MINUTE } from "./lengths";
import type { Ground, Job, Lineage, Model, Recording, Robot, Task, TaskSummary } from "./types";

const TERMINAL: ReadonlySet<string> = new Set(TERMINAL_JOB_STATES);
const POLL_MS = 1500;
const UNTRAINED_POLL_MS = 5000;

/** Whether a job in this state changes no more. */
export function isTerminal(state: string): boolean {
  return TERMINAL.has(state);
}

export function isActive(job: Pick<Job, "state">): boolean {
  return !isTerminal(job.state);
}

export const robotsQuery = {
  queryKey: ["robots"],
  queryFn: async () => {
    const robots = await unwrap(client.GET("/api/robots"));
    reached("robots");
    return robots;
  },
  staleTime: Number.POSITIVE_INFINITY,
};

export function useRobots(): UseQueryResult<Robot[]> {
  return useQuery({
    ...robotsQuery,
    // A robot may be trained meanwhile; right after the start the trainer has yet to say so.
    refetchInterval: ({ state: { data } }) =>
      data?.every(({ trained }) => trained) === false ? UNTRAINED_POLL_MS : false,
  });
}

export function useTasks(): UseQueryResult<TaskSummary[]> {
  return useQuery({
    queryKey: ["tasks"],
    queryFn: async () => (await unwrap(client.GET("/api/tasks"))).tasks,
    refetchInterval: 10_000,
  });
}

/** One task with candidates and jobs, asked for again while anything of it is under way. */
export function useTask(id: string): UseQueryResult<Task> {
  return useQuery({
    queryKey: ["task", id],
    queryFn: () =>
      unwrap(client.GET("/api/tasks/{task_id}", { params: { path: { task_id: id } } })),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.state === "writing" || data.jobs.some(isActive) ? POLL_MS : false,
  });
}

/** A model, as one of several that are asked for at once. */
export function modelQuery(id: string) {
  return {
    queryKey: ["model", id],
    queryFn: () =>
      unwrap(client.GET("/api/models/{model_id}", { params: { path: { model_id: id } } })),
  };
}

/** A model; an `awaited` one may come into being only when its job is claimed. */
export function useModel(
  id: string | null,
  { awaited = false }: { awaited?: boolean } = {},
): UseQueryResult<Model> {
  return useQuery({
    queryKey: ["model", id],
    queryFn: () =>
      unwrap(client.GET("/api/models/{model_id}", { params: { path: { model_id: id ?? "" } } })),
    enabled: id !== null,
    ...(awaited && {
      retry: (count: number, error: Error) =>
        count < 20 && !(error instanceof ApiError && error.status === 0),
      retryDelay: POLL_MS,
    }),
  });
}

/** The recorded motion that a candidate likes best. */
export function usePreview(taskId: string, n: number | null): UseQueryResult<Recording> {
  return useQuery({
    queryKey: ["preview", taskId, n],
    queryFn: () =>
      unwrap(
        client.GET("/api/tasks/{task_id}/candidates/{n}/preview", {
          params: { path: { task_id: taskId, n: n ?? 0 } },
        }),
      ),
    enabled: n !== null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
}

export interface TaskOrder {
  robot: string;
  prompt: string;
  /** What to go on from; the prompt then says what should be different. */
  parent?: Lineage;
}

export function useCreateTask(): UseMutationResult<Task, Error, TaskOrder> {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: TaskOrder) =>
      unwrap(
        client.POST("/api/tasks", {
          body,
          params: { header: { "Idempotency-Key": idempotencyKey() } },
        }),
      ),
    onSuccess: (task) => {
      cache.setQueryData(["task", task.id], task);
      void cache.invalidateQueries({ queryKey: ["tasks"] });
    },
  });
}

export interface TrainOrder {
  candidate: number | "all";
  weights?: Record<string, number>;
  /** Instead of what the candidate was written for. */
  ground?: Ground;
  /** For how long; a minute unless told. */
  length?: Length;
}

export function useTrain(taskId: string): UseMutationResult<Job[], Error, TrainOrder> {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ length, ...order }: TrainOrder) => {
      const answer = await unwrap(
        client.POST("/api/tasks/{task_id}/train", {
          body: { priority: "normal", ...(length ?? A_MINUTE), ...order },
          params: {
            path: { task_id: taskId },
            header: { "Idempotency-Key": idempotencyKey() },
          },
        }),
      );
      return answer.jobs;
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ["task", taskId] }),
  });
}

export function useCancel(taskId: string): UseMutationResult<Job, Error, string> {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (jobId: string) =>
      unwrap(client.POST("/api/jobs/{job_id}/cancel", { params: { path: { job_id: jobId } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: ["task", taskId] }),
  });
}
