// Asks the toolbox with Node's fetch, and prints what it got as JSON. Digest is written from RFC 7616 §3.4.
import { createHash } from "node:crypto";

const mount = process.argv[2];
const NAMES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" };
const hash = (algorithm, text) => createHash(NAMES[algorithm.replace("-sess", "")]).update(text).digest("hex");

// The statuses for the right password with each qop that was offered, and for a wrong password.
async function digest(algorithm, qop) {
  const url = new URL(`${mount}/digest-auth/${qop}/user/passwd/${algorithm}`);
  const challenge = (await fetch(url)).headers.get("www-authenticate");
  const quoted = [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  const { realm, nonce, opaque } = Object.fromEntries(quoted);
  const cnonce = "c0ffee";
  const statuses = [];
  const offered = qop === "other" ? ["auth", "auth-int"] : [qop];
  for (const [password, answered] of [...offered.map((each) => ["passwd", each]), ["wrong", offered[0]]]) {
    let key = hash(algorithm, `user:${realm}:${password}`);
    if (algorithm.endsWith("-sess")) key = hash(algorithm, `${key}:${nonce}:${cnonce}`);
    const content = answered === "auth-int" ? `:${hash(algorithm, "")}` : "";
    const request = hash(algorithm, `GET:${url.pathname}${content}`);
    const response = hash(algorithm, `${key}:${nonce}:00000001:${cnonce}:${answered}:${request}`);
    const authorization =
      `Digest username="user", realm="${realm}", nonce="${nonce}", uri="${url.pathname}", response="${response}", ` +
      `algorithm=${algorithm}, opaque="${opaque}", qop=${answered}, nc=00000001, cnonce="${cnonce}"`;
    statuses.push((await fetch(url, { headers: { authorization } })).status);
  }
  return statuses;
}

const found = { digest: {} };
const basic = (pair) => ({ headers: { authorization: `Basic ${btoa(pair)}` } });
found.basic = await (await fetch(`${mount}/basic-auth/user/passwd`, basic("user:passwd"))).json();
found.refused = (await fetch(`${mount}/basic-auth/user/passwd`, basic("user:wrong"))).status;
for (const algorithm of ["MD5", "SHA-256", "SHA-512-256"].flatMap((each) => [each, `${each}-sess`]))
  for (const qop of ["auth", "auth-int", "other"])
    found.digest[`${algorithm} ${qop}`] = await digest(algorithm, qop);
const set = await fetch(`${mount}/cookies/set?a=1&b=2`, { redirect: "manual" });
const cookie = set.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
found.cookies = (await (await fetch(`${mount}/cookies`, { headers: { cookie } })).json()).cookies;
// fetch follows 20 redirects, and no more (Fetch standard, "HTTP-redirect fetch").
const last = await fetch(`${mount}/redirect/20`);
found.redirects = [last.status, last.url];
found.tooMany = await fetch(`${mount}/redirect/21`).catch((error) => error.cause.message);
for (const [path, member] of [["gzip", "gzipped"], ["deflate", "deflated"], ["brotli", "brotli"], ["zstd", "zstd"]])
  found[path] = (await (await fetch(`${mount}/${path}`)).json())[member];
console.log(JSON.stringify(found));
