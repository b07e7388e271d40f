import type { ReactNode } from "react";
import { useDeferredValue } from "react";
import { useRobots } from "@/api/queries";
import { ANYTHING, useTaskSearch } from "@/api/search";
import { useTitle } from "@/ui/useTitle";
import { FoundTasks, NoTasks } from "./tasks/FoundTasks";
import { TaskFilters } from "./tasks/TaskFilters";
import { TaskRow } from "./tasks/TaskRow";
import { sameWanted, useWanted } from "./tasks/wanted";

const PAGE = 50;

/** All tasks there are, to be looked through and searched. */
export function TasksPage(): ReactNode {
  useTitle("Tasks");
  const [wanted, setWanted] = useWanted(ANYTHING);
  // While somebody types, the list of before stays.
  const settled = useDeferredValue(wanted);
  const search = useTaskSearch(settled, PAGE);
  const robots = useRobots().data ?? [];
  return (
    <main className="mx-auto w-full max-w-[1100px] flex-1 space-y-4 p-4 sm:p-6">
      <h1 className="text-xl font-semibold tracking-tight sm:text-2xl">Tasks</h1>
      <TaskFilters wanted={wanted} onWanted={setWanted} robots={robots} />
      <FoundTasks search={search} none={nothing(sameWanted(settled, ANYTHING))}>
        {(tasks) => (
          <ul className="card divide-y divide-line overflow-hidden" aria-label="Tasks">
            {tasks.map((task) => (
              <TaskRow
                key={task.id}
                task={task}
                robot={robots.find(({ id }) => id === task.robot)}
              />
            ))}
          </ul>
        )}
      </FoundTasks>
    </main>
  );
}

function nothing(anything: boolean): ReactNode {
  return anything ? (
    <NoTasks text="Nothing has been asked for yet." first="Write a first sentence" />
  ) : (
    <NoTasks text="No task is like that." />
  );
}
