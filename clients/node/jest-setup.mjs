// jest.config: globalSetup: "touchstone-server/jest-setup", globalTeardown: "touchstone-server/jest-teardown".
import { start } from "./index.mjs";

export default async function setup() {
  const server = await start();
  process.env.TOUCHSTONE_URL = server.url;
  globalThis.touchstoneServer = server;
}
