/**
 * The publishing side of a channel: putting messages together, routing them, returning and confirming
 * them.
 *
 * @module
 */

import { Type } from "@cloudamqp/amqp-client/amqp-frame";
import { writeConfirm, writeNack, writeReturn } from "./content_encoder.ts";
import type { BrokerCounters } from "./counters.ts";
import type { Table } from "./field_reader.ts";
import { inspectProperties } from "./message_properties.ts";
import { ContentAssembler, type ContentBudget, readPublish } from "./publish_assembler.ts";
import { ReplyError } from "./reply_error.ts";
import type { Restrictions } from "./restrictions.ts";
import type { CachedRoute, RouteCache } from "./route_cache.ts";
import type { SocketWriter } from "./socket_writer.ts";
import type { VirtualHost } from "./virtual_host.ts";

/** What publishing needs of the connection. */
export interface PublishingHost {
  readonly virtualHost: VirtualHost;
  readonly routes: RouteCache;
  readonly contentBudget: ContentBudget;
  readonly writer: SocketWriter;
  readonly user: string;
  readonly maxFrameBytes: number;
  readonly restrictions: Restrictions;
  readonly counters: BrokerCounters;
}

/** Publishes for one channel. */
export class ChannelPublisher {
  readonly #channel: number;
  readonly #host: PublishingHost;
  readonly #onUnconfirmed: () => void;
  readonly #content: ContentAssembler;
  #publishing: { route: CachedRoute; mandatory: boolean; hasHeader: boolean } | undefined;
  #confirming = false;
  #published = 0;
  #confirmed = 0;
  // The numbers of messages that a queue has refused since.
  #refused: number[] = [];

  /** Makes a publisher that calls `onUnconfirmed` when there is something to confirm. */
  constructor(channel: number, host: PublishingHost, onUnconfirmed: () => void) {
    this.#channel = channel;
    this.#host = host;
    this.#onUnconfirmed = onUnconfirmed;
    this.#content = new ContentAssembler(host.contentBudget);
  }

  /** Confirms every message from now on. */
  selectConfirms(): void {
    this.#confirming = true;
  }

  /** Confirms what was published since the last time. */
  confirm(): void {
    const { buffer } = this.#host.writer;
    for (const tag of this.#refused.splice(0)) {
      if (tag - 1 > this.#confirmed) writeConfirm(buffer, this.#channel, tag - 1);
      writeNack(buffer, this.#channel, tag);
      this.#confirmed = tag;
    }
    if (this.#confirmed === this.#published) return;
    this.#confirmed = this.#published;
    writeConfirm(buffer, this.#channel, this.#confirmed);
  }

  /** Gives up a message that is not complete. */
  giveUp(): void {
    this.#publishing = undefined;
    this.#content.detach();
  }

  /**
   * Requires that no message is begun and not finished.
   *
   * @throws {ReplyError} If one is (505).
   */
  requireNoContent(): void {
    if (!this.#publishing) return;
    throw new ReplyError(505, "expected content of basic.publish, got a method frame instead");
  }

  /** Takes the arguments of basic.publish. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    const { routeStart, routeEnd, mandatory } = readPublish(bytes, start, end);
    const route = this.#host.routes.find(bytes, routeStart, routeEnd);
    this.#publishing = { route, mandatory, hasHeader: false };
  }

  /** Takes the payload of a header or body frame. */
  onContent(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#publishing || this.#publishing.hasHeader !== (type === Type.BODY)) {
      throw new ReplyError(505, `frame of type ${type} was not expected here`);
    }
    this.#publishing.hasHeader = true;
    const isComplete = type === Type.HEADER
      ? this.#content.header(bytes, start, end, this.#host.restrictions.maxMessageBytes)
      : this.#content.body(bytes, start, end);
    if (isComplete) this.#publish();
  }

  #publish(): void {
    const publishing = this.#publishing;
    if (!publishing) return;
    this.#publishing = undefined;
    const { route, mandatory } = publishing;
    const content = this.#content.detach();
    const { propertiesBytes } = this.#content;
    const { headers = {}, expiration, userId, persistent } = inspectProperties(
      content,
      propertiesBytes,
    );
    this.#requireAllowed(headers, userId);
    this.#requireTopic(route);
    const expirationMs = parseExpiration(expiration);
    const message = { route, content, propertiesBytes, persistent, expirationMs };
    // Only now: a queue may have gone since the message was begun.
    const queues = this.#host.routes.destinations(route).queues ??
      this.#host.virtualHost.routeByHeaders(route.exchange, route.routingKey, headers);
    this.#host.counters.published++;
    if (this.#confirming) {
      this.#published++;
      this.#onUnconfirmed();
    }
    if (queues.length === 0 && mandatory) {
      this.#host.counters.returned++;
      const { writer: { buffer }, maxFrameBytes } = this.#host;
      writeReturn({ buffer, channel: this.#channel, maxFrameBytes }, message);
    }
    const { queueLengths } = this.#host.restrictions;
    let isRefused = false;
    for (const queue of queues) {
      const isFull = queueLengths.size > 0 &&
        queue.messageCount >= (queueLengths.get(queue.name) ?? Infinity);
      if (isFull) isRefused = true;
      else queue.push(message);
    }
    if (isRefused && this.#confirming) this.#refused.push(this.#published);
  }

  #requireTopic({ exchange, routingKey }: CachedRoute): void {
    if (!this.#host.restrictions.forbiddenTopics.has(routingKey) || exchange === "") return;
    throw new ReplyError(
      403,
      `access to topic '${routingKey}' in exchange '${exchange}' in vhost ` +
        `'${this.#host.virtualHost.name}' refused for user '${this.#host.user}'`,
    );
  }

  #requireAllowed(headers: Table, userId: string | undefined): void {
    if (userId !== undefined && userId !== this.#host.user) {
      throw new ReplyError(
        406,
        `user_id property set to '${userId}' but authenticated user was '${this.#host.user}'`,
      );
    }
    if (Object.hasOwn(headers, "CC") || Object.hasOwn(headers, "BCC")) {
      throw new ReplyError(540, "the headers CC and BCC are not supported");
    }
  }
}

function parseExpiration(expiration: string | undefined): number | undefined {
  if (expiration === undefined) return undefined;
  if (/^\d+$/.test(expiration)) return Number(expiration);
  throw new ReplyError(406, `invalid expiration '${expiration}'`);
}
