/**
 * What can befall a broker.
 *
 * @module
 */

import { accepting, type FaultNetwork } from "./fault_network.ts";
import { pause } from "./proxy.ts";

/** Where a fault takes place, and whom it tells of its end. */
export interface FaultyPlace {
  readonly network: FaultNetwork;
  /** To be called at the moment at which a fault ends. */
  healed(): void;
}

/** Kills the broker (-9), and starts it again after a second. */
export async function killBroker({ network, healed }: FaultyPlace): Promise<void> {
  // It has a binding in its own memory for up to two seconds before it is on the disk. A queue whose
  // binding is lost gets nothing, and what is sent is confirmed all the same.
  await network.broker.evaluate("mnesia:dump_log()");
  await network.broker.kill();
  await pause(1000);
  await Promise.all([network.broker.restart(), accepting(network.broker.url).then(healed)]);
  await network.manager.restart();
}

/** Stops the broker in good order, and starts it again after a second. */
export async function stopBroker({ network, healed }: FaultyPlace): Promise<void> {
  await network.broker.ctl("stop_app");
  await pause(1000);
  await Promise.all([network.broker.ctl("start_app"), accepting(network.broker.url).then(healed)]);
  await network.manager.restart();
}

/** Lets the broker find that it has too little memory, so that it blocks who publishes. */
export async function memoryAlarm({ network: { broker }, healed }: FaultyPlace): Promise<void> {
  await broker.ctl("set_vm_memory_high_watermark", "0.0001");
  await pause(3000);
  await broker.ctl("set_vm_memory_high_watermark", "0.4");
  healed();
}

/** Closes all connections, as an administrator can. */
export async function closeConnections({ network, healed }: FaultyPlace): Promise<void> {
  await network.broker.ctl("close_all_connections", "maintenance");
  healed();
  await network.manager.restart();
}
