import type { ReactNode } from "react";
import { Link } from "wouter";
import type { useTaskSearch } from "@/api/search";
import type { TaskSummary } from "@/api/types";
import { Button, Note, Skeleton } from "@/ui/kit";

interface Props {
  search: ReturnType<typeof useTaskSearch>;
  /** What is there where none was found. */
  none: ReactNode;
  /** Those found, drawn. */
  children: (tasks: TaskSummary[]) => ReactNode;
}

/** Tasks of a search, page by page: they come, there are none, or why they do not come. */
export function FoundTasks({ search, none, children }: Props): ReactNode {
  const tasks = search.data?.pages.flatMap((page) => page.tasks);
  if (tasks === undefined) {
    if (search.error === null) return <Skeleton className="h-[60vh]" />;
    const again = <Button onClick={() => void search.refetch()}>Try again</Button>;
    return <Note kind="bad" title={search.error.message} action={again} />;
  }
  return (
    <>
      {tasks.length === 0 ? none : children(tasks)}
      {search.hasNextPage && (
        <p className="text-center">
          <Button busy={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
            Earlier ones
          </Button>
        </p>
      )}
    </>
  );
}

/** There is no task like that, and perhaps a link to the first one. */
export function NoTasks({ text, first }: { text: string; first?: string }): ReactNode {
  return (
    <div className="card grid place-items-center gap-3 px-6 py-16 text-center">
      <p className="text-soft">{text}</p>
      {first !== undefined && (
        <Link href="/" className="text-accent hover:underline">
          {first}
        </Link>
      )}
    </div>
  );
}
