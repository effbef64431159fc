// Starts a server: the command `touchstone` if it is on PATH, otherwise the container image.
const { spawn, spawnSync } = require("node:child_process");
const { randomUUID } = require("node:crypto");
const { TouchstoneError } = require("./http.cjs");

const STOP_MS = 15_000;

async function launch({ command = "touchstone", args = [], env = {}, image = process.env.TOUCHSTONE_IMAGE ?? "touchstone" } = {}) {
  // Its standard input is a pipe: the kernel closes it when this process ends, however it ends.
  const serve = ["serve", "--ephemeral", "--until-eof"];
  if (exists(command)) return ready(command, [...serve, "--host", "127.0.0.1", "--port", "0", ...args], env);
  const engine = ["docker", "podman"].find(exists);
  if (!engine) {
    throw new TouchstoneError(
      `There is no ${command} on PATH, no docker and no podman. Install the Python package touchstone-server, or set TOUCHSTONE_URL.`,
    );
  }
  const name = `touchstone-${randomUUID()}`;
  const settings = Object.entries({ TOUCHSTONE_ENV: "testing", ...env }).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const contained = [...serve, "--host", "0.0.0.0", "--port", "8000", "--expose-development-accounts", ...args];
  const run = ["run", "--rm", "-i", "--name", name, "-p", "127.0.0.1::8000", ...settings, image, ...contained];
  const started = await ready(engine, run, {});
  const { stdout } = spawnSync(engine, ["port", name, "8000"], { encoding: "utf8" });
  return { ...started, url: `http://${stdout.trim().split("\n")[0]}` };
}

function exists(command) {
  return !spawnSync(command, ["--version"], { stdio: "ignore" }).error;
}

function ready(command, args, env) {
  const server = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let log = "";
  server.stderr.on("data", (piece) => (log = (log + piece).slice(-10_000)));
  return new Promise((resolve, reject) => {
    let told = "";
    server.stdout.on("data", (piece) => {
      told += piece;
      const found = told.match(/^Touchstone is ready on (\S+)$/m);
      if (!found) return;
      // The server must not keep this process alive.
      for (const each of [server, server.stdin, server.stdout, server.stderr]) each.unref();
      resolve({ url: found[1], stop: () => stop(server) });
    });
    server.on("error", (error) => reject(new TouchstoneError(`${command} cannot be run: ${error.message}`)));
    server.on("exit", () => {
      const last = log.trim().split("\n").at(-1);
      reject(new TouchstoneError(`The server did not start. ${last}`));
    });
  });
}

async function stop(server) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.ref();
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const impatience = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
  server.stdin.end();
  await ended;
  clearTimeout(impatience);
}

module.exports = { launch };
