/** Who asks, and links to models for those who do not. */
import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { useMutation, useQuery } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import type { Me, SharedLink } from "./types";

export function useMe(): UseQueryResult<Me> {
  return useQuery({
    queryKey: ["me"],
    queryFn: () => unwrap(client.GET("/api/me")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A new link; it is shown this once. */
export function useShare(modelId: string): UseMutationResult<SharedLink, Error, void> {
  return useMutation({
    mutationFn: () =>
      unwrap(
        client.POST("/api/models/{model_id}/share", { params: { path: { model_id: modelId } } }),
      ),
  });
}

export function useUnshare(modelId: string): UseMutationResult<void, Error, void> {
  return useMutation({
    mutationFn: async () => {
      const { response } = await client.DELETE("/api/models/{model_id}/share", {
        params: { path: { model_id: modelId } },
      });
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    },
  });
}
