import * as Menu from "@radix-ui/react-dropdown-menu";
import { History } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useRobots, useTasks } from "@/api/queries";
import type { TaskSummary } from "@/api/types";
import { ago } from "@/lib/format";
import { RobotTag } from "@/robots/RobotTag";
import { cx } from "@/ui/kit";
import { STANDINGS, standingOf } from "./tasks/standing";

const SHOWN = 12;

/** The newest tasks, and the way to all of them. */
export function HistoryMenu(): ReactNode {
  const { data: tasks = [], isPending, error } = useTasks();
  const { data: robots = [] } = useRobots();
  const robotOf = (task: TaskSummary) => robots.find(({ id }) => id === task.robot);
  const [, navigate] = useLocation();
  return (
    <Menu.Root>
      <Menu.Trigger className="flex h-8 items-center gap-2 rounded-lg px-2.5 text-sm text-soft sm:px-3 transition-colors hover:bg-raised hover:text-text">
        <History className="size-4" aria-hidden /> Tasks
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content
          align="end"
          sideOffset={8}
          collisionPadding={16}
          className="rise z-50 max-h-[70vh] w-[min(26rem,calc(100vw-2rem))] overflow-y-auto rounded-xl border border-line-strong bg-panel p-1.5 shadow-2xl shadow-black/30"
        >
          {tasks.length === 0 && (
            <p className="p-4 text-center text-sm text-faint" role="status">
              {isPending ? "Loading…" : (error?.message ?? "No tasks yet.")}
            </p>
          )}
          {tasks.slice(0, SHOWN).map((task) => (
            <Menu.Item
              key={task.id}
              onSelect={() => navigate(`/tasks/${task.id}`)}
              className="flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-sm outline-none data-[highlighted]:bg-raised"
            >
              <span
                className={cx("size-2 shrink-0 rounded-full", STANDINGS[standingOf(task)].dot)}
                aria-hidden
              />
              <span className="min-w-0 flex-1">
                <span dir="auto" className="block truncate">
                  {task.prompt}
                </span>
                <span className="flex items-center gap-1 text-xs text-faint">
                  <RobotTag robot={robotOf(task)} robotId={task.robot} /> · {ago(task.created_at)}
                </span>
              </span>
            </Menu.Item>
          ))}
          <Menu.Separator className="my-1.5 h-px bg-line" />
          <Menu.Item
            onSelect={() => navigate("/tasks")}
            className="cursor-pointer rounded-lg px-3 py-2 text-sm text-accent outline-none data-[highlighted]:bg-raised"
          >
            All tasks
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
