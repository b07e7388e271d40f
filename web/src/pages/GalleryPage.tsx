import { Star } from "lucide-react";
import type { ReactNode } from "react";
import { useDeferredValue } from "react";
import { Link } from "wouter";
import { useRobots } from "@/api/queries";
import type { Wanted } from "@/api/search";
import { ANYTHING, useTaskSearch } from "@/api/search";
import type { Job, Robot, TaskSummary } from "@/api/types";
import { Strip } from "@/gallery/Strip";
import { ago } from "@/lib/format";
import { fullName } from "@/robots/names";
import { useTitle } from "@/ui/useTitle";
import { FoundTasks, NoTasks } from "./tasks/FoundTasks";
import { TaskFilters } from "./tasks/TaskFilters";
import { sameWanted, useWanted } from "./tasks/wanted";

const PAGE = 12;
const TAUGHT: Wanted = { ...ANYTHING, standing: "taught" };

/** What has been taught, to be looked at. */
export function GalleryPage(): ReactNode {
  useTitle("Gallery");
  const [wanted, setWanted] = useWanted(TAUGHT);
  const settled = useDeferredValue(wanted);
  const search = useTaskSearch(settled, PAGE);
  const robots = useRobots().data ?? [];
  return (
    <main className="mx-auto w-full max-w-[1500px] flex-1 space-y-4 p-4 sm:p-6">
      <h1 className="text-xl font-semibold tracking-tight sm:text-2xl">Gallery</h1>
      <TaskFilters wanted={wanted} onWanted={setWanted} robots={robots} standings={false} />
      <FoundTasks search={search} none={nothing(sameWanted(settled, TAUGHT))}>
        {(tasks) => (
          <ul
            aria-label="What has been taught"
            className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-4"
          >
            {tasks.map((task) => (
              <Card key={task.id} task={task} robot={robots.find(({ id }) => id === task.robot)} />
            ))}
          </ul>
        )}
      </FoundTasks>
    </main>
  );
}

function nothing(anything: boolean): ReactNode {
  return anything ? (
    <NoTasks text="Nothing has been taught yet." first="Teach something" />
  ) : (
    <NoTasks text="Nothing that was taught is like that." />
  );
}

function Card({ task, robot }: { task: TaskSummary; robot: Robot | undefined }): ReactNode {
  const job = best(task);
  if (job?.model_id == null) return null;
  const checks = job.result?.checks ?? [];
  return (
    <li className="card group overflow-hidden" data-testid="taught">
      <Link href={`/tasks/${task.id}/jobs/${job.id}`} className="block">
        <Strip modelId={job.model_id} robot={robot} />
        <span className="block px-4 py-3">
          <span className="flex items-start gap-2 font-medium group-hover:text-accent">
            <span
              dir="auto"
              title={task.prompt}
              className="line-clamp-3 min-w-0 flex-1 wrap-anywhere"
            >
              {task.prompt}
            </span>
            {task.starred && (
              <Star className="mt-1 size-3.5 text-accent" fill="currentColor" aria-label="kept" />
            )}
          </span>
          <span className="tabular mt-1 block text-xs text-faint">
            {robot === undefined ? task.robot : fullName(robot)} ·{" "}
            {checks.filter(({ passed }) => passed).length} of {checks.length} checks ·{" "}
            {ago(task.created_at)}
          </span>
        </span>
      </Link>
    </li>
  );
}

/** The training that met most of its checks, the newest of those. */
function best({ jobs }: TaskSummary): Job | undefined {
  const met = ({ result }: Job): number =>
    (result?.checks ?? []).filter(({ passed }) => passed).length;
  return jobs
    .filter(({ state, model_id }) => state === "succeeded" && model_id !== null)
    .sort((a, b) => met(b) - met(a) || b.created_at.localeCompare(a.created_at))[0];
}
