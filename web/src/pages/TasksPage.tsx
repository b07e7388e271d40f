import type { ReactNode } from "react";
import { useDeferredValue, useState } from "react";
import { Link } from "wouter";
import { useRobots } from "@/api/queries";
import type { Wanted } from "@/api/search";
import { ANYTHING, useTaskSearch } from "@/api/search";
import { Button, Note, Skeleton } from "@/ui/kit";
import { useTitle } from "@/ui/useTitle";
import { TaskFilters } from "./tasks/TaskFilters";
import { TaskRow } from "./tasks/TaskRow";

const PAGE = 50;

/** All tasks there are, to be looked through and searched. */
export function TasksPage(): ReactNode {
  useTitle("Tasks");
  const [wanted, setWanted] = useState<Wanted>(ANYTHING);
  // While somebody types, the list of before stays.
  const settled = useDeferredValue(wanted);
  const search = useTaskSearch(settled, PAGE);
  const robots = useRobots().data ?? [];
  const tasks = search.data?.pages.flatMap((page) => page.tasks);
  return (
    <main className="mx-auto w-full max-w-[1100px] flex-1 space-y-4 p-4 sm:p-6">
      <h1 className="text-xl font-semibold tracking-tight sm:text-2xl">Tasks</h1>
      <TaskFilters wanted={wanted} onWanted={setWanted} robots={robots} />
      {search.error !== null && tasks === undefined && (
        <Note
          kind="bad"
          title={search.error.message}
          action={<Button onClick={() => void search.refetch()}>Try again</Button>}
        />
      )}
      {tasks === undefined && search.error === null && <Skeleton className="h-[60vh]" />}
      {tasks?.length === 0 && <Nothing anything={settled === ANYTHING} />}
      {tasks !== undefined && tasks.length > 0 && (
        <ul className="card divide-y divide-line overflow-hidden" aria-label="Tasks">
          {tasks.map((task) => (
            <TaskRow key={task.id} task={task} robot={robots.find(({ id }) => id === task.robot)} />
          ))}
        </ul>
      )}
      {search.hasNextPage && (
        <p className="text-center">
          <Button busy={search.isFetchingNextPage} onClick={() => void search.fetchNextPage()}>
            Earlier ones
          </Button>
        </p>
      )}
    </main>
  );
}

function Nothing({ anything }: { anything: boolean }): ReactNode {
  return (
    <div className="card grid place-items-center gap-3 px-6 py-16 text-center">
      <p className="text-soft">
        {anything ? "Nothing has been asked for yet." : "No task is like that."}
      </p>
      {anything && (
        <Link href="/" className="text-accent hover:underline">
          Write a first sentence
        </Link>
      )}
    </div>
  );
}
