import { needsTickets } from "@/api/tickets";
import { currentToken } from "@/api/token";
import { at } from "@/lib/place";
import type { Connection } from "@/sim/messages";

/**
 * A connection with all that a worker needs: what a ticket costs where people log in, and from where
 * the policy is fetched to be run here when the server is slow or gone.
 */
export async function equipped(connection: Connection, constantsUrl: string): Promise<Connection> {
  const needed = await needsTickets();
  const model = at(`/api/models/${encodeURIComponent(connection.modelId)}`);
  const token = currentToken();
  return {
    ...connection,
    ...(needed && { access: { token, ticketUrl: `${model}/ticket` } }),
    source: {
      model,
      params: `${model}/params`,
      constants: at(constantsUrl),
      sceneSha256: connection.sceneSha256,
      token,
    },
  };
}
