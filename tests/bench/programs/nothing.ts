/**
 * What Deno alone takes to start.
 *
 * @module
 */

const atMs = performance.timeOrigin + performance.now();
const residentMiB = Deno.memoryUsage().rss / 2 ** 20;
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ atMs, residentMiB }) + "\n"));
