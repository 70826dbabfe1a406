"""Produces one record with aiokafka, with the timestamp that it is told: librdkafka cannot write 0."""

import argparse
import asyncio

from aiokafka import AIOKafkaProducer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partition", type=int, required=True)
    parser.add_argument("--value", required=True)
    parser.add_argument("--timestamp-ms", type=int, required=True)
    return parser.parse_args()


async def produce(arguments: argparse.Namespace) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=arguments.bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(
            arguments.topic,
            arguments.value.encode(),
            partition=arguments.partition,
            timestamp_ms=arguments.timestamp_ms,
        )
    finally:
        await producer.stop()


asyncio.run(produce(parse_arguments()))
