"""A MetricQ manager for tests, on the reference package's own Agent.

Usage: manager.py SERVER DATA_SERVER_ADDRESS, then one JSON object per line on standard input:

    {"id": 1, "command": "state", "configs": {token: config}, "metrics": {name: metadata},
     "fallback": config or null}
    {"id": 2, "command": "call", "token": token, "function": "config", "arguments": {...}}
    {"id": 3, "command": "discover"}

and on standard output, also one per line:

    {"event": "ready"}
    {"event": "request", "from": token, "function": name, "arguments": {...}}
    {"event": "metric", "name": name, "metadata": {...}}
    {"event": "discovered", "id": 3, "token": token, "answer": {...}}
    {"event": "result", "id": 2, "result": {...}}  or  {"event": "result", "id": 2, "error": text}

It keeps nothing: whoever starts it again sends the state. Like the real one, it sends what CouchDB
and the MetricQ Wizard keep in a configuration along with it, and answers an error for a token that has
none (unless there is a fallback).
"""

import asyncio
import re
import sys
import uuid
from datetime import datetime, timezone

import aio_pika
from lines import read_objects, write_object
from metricq.agent import Agent
from metricq.rpc import rpc_handler

DATA_EXCHANGE = "metricq.data"
HISTORY_EXCHANGE = "metricq.history"


class Manager(Agent):
    def __init__(self, server, data_server_address):
        super().__init__("manager", server)
        self.data_server_address = data_server_address
        self.configs = {}
        self.fallback = {}
        self.revision = 0
        self.metrics = {}

    async def connect(self):
        await super().connect()
        channel = self._management_channel
        topic, fanout = aio_pika.ExchangeType.TOPIC, aio_pika.ExchangeType.FANOUT
        management = await channel.declare_exchange("metricq.management", topic, durable=True)
        self.broadcast = await channel.declare_exchange("metricq.broadcast", fanout, durable=True)
        self.data = await channel.declare_exchange(DATA_EXCHANGE, topic, durable=True)
        await channel.declare_exchange(HISTORY_EXCHANGE, topic, durable=True)
        requests = await channel.declare_queue("management", durable=True)
        await requests.bind(management, "#")
        await self.rpc_consume([requests])

    async def rpc_dispatch(self, function, from_token=None, **arguments):
        write_object(event="request", function=function, arguments=arguments, **{"from": from_token})
        return await super().rpc_dispatch(function, from_token=from_token, **arguments)

    # Commands

    async def on_state(self, configs, metrics, fallback):
        self.configs.update(configs)
        self.metrics.update(metrics)
        self.fallback = fallback

    def document(self, token, config):
        self.revision += 1
        return {
            "_id": token,
            "_rev": f"{self.revision}-{uuid.uuid4().hex}",
            "x-metricq": {"lastChanged": datetime.now(timezone.utc).isoformat()},
            **config,
        }

    def config_of(self, token):
        config = self.configs.get(token, self.fallback)
        if config is None:
            raise LookupError(f"Document {token} was not found")
        return self.document(token, config)

    async def on_call(self, token, function, arguments):
        if function == "config":
            self.configs[token] = arguments
            arguments = self.document(token, arguments)
        answer = await self.rpc(
            self._management_channel.default_exchange, f"{token}-rpc", function=function, **arguments
        )
        del answer["from_token"]  # put there by the reference, not by the one who answered
        return answer

    async def on_discover(self, id):
        def answered(from_token, **answer):
            write_object(event="discovered", id=id, token=from_token, answer=answer)

        await self.rpc(
            self.broadcast,
            "discover",
            function="discover",
            response_callback=answered,
            cleanup_on_response=False,
        )

    async def obey(self, id, command, **arguments):
        if command == "discover":
            arguments["id"] = id
        try:
            result = await getattr(self, f"on_{command}")(**arguments)
            write_object(event="result", id=id, result=result)
        except Exception as error:
            write_object(event="result", id=id, error=str(error))

    # Functions that sources call

    @rpc_handler("source.register", "transformer.register")
    async def register(self, from_token, **_):
        return {
            "dataServerAddress": self.data_server_address,
            "dataExchange": DATA_EXCHANGE,
            "config": self.config_of(from_token),
        }

    @rpc_handler("source.declare_metrics", "transformer.declare_metrics")
    async def declare_metrics(self, from_token, metrics, **_):
        if isinstance(metrics, list):
            metrics = {name: {} for name in metrics}
        date = datetime.now(timezone.utc).isoformat()
        for name, metadata in metrics.items():
            own = {
                key: value
                for key, value in metadata.items()
                if key not in ("source", "historic") and not key.startswith("_")
            }
            self.metrics[name] = {**own, "source": from_token, "date": date}
            write_object(event="metric", name=name, metadata=self.metrics[name])

    # Functions that sinks and tools call

    @rpc_handler("sink.register")
    async def sink_register(self, from_token, **_):
        return {
            "dataServerAddress": self.data_server_address,
            "config": self.config_of(from_token),
        }

    @rpc_handler("sink.subscribe", "subscribe")
    async def subscribe(
        self, from_token, metrics, dataQueue=None, expires=600, metadata=True, **_
    ):
        queue = await self._management_channel.declare_queue(
            dataQueue or f"{from_token}-{uuid.uuid4().hex}-data",
            auto_delete=True,
            arguments={"x-expires": int(expires * 1000)},
        )
        for name in metrics:
            await queue.bind(self.data, name)
        return {
            "dataServerAddress": self.data_server_address,
            "dataQueue": queue.name,
            "metrics": {name: self.metrics.get(name, {}) for name in metrics}
            if metadata
            else metrics,
        }

    @rpc_handler("transformer.subscribe")
    async def subscribe_transformer(self, from_token, metrics, **_):
        queue = await self._management_channel.declare_queue(f"{from_token}-data", durable=True)
        for name in metrics:
            await queue.bind(self.data, name)
        return {
            "dataServerAddress": self.data_server_address,
            "dataQueue": queue.name,
            "metrics": {name: self.metrics.get(name, {}) for name in metrics},
        }

    @rpc_handler("sink.unsubscribe", "unsubscribe")
    async def unsubscribe(self, dataQueue, metrics, end=True, **_):
        queue = await self._management_channel.get_queue(dataQueue)
        for name in metrics:
            await queue.unbind(self.data, name)
        if end:
            await self._management_channel.default_exchange.publish(
                aio_pika.Message(b"", type="end"), dataQueue
            )
        return {
            "dataServerAddress": self.data_server_address,
            "dataQueue": dataQueue,
            "metrics": metrics,
        }

    @rpc_handler("sink.release", "release")
    async def release(self, dataQueue, **_):
        await self._management_channel.queue_delete(dataQueue)

    @rpc_handler("history.register")
    async def history_register(self, from_token, **_):
        queue = await self._management_channel.declare_queue(
            f"{from_token}-history-response", durable=True, arguments={"x-expires": 600_000}
        )
        return {
            "historyServerAddress": self.data_server_address,
            "dataServerAddress": self.data_server_address,
            "historyExchange": HISTORY_EXCHANGE,
            "historyQueue": queue.name,
        }

    @rpc_handler("get_metrics", "history.get_metrics")
    async def get_metrics(
        self, format="array", selector=None, prefix="", infix="", limit=None, historic=None, **_
    ):
        if isinstance(selector, list):
            selector = set(selector)

        def is_selected(name):
            if isinstance(selector, set):
                return name in selector
            return selector is None or re.search(selector, name)

        def is_kept(name):
            return historic is None or historic == self.metrics[name].get("historic", False)

        names = [
            name
            for name in sorted(self.metrics)
            if is_selected(name) and is_kept(name) and name.startswith(prefix) and infix in name
        ][:limit]
        return {
            "metrics": names if format == "array" else {name: self.metrics[name] for name in names}
        }


async def main(server, data_server_address):
    manager = Manager(server, data_server_address)
    commands = read_objects()
    # The state comes first, so that no source is answered without it.
    await manager.obey(**await anext(commands))
    await manager.connect()
    write_object(event="ready")
    running = set()
    async for command in commands:
        # Not awaited: a call that waits for an answer must not hold up the next command.
        task = asyncio.create_task(manager.obey(**command))
        running.add(task)
        task.add_done_callback(running.discard)


asyncio.run(main(*sys.argv[1:]))
