// A program with openapi-fetch and the types of openapi-typescript: registers, creates, reads, updates and deletes.
// Run with the URL of a server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./touchstone.d.ts";

type Article = components["schemas"]["ArticleOut"];
type Problem = components["schemas"]["Problem"];
// The client requests JSON.
type Json = "application/json" | "application/problem+json";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8000";
const name = `client-${randomUUID().slice(0, 8)}`;
const password = `password-${randomUUID().replaceAll("-", "")}`;

// Register, and create a token.
const anyone = createClient<paths, Json>({ baseUrl });
const registered = await anyone.POST("/users", {
  body: { username: name, name: "A client", email: `${name}@example.org`, password },
});
assert(registered.data);
const user = registered.data;
const made = await anyone.POST("/tokens", {
  body: {},
  headers: { Authorization: `Basic ${btoa(`${name}:${password}`)}` },
});
assert(made.data);
const client = createClient<paths, Json>({ baseUrl, headers: { Authorization: `Bearer ${made.data.token}` } });
const me = await client.GET("/users/me");
assert(me.data);
assert.deepEqual([me.data.id, me.data.username], [user.id, name]);

// Create, and read.
const created = await client.POST("/articles", {
  params: { header: { "Idempotency-Key": name } },
  body: { title: "By a client", body: "Hello", tags: [name] },
});
assert(created.data);
assert.equal(created.response.status, 201);
const article: Article = created.data;
const path = { article_id: article.id };
assert.equal(created.response.headers.get("Location"), `/articles/${article.id}`);
assert.deepEqual([article.title, article.body, article.tags], ["By a client", "Hello", [name]]);
assert.deepEqual([article.status, article.author_id], ["published", user.id]);
const read = await anyone.GET("/articles/{article_id}", { params: { path } });
assert.deepEqual(read.data, article);
const page = await anyone.GET("/articles", {
  params: { query: { tags: name, "created_at:gte": article.created_at, count: true } },
});
assert.deepEqual([page.data?.items, page.data?.total], [[article], 1]);

// Update, by PUT and by both kinds of PATCH.
const replaced = await client.PUT("/articles/{article_id}", {
  params: { path },
  body: { title: "Replaced", body: "" },
});
assert(replaced.data);
assert.deepEqual([replaced.data.title, replaced.data.tags, replaced.data.version], ["Replaced", [], 2]);
const merged = await client.PATCH("/articles/{article_id}", {
  params: { path, header: { "If-Match": '"v2"' } },
  headers: { "Content-Type": "application/merge-patch+json" },
  body: { title: "Merged", status: null },
});
assert(merged.data);
assert.deepEqual([merged.data.title, merged.data.version], ["Merged", 3]);
const patched = await client.PATCH("/articles/{article_id}", {
  params: { path },
  headers: { "Content-Type": "application/json-patch+json" },
  body: [{ op: "add", path: "/tags/-", value: "added" }],
});
assert(patched.data);
assert.deepEqual([patched.data.tags, patched.data.version], [["added"], 4]);

// Read refusals. The server refuses the same faults as the compiler.
const refused = await client.PUT("/articles/{article_id}", {
  params: { path },
  // @ts-expect-error - a title is text, and a body is needed
  body: { title: 1 },
});
assert(refused.error);
const problem: Problem = refused.error;
assert.deepEqual([problem.type, problem.status], ["/problems/invalid", 422]);
assert.deepEqual(
  problem.errors?.map((each) => [each.pointer, each.code]),
  [["#/title", "wrong_type"], ["#/body", "missing"]],
);
const misasked = await anyone.GET("/articles", {
  // @ts-expect-error - there is no such status
  params: { query: { status: "lost" } },
});
assert.deepEqual(misasked.error?.errors?.map((each) => each.parameter), ["status"]);
const stale = await client.DELETE("/articles/{article_id}", {
  params: { path, header: { "If-Match": '"v1"' } },
});
assert.deepEqual([stale.error?.type, stale.error?.current_etag], ["/problems/precondition-failed", '"v4"']);

// Delete.
const deleted = await client.DELETE("/articles/{article_id}", { params: { path } });
assert.equal(deleted.response.status, 204);
const gone = await anyone.GET("/articles/{article_id}", { params: { path } });
assert.deepEqual([gone.error?.type, gone.error?.status], ["/problems/not-found", 404]);
