import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { fetchFile } from "@/api/client";
import type { Scene } from "@/deck/panel";
import { Note, Skeleton } from "@/ui/kit";
import { readEpisodes } from "./episodes";
import { Replay } from "./Replay";

/** An evaluated episode of what was trained, moment by moment, in place of the live robot. */
export function ReplayPanel({ session, model, job }: Scene): ReactNode {
  const id = model?.id ?? job?.model_id ?? "";
  const { data, error } = useQuery({
    queryKey: ["episodes", id],
    queryFn: async () => {
      const file = await fetchFile(`/api/models/${encodeURIComponent(id)}/episodes`);
      return readEpisodes(await file.arrayBuffer());
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
  if (error !== null) {
    return (
      <Note kind="warn" title="There is no replay of this policy">
        {error.message}. Trainings of earlier versions recorded none; after another one there is.
      </Note>
    );
  }
  if (data === undefined) return <Skeleton className="h-24" />;
  return <Replay session={session} episodes={data} />;
}
