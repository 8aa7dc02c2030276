/**
 * Sends messages as `--syslog` does: `syslog_messages.ts PATH MESSAGE…`.
 *
 * @module
 */

import { openSyslog } from "../../src/cli/syslog_transport.ts";

const [path = "", ...messages] = Deno.args;
const syslog = await openSyslog({ path });
for (const message of messages) await syslog.send(message);
syslog.close();
