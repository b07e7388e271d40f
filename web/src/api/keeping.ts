import type { QueryClient, UseMutationResult } from "@tanstack/react-query";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, raiseUnlessDone, unwrap } from "./client";
import type { Task } from "./types";

/** Keeps a task however old it gets, or no longer. */
export function useStar(taskId: string): UseMutationResult<Task, Error, boolean> {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (starred: boolean) =>
      unwrap(
        client.PATCH("/api/tasks/{task_id}", {
          body: { starred },
          params: { path: { task_id: taskId } },
        }),
      ),
    onSuccess: (task) => cache.setQueryData(["task", taskId], task),
  });
}

/** Deletes a task with its trainings and models. */
export function useDeleteTask(taskId: string): UseMutationResult<void, Error, void> {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      raiseUnlessDone(
        client.DELETE("/api/tasks/{task_id}", { params: { path: { task_id: taskId } } }),
      ),
    onSuccess: () => {
      forgetTask(cache, taskId);
      return cache.invalidateQueries({ queryKey: ["tasks"] });
    },
  });
}

/** Nothing of a deleted task is shown again, by the browser's way back for one. */
function forgetTask(cache: QueryClient, taskId: string): void {
  for (const { id, model_id } of cache.getQueryData<Task>(["task", taskId])?.jobs ?? []) {
    cache.removeQueries({ queryKey: ["job", id] });
    cache.removeQueries({ queryKey: ["model", model_id] });
  }
  cache.removeQueries({ queryKey: ["preview", taskId] });
  cache.removeQueries({ queryKey: ["task", taskId] });
}
