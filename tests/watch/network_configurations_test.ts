/** Configurations of a network that is there already: a broker, a manager and a source, and a CouchDB. */

import assert from "node:assert/strict";
import { CouchDbStore } from "../../src/configurations/couchdb_store.ts";
import type { ConfigurationStore } from "../../src/configurations/configuration_store.ts";
import { DevNetwork } from "../../src/dev/network.ts";
import type { JsonObject } from "../../src/rpc/json.ts";
import { Sink } from "../../src/sink/sink.ts";
import { systemClock } from "../../src/time/clock.ts";
import { NetworkConfigurations } from "../../src/watch/network_configurations.ts";
import { PouchDb } from "../configurations/pouchdb.ts";
import { TestSource } from "../e2e/test_source.ts";
import { needing } from "../support/needing.ts";
import { agentView } from "./agent_view.ts";

const TOKEN = "source-lab";
const AGENT = agentView({ token: TOKEN });

/** A network, its CouchDB, and a source that takes rates over 0. */
class Setup implements AsyncDisposable {
  readonly taken: JsonObject[] = [];
  readonly #parts: AsyncDisposableStack;

  private constructor(
    readonly sink: Sink,
    readonly couch: PouchDb,
    parts: AsyncDisposableStack,
  ) {
    this.#parts = parts;
  }

  static async start(): Promise<Setup> {
    await using parts = new AsyncDisposableStack();
    const couch = parts.use(await PouchDb.start("config"));
    const network = parts.use(await DevNetwork.start());
    const source = parts.use(new TestSource({ token: TOKEN, url: network.url }));
    const sink = parts.use(new Sink({ token: "watch-test", url: network.url }));
    const setup = new Setup(sink, couch, parts.move());
    source.addRpcHandler("config", (config: JsonObject) => {
      if (Number(config.rate) <= 0) throw new RangeError("rate must be positive");
      setup.taken.push(config);
    });
    await source.connect();
    await sink.connect();
    setup.taken.length = 0;
    return setup;
  }

  configurations(
    store: ConfigurationStore | undefined,
    isWritable: boolean = true,
  ): NetworkConfigurations {
    return new NetworkConfigurations({
      agent: this.sink,
      store,
      isWritable,
      agents: () => Promise.resolve([AGENT]),
      clock: systemClock,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync();
  }
}

Deno.test(needing({ peers: [] }, {
  name: "NetworkConfigurations",
  fn: async (t) => {
    await using setup = await Setup.start();
    const { couch, taken } = setup;
    const store = new CouchDbStore({ url: couch.url });

    await t.step("keeps a configuration and sends what is kept, as the wizard does", async () => {
      const configurations = setup.configurations(store);
      const outcome = await configurations.configure(TOKEN, { rate: 1 }, undefined);
      const document = await couch.get(`config/${TOKEN}`);
      assert.deepEqual(outcome, {
        answer: "accepted",
        reason: undefined,
        keptRevision: document?._rev,
      });
      assert.equal(document?.rate, 1);
      assert.equal(taken.length, 1);
      const { config, revision, state } = await configurations.get(TOKEN);
      assert.deepEqual(config, { rate: 1 });
      assert.equal(revision, document?._rev);
      assert.equal(state?.status, "accepted");
    });

    await t.step(
      "is told by another what is kept after a restart of everything of ours",
      async () => {
        const configurations = setup.configurations(new CouchDbStore({ url: couch.url }));
        assert.deepEqual((await configurations.get(TOKEN)).config, { rate: 1 });
        assert.deepEqual(await configurations.tokens(), [TOKEN]);
        // What others have done with it is not known.
        assert.equal((await configurations.get(TOKEN)).state, undefined);
      },
    );

    await t.step(
      "says of what is refused that it is kept, and never that it is in force",
      async () => {
        const configurations = setup.configurations(store);
        const { revision } = await configurations.get(TOKEN);
        const outcome = await configurations.configure(TOKEN, { rate: 0 }, revision);
        assert.deepEqual(outcome, {
          answer: "refused",
          reason: "rate must be positive",
          keptRevision: (await configurations.get(TOKEN)).revision,
        });
        assert.equal((await configurations.get(TOKEN)).state?.status, "refused");
        const [replaced] = await configurations.history(TOKEN);
        assert.deepEqual(await configurations.replaced(TOKEN, replaced?.id ?? ""), { rate: 1 });
      },
    );

    await t.step("does not say of what others have kept since that it is in force", async () => {
      const configurations = setup.configurations(store);
      const { revision } = await configurations.get(TOKEN);
      await configurations.configure(TOKEN, { rate: 3 }, revision);
      const { config, state, revision: own } = await configurations.get(TOKEN);
      assert.deepEqual([config, state?.status], [{ rate: 3 }, "accepted"]);
      await new CouchDbStore({ url: couch.url }).write(TOKEN, { rate: 0 }, own);
      const fresh = async () => {
        const shown = await configurations.get(TOKEN);
        return shown.revision === own ? undefined : shown;
      };
      let shown = await fresh(); // what was read is taken for true for a moment
      while (shown === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        shown = await fresh();
      }
      assert.deepEqual([shown.config, shown.state], [{ rate: 0 }, undefined]);
    });

    await t.step("sends nothing of a lost update", async () => {
      const [one, other] = [setup.configurations(store), setup.configurations(store)];
      const { revision } = await one.get(TOKEN);
      await other.configure(TOKEN, { rate: 5 }, revision);
      const before = taken.length;
      await assert.rejects(one.configure(TOKEN, { rate: 6 }, revision), {
        name: "ConfigurationConflict",
      });
      assert.equal(taken.length, before);
    });

    await t.step("shows what belongs to the wizard to nobody, and keeps it", async () => {
      await couch.put("config/source-other", { rate: 1, "x-metricq": { wizard: true } });
      const configurations = setup.configurations(store);
      const { config, revision } = await configurations.get("source-other");
      assert.deepEqual(config, { rate: 1 });
      const sending = configurations.configure("source-other", { rate: 2 }, revision);
      await sending;
      const { _id, _rev, ...document } = await couch.get("config/source-other") ?? {};
      assert.deepEqual(document, { rate: 2, "x-metricq": { wizard: true } });
      assert.equal((await sending).answer, "not connected");
    });

    await t.step("sends what nobody keeps, and says so", async () => {
      const configurations = setup.configurations(undefined);
      assert.equal(configurations.keeping.place, undefined);
      const outcome = await configurations.configure(TOKEN, { rate: 8 }, undefined);
      assert.deepEqual(outcome, { answer: "accepted", reason: undefined, keptRevision: undefined });
      assert.equal(taken.at(-1)?.rate, 8);
      // What is said to be in force is what the source has taken, not what was tried since.
      const shown = async () => {
        const { config, state } = await configurations.get(TOKEN);
        return [config, state?.status];
      };
      assert.deepEqual(await shown(), [{ rate: 8 }, "accepted"]);
      await configurations.configure(TOKEN, { rate: 0 }, undefined);
      assert.deepEqual(await shown(), [{ rate: 8 }, "refused"]);
    });

    await t.step("changes nothing unless that is allowed", async () => {
      const configurations = setup.configurations(store, false);
      const { revision } = await configurations.get(TOKEN);
      const before = taken.length;
      await assert.rejects(configurations.configure(TOKEN, { rate: 9 }, revision), {
        name: "StoreFailed",
      });
      assert.equal(taken.length, before);
      assert.deepEqual((await configurations.get(TOKEN)).config, { rate: 5 });
    });

    await t.step("says why nothing can be read, and goes on listing who is there", async () => {
      const away = new CouchDbStore({ url: "http://127.0.0.1:9/" });
      const configurations = setup.configurations(away);
      assert.match((await configurations.get(TOKEN)).error ?? "", /cannot be reached/);
      assert.deepEqual(await configurations.tokens(), [TOKEN]);
    });
  },
}));
