import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { TERMINAL_JOB_STATES } from "@/generated/contract";
import { reached } from "@/lib/milestones";
import { ApiError, client, isGone, unwrap } from "./client";
import { useKeptKey } from "./keptKey";
import type { Length } from "./lengths";
import { A_MINUTE } from "./lengths";
import type { Ground, Job, Lineage, Model, Recording, Robot, Task, TaskSummary } from "./types";

const TERMINAL: ReadonlySet<string> = new Set(TERMINAL_JOB_STATES);
const POLL_MS = 1500;
const UNTRAINED_POLL_MS = 5000;
/** What is at rest may yet be deleted, or go on, by somebody else. */
const REST_POLL_MS = 15_000;

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

/** One task with candidates and jobs, asked for again until it is gone: often while it is worked on. */
export function useTask(id: string): UseQueryResult<Task> {
  return useQuery({
    queryKey: ["task", id],
    queryFn: () =>
      unwrap(client.GET("/api/tasks/{task_id}", { params: { path: { task_id: id } } })),
    refetchInterval: ({ state: { data, error } }) => {
      if (isGone(error)) return false;
      const works = data === undefined || data.state === "writing" || data.jobs.some(isActive);
      return works ? POLL_MS : REST_POLL_MS;
    },
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
    refetchInterval: ({ state: { error } }) => (isGone(error) ? false : REST_POLL_MS),
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
  const key = useKeptKey();
  return useMutation({
    mutationFn: (body: TaskOrder) =>
      key.send(body, (header) => unwrap(client.POST("/api/tasks", { body, params: { header } }))),
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
  const key = useKeptKey();
  return useMutation({
    mutationFn: async ({ length, ...order }: TrainOrder) => {
      const body = { priority: "normal" as const, ...(length ?? A_MINUTE), ...order };
      const path = { task_id: taskId };
      const answer = await key.send(body, (header) =>
        unwrap(client.POST("/api/tasks/{task_id}/train", { body, params: { path, header } })),
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
