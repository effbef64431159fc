import type { Server, Space } from "./index.cjs";

/** `touchstoneServer` is one for each worker, `touchstone` a new space for each test. */
export const fixtures: {
  touchstoneServer: [(args: {}, use: (server: Server) => Promise<void>) => Promise<void>, { scope: "worker" }];
  touchstone: (args: { touchstoneServer: Server }, use: (space: Space) => Promise<void>) => Promise<void>;
};
