import type { ReactNode } from "react";
import { useRobots } from "@/api/queries";
import { useKept } from "@/lib/kept";
import { TaskForm } from "@/tasks/TaskForm";
import { useChosenRobot } from "@/tasks/useChosenRobot";
import { Button, Note, Skeleton } from "@/ui/kit";
import { useBuiltInDrive } from "@/viewer/drive";
import { Viewer } from "@/viewer/Viewer";

interface Begun {
  robot: string | null;
  sentence: string;
}

const NOTHING: Begun = { robot: null, sentence: "" };

function isBegun(value: unknown): value is Begun {
  const { robot, sentence } = (value ?? {}) as Partial<Begun>;
  return (robot === null || typeof robot === "string") && typeof sentence === "string";
}

/** Where a task begins: the robot stands there and waits. */
export function HomePage(): ReactNode {
  const robots = useRobots();
  const [begun, setBegun, forget] = useKept("begun", NOTHING, isBegun);
  const [robot, chooseRobot] = useChosenRobot(robots.data ?? [], begun.robot);
  // Something to see before anything was asked for: an example that is taught already.
  const drive = useBuiltInDrive(robot?.example, robot);
  return (
    <main className="relative flex flex-1 flex-col lg:grid lg:grid-cols-[minmax(0,620px)_minmax(0,1fr)]">
      <div className="z-10 flex flex-col justify-center gap-6 px-4 py-6 sm:px-8 lg:gap-7 lg:py-10 xl:pl-16">
        <header>
          <h1 className="text-3xl leading-[1.15] font-semibold tracking-tight sm:text-[2.6rem]">
            Say what it should do.
            <br />
            <span className="text-accent">Watch it learn.</span>
          </h1>
          <p className="mt-3 max-w-md leading-relaxed text-soft">
            Your sentence becomes a reward, the reward trains a policy in about a minute, and the
            policy drives the robot that is simulated in this page.
          </p>
        </header>
        {robots.error !== null && robots.data === undefined ? (
          <Note
            kind="bad"
            title="The robots could not be loaded"
            action={<Button onClick={() => void robots.refetch()}>Try again</Button>}
          >
            {robots.error.message}
          </Note>
        ) : robots.data === undefined ? (
          <div className="space-y-4">
            <Skeleton className="h-40" />
            <Skeleton className="h-36" />
          </div>
        ) : (
          <TaskForm
            robots={robots.data}
            robot={robot}
            onRobot={(id) => {
              chooseRobot(id);
              setBegun({ ...begun, robot: id });
            }}
            sentence={begun.sentence}
            onSentence={(sentence) => setBegun({ ...begun, sentence })}
            onMade={forget}
          />
        )}
      </div>
      <Viewer
        className="h-[42vh] max-lg:order-first lg:h-auto"
        robot={robot}
        drive={drive}
        bare
        faded
      />
    </main>
  );
}
