import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/client";
import { robotsQuery } from "@/api/queries";

const RETRIES = 3;

/** What the api has answered; the robots, which every page needs, are asked for at once. */
export function makeCache(): QueryClient {
  const cache = new QueryClient({
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
  void cache.prefetchQuery(robotsQuery);
  return cache;
}
