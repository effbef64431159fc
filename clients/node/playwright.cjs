// import { test as base } from "@playwright/test"; export const test = base.extend(fixtures);
const { start } = require("./index.cjs");

const fixtures = {
  touchstoneServer: [
    async ({}, use) => {
      const server = await start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  touchstone: async ({ touchstoneServer }, use) => {
    const space = await touchstoneServer.space();
    await use(space);
    await space.delete();
  },
};

module.exports = { fixtures };
