"""One consumer per topic in one group, gathered at once: the shape of many a Python service.

Prints one line a round: gather [TOPIC, ...] = [count, ...]. With --commit auto aiokafka commits every
--auto-commit-interval-ms, with --commit read the application commits what it has read and nothing else. The consumer of --pause-topic pauses itself
once it has read --pause-after records: from then on it is a member that reads nothing.
"""

import argparse
import asyncio
import signal

from aiokafka import AIOKafkaConsumer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topics", nargs="+", required=True)
    parser.add_argument("--timeout-ms", type=int, default=1000)
    parser.add_argument("--commit", choices=["auto", "read"], default="auto")
    parser.add_argument("--auto-commit-interval-ms", type=int, default=1000)
    parser.add_argument("--pause-topic")
    parser.add_argument("--pause-after", type=int, default=1)
    return parser.parse_args()


def consumer_of(topic: str, arguments: argparse.Namespace) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=arguments.bootstrap,
        group_id=arguments.group,
        client_id=f"app-{topic}",
        enable_auto_commit=arguments.commit == "auto",
        auto_commit_interval_ms=arguments.auto_commit_interval_ms,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_poll_records=200,
        fetch_max_wait_ms=500,
        fetch_min_bytes=1,
        session_timeout_ms=10000,
    )


async def read(consumer: AIOKafkaConsumer, arguments: argparse.Namespace) -> int:
    batches = await consumer.getmany(timeout_ms=arguments.timeout_ms, max_records=None)
    count = sum(len(records) for records in batches.values())
    if count > 0 and arguments.commit == "read":
        await consumer.commit()
    return count


async def run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    consumers = [consumer_of(topic, arguments) for topic in arguments.topics]
    await asyncio.gather(*(consumer.start() for consumer in consumers))
    seen = 0
    try:
        while not stop.is_set():
            counts = await asyncio.gather(*(read(consumer, arguments) for consumer in consumers))
            print(f"gather [{', '.join(arguments.topics)}] = {counts}", flush=True)
            for topic, consumer, count in zip(arguments.topics, consumers, counts):
                if topic == arguments.pause_topic and not consumer.paused():
                    seen += count
                    if seen >= arguments.pause_after:
                        consumer.pause(*consumer.assignment())
                        print(f"paused {topic}", flush=True)
    finally:
        await asyncio.gather(*(consumer.stop() for consumer in consumers))


asyncio.run(run(parse_arguments()))
