import type { UseMutationResult, UseQueryResult } from "@tanstack/react-query";
import { useMutation, useQuery } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import type { components } from "./schema";

export type ExportFormat = components["schemas"]["ExportFormatView"];

/** The formats in which the server offers a model; asked for when somebody wants to see them. */
export function useExportFormats(modelId: string, wanted: boolean): UseQueryResult<ExportFormat[]> {
  return useQuery({
    queryKey: ["exports", modelId],
    queryFn: async () => {
      const path = { model_id: modelId };
      const list = client.GET("/api/models/{model_id}/exports", { params: { path } });
      return (await unwrap(list)).formats;
    },
    enabled: wanted,
    staleTime: 60_000,
    retry: false,
  });
}

/** Builds a model in a format, and hands the zip to the browser to be saved. */
export function useDownload(modelId: string): UseMutationResult<void, Error, string> {
  return useMutation({
    mutationFn: async (format) => {
      const zip = await unwrap(
        client.GET("/api/models/{model_id}/exports/{export_format}", {
          params: { path: { model_id: modelId, export_format: format } },
          parseAs: "blob",
        }),
      );
      save(zip as unknown as Blob, `${modelId}-${format}.zip`);
    },
  });
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
