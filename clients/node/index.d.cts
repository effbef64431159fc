/** The server refused, or could not be started. The message says why. */
export class TouchstoneError extends Error {}

export interface StartOptions {
  /** A server that runs already. Default: TOUCHSTONE_URL. */
  url?: string;
  /** The command that serves. Default: `touchstone`. */
  command?: string;
  /** More arguments of `touchstone serve`. */
  args?: string[];
  /** More variables of its environment: its settings. */
  env?: Record<string, string>;
  /** The container image if the command is not there. Default: TOUCHSTONE_IMAGE, or `touchstone`. */
  image?: string;
}

export interface Server {
  readonly url: string;
  /** Makes a space. The members are those of `POST /spaces`. */
  space(members?: SpaceMembers): Promise<Space>;
  /** Stops the server, if it was started here. */
  stop(): Promise<void>;
}

export interface SpaceMembers {
  id?: string;
  from?: string;
  /** Your own data: what a file for `serve --data` has. */
  collections?: Record<string, object[] | object>;
  /** A JSON Schema for each collection. */
  schemas?: Record<string, object>;
  idle_minutes?: number;
  journal?: boolean;
  bodies?: boolean;
}

export interface Effects {
  delay?: number | { ms?: number; jitter_ms?: number; median_ms?: number; sigma?: number; at?: "before" | "after" };
  status?: number | { code: number; retry_after?: number; after?: boolean };
  cut?: "before" | "after" | "body" | { at: "before" | "after" | "body"; bytes?: number; how?: "fin" | "rst" };
  hang?: "before" | "after" | { ms?: number; at?: "before" | "after" };
  slow?: number | { bytes_per_second: number; first_byte_ms?: number };
  corrupt?: Corruption | { what: Corruption; bytes?: number };
  limit?: { requests: number; seconds: number };
  twice?: true | { apart_ms?: number };
}

export type Corruption = "json" | "utf8" | "gzip" | "type" | "longer" | "shorter" | "chunk" | "status-line" | "empty";

export interface FaultOrder extends Effects {
  method?: string;
  path?: string;
  /** It acts at most so often. */
  count?: number;
  match?: { methods?: string[]; path?: string; query?: Record<string, string>; header?: Record<string, string>; body_contains?: string };
  times?: { skip?: number; count?: number; every?: number; chance?: number; seed?: number };
  do?: Effects[];
}

export interface Fault {
  readonly n: number;
  /** The requests that reached the rule. */
  seen(): Promise<number>;
  /** The requests on which it acted. */
  done(): Promise<number>;
}

export interface Entry {
  n: number;
  method: string;
  target: string;
  path: string;
  fault: string | null;
  problem: string | null;
  answer: { status: number } | null;
  [member: string]: unknown;
}

export interface Space {
  readonly id: string;
  /** The base URL of its API. */
  readonly url: string;
  /** The token of its administrator. */
  readonly token: string;
  readonly shown: Record<string, unknown>;
  /** The JSON at this path, as its administrator sees it. */
  get(path: string): Promise<any>;
  seed(rows: Record<string, unknown>): Promise<Record<string, number>>;
  dump(): Promise<any>;
  /** Brings the data back to the start, or to a snapshot, and clears fault rules and journal too. */
  reset(options?: { to?: string; faults?: boolean; journal?: boolean }): Promise<unknown>;
  snapshot(name: string): Promise<unknown>;
  restore(name: string): Promise<unknown>;
  /** Orders a fault while `act` runs. It fails if the fault never acted. */
  fault<T>(order: FaultOrder, act: (fault: Fault) => T | Promise<T>): Promise<T>;
  /** The entries that a query finds, oldest first, at most 100. */
  journal(query?: Record<string, string | number>): Promise<Entry[]>;
  /** The newest entries, oldest first. */
  lastEntries(most?: number): Promise<Entry[]>;
  /** The entries for these requests: exactly `count`, or at least one. It waits up to `wait` seconds. */
  received(query?: Record<string, string | number>, options?: { count?: number; wait?: number }): Promise<Entry[]>;
  delete(): Promise<void>;
}

/** A server for this suite: the one at `url` or TOUCHSTONE_URL, otherwise the command, otherwise the image. */
export function start(options?: StartOptions): Promise<Server>;
/** A server that runs already. */
export function connect(url: string): Promise<Server>;
