#!/usr/bin/env -S deno run -A
/**
 * A MetricQ network for development, without any source: for programs in any language.
 *
 *     deno run -A jsr:@metricq/source/dev
 *
 * @module
 */

import { runUntilSignal } from "../agent/signals.ts";
import { command } from "../cli/command.ts";
import { parsePort } from "../cli/parameters.ts";
import { printText } from "../cli/print.ts";
import { VERSION } from "../version.ts";
import { Box } from "./box.ts";

const AMQP_PORT = 5672;

/** Runs a network as a command line says. */
export async function main(args: readonly string[] = Deno.args): Promise<void> {
  await command(
    {
      defaultToken: "metricq-network",
      version: VERSION,
      description: "Runs a MetricQ network for development in this process: broker, manager and " +
        "dashboard. Programs in any language connect to amqp://localhost/. Everything is in " +
        "memory and lost at the end, but for configurations in a --config-dir.",
      requireServer: "never", // not to start a manager where METRICQ_SERVER of a shell points
      options: {
        listen: {
          description:
            "Address to listen on. Beware: at one that other machines reach, all of them " +
            "can connect without a password",
          valueName: "HOST",
          default: "127.0.0.1",
        },
        port: {
          description: "Port of the broker, 0 for a free one",
          default: AMQP_PORT,
          parse: parsePort,
        },
        "dashboard-port": {
          description: "Port of the dashboard, 0 for a free one",
          default: 0,
          parse: parsePort,
        },
        broker: {
          description: "A broker without a manager to use instead of one in the process",
          valueName: "URL",
        },
        "config-dir": {
          description: "Folder with a configuration for each token, TOKEN.json; may be edited",
          valueName: "FOLDER",
        },
        plain: { flag: true, description: "Print lines instead of a live view" },
      },
    },
    async ({ broker, listen, port, dashboardPort, configDir, plain }) => {
      const stop = Promise.withResolvers<void>();
      await runUntilSignal((error) => error ? stop.reject(error) : stop.resolve(), async () => {
        await using box = await Box.open({
          hostname: listen,
          allowRemote: true, // --listen says so
          config: null, // as on a real network: a token has a configuration when one is entered
          port,
          dashboardPort,
          ...configDir !== undefined && { configDir },
          ...broker !== undefined && { server: broker },
        });
        await box.showWhile(() => stop.promise, { write: printText, plain });
      });
    },
    args,
  );
}

if (import.meta.main) await main();
