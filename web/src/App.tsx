import type { QueryClient } from "@tanstack/react-query";
import { QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { lazy, Suspense, useEffect } from "react";
import { Link, Route, Router, Switch } from "wouter";
import { basePath } from "@/lib/place";
import { HistoryMenu } from "@/pages/HistoryMenu";
import { HomePage } from "@/pages/HomePage";
import { LogIn } from "@/pages/LogIn";
import type { Engine } from "@/sim/engine";
import { Boundary } from "@/ui/Boundary";
import { Note } from "@/ui/kit";
import { TopBar } from "@/ui/TopBar";
import { SessionProvider } from "@/viewer/SessionProvider";

// The start has no use for curves, sliders and cards: they come while its user is writing.
const loadTaskPage = () => import("@/pages/TaskPage");
const TaskPage = lazy(() => loadTaskPage().then((module) => ({ default: module.TaskPage })));
const ComparePage = lazy(() =>
  import("@/pages/ComparePage").then((module) => ({ default: module.ComparePage })),
);
const GalleryPage = lazy(() =>
  import("@/pages/GalleryPage").then((module) => ({ default: module.GalleryPage })),
);
const TasksPage = lazy(() =>
  import("@/pages/TasksPage").then((module) => ({ default: module.TasksPage })),
);
const ModelPage = lazy(() =>
  import("@/pages/ModelPage").then((module) => ({ default: module.ModelPage })),
);

interface Props {
  cache: QueryClient;
  engine: Engine;
}

export function App({ cache, engine }: Props): ReactNode {
  useEffect(() => void loadTaskPage().catch(() => undefined), []);
  return (
    <QueryClientProvider client={cache}>
      <Router base={basePath()}>
        <SessionProvider engine={engine}>
          <div className="flex min-h-dvh flex-col">
            <TopBar>
              <HistoryMenu />
            </TopBar>
            <Boundary>
              <LogIn>
                <Suspense>
                  <Pages />
                </Suspense>
              </LogIn>
            </Boundary>
          </div>
        </SessionProvider>
      </Router>
    </QueryClientProvider>
  );
}

function Pages(): ReactNode {
  return (
    <Switch>
      <Route path="/">
        <HomePage />
      </Route>
      <Route path="/gallery">
        <GalleryPage />
      </Route>
      <Route path="/tasks">
        <TasksPage />
      </Route>
      <Route path="/tasks/:taskId">
        {({ taskId }) => <TaskPage key={taskId} taskId={taskId} jobId={null} />}
      </Route>
      <Route path="/tasks/:taskId/compare">
        {({ taskId }) => <ComparePage key={taskId} taskId={taskId} />}
      </Route>
      <Route path="/tasks/:taskId/jobs/:jobId">
        {({ taskId, jobId }) => <TaskPage key={taskId} taskId={taskId} jobId={jobId} />}
      </Route>
      <Route path="/models/:modelId">
        {({ modelId }) => <ModelPage key={modelId} modelId={modelId} />}
      </Route>
      <Route>
        <main className="mx-auto w-full max-w-xl p-8">
          <Note
            heading
            title="There is no such page"
            action={
              <Link href="/" className="text-accent hover:underline">
                To the start
              </Link>
            }
          />
        </main>
      </Route>
    </Switch>
  );
}
