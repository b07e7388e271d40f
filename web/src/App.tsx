import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link, Route, Switch } from "wouter";
import { ApiError } from "@/api/client";
import { logOut } from "@/api/token";
import { useToken } from "@/api/useToken";
import { HistoryMenu } from "@/pages/HistoryMenu";
import { HomePage } from "@/pages/HomePage";
import { LogIn } from "@/pages/LogIn";
import { Boundary } from "@/ui/Boundary";
import { Button, Note } from "@/ui/kit";
import { SessionProvider } from "@/viewer/SessionProvider";

const RETRIES = 3;

// The start has no use for curves, sliders and cards: they come while its user is writing.
const loadTaskPage = () => import("@/pages/TaskPage");
const TaskPage = lazy(() => loadTaskPage().then((module) => ({ default: module.TaskPage })));
const ModelPage = lazy(() =>
  import("@/pages/ModelPage").then((module) => ({ default: module.ModelPage })),
);

function makeCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // An answer that says "no" will not say "yes" the second time; silence may end.
        retry: (count, error) =>
          count < RETRIES &&
          !(error instanceof ApiError && error.status >= 400 && error.status < 500),
        refetchOnWindowFocus: true,
      },
    },
  });
}

export function App(): ReactNode {
  const [cache] = useState(makeCache);
  useEffect(() => void loadTaskPage().catch(() => undefined), []);
  return (
    <QueryClientProvider client={cache}>
      <SessionProvider>
        <div className="flex min-h-dvh flex-col">
          <TopBar />
          <Boundary>
            <LogIn>
              <Suspense>
                <Switch>
                  <Route path="/">
                    <HomePage />
                  </Route>
                  <Route path="/tasks/:taskId">
                    {({ taskId }) => <TaskPage key={taskId} taskId={taskId} jobId={null} />}
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
              </Suspense>
            </LogIn>
          </Boundary>
        </div>
      </SessionProvider>
    </QueryClientProvider>
  );
}

function TopBar(): ReactNode {
  const { token, wanted } = useToken();
  return (
    <header className="sticky top-0 z-30 flex h-14 items-center justify-between border-b border-line bg-ink/85 px-4 backdrop-blur sm:px-6">
      <Link href="/" className="flex items-center gap-2.5 font-semibold tracking-tight">
        <img src="/favicon.svg" alt="" className="size-7" /> TabRL
      </Link>
      <nav className="flex items-center gap-1">
        <HistoryMenu />
        <Link
          href="/"
          className="flex h-8 items-center gap-1.5 rounded-lg px-3 text-sm text-soft transition-colors hover:bg-raised hover:text-text"
        >
          <Plus className="size-4" aria-hidden /> New task
        </Link>
        {token !== null && !wanted && <LogOut />}
      </nav>
    </header>
  );
}

function LogOut(): ReactNode {
  const cache = useQueryClient();
  const leave = (): void => {
    logOut();
    cache.clear();
    window.location.assign("/");
  };
  return (
    <Button tone="quiet" className="h-8 px-3" onClick={leave}>
      Log out
    </Button>
  );
}
