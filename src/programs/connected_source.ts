/**
 * A source that reads devices by connections.
 *
 * @module
 */

import type { PollGroup } from "../source/poll_group.ts";
import { PollingSource } from "../source/polling_source.ts";

/** What a device is reached by. */
interface Connection {
  close(): void;
}

/** Reads devices by connections, which last as long as the configuration that names them. */
export class ConnectedSource extends PollingSource {
  #connections: readonly Connection[] = [];

  /** Reads until `signal` is aborted, and closes the connections. */
  protected override async task(signal: AbortSignal): Promise<void> {
    try {
      await super.task(signal);
    } finally {
      this.#replace([]);
    }
  }

  /** Polls by these connections, in the place of those of the configuration before. */
  protected async pollBy(
    connections: Iterable<Connection>,
    groups: readonly PollGroup[],
  ): Promise<void> {
    const opened = [...connections];
    try {
      await this.poll(groups);
    } catch (error) {
      for (const connection of opened) connection.close();
      throw error;
    }
    this.#replace(opened);
  }

  #replace(connections: readonly Connection[]): void {
    for (const connection of this.#connections) connection.close();
    this.#connections = connections;
  }
}
