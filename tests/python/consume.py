"""Reads a topic with aiokafka as a member of a group, and prints one JSON object per record.

Ends when --records have come or --seconds are over; commits what it read before it leaves the group.
"""

import argparse
import asyncio
import json
import time

from aiokafka import AIOKafkaConsumer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    return parser.parse_args()


def show(record) -> None:
    value = None if record.value is None else record.value.decode()
    print(
        json.dumps(
            {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "value": value,
            }
        )
    )


async def consume(arguments: argparse.Namespace) -> None:
    consumer = AIOKafkaConsumer(
        arguments.topic,
        bootstrap_servers=arguments.bootstrap,
        group_id=arguments.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        end = time.monotonic() + arguments.seconds
        count = 0
        while count < arguments.records and time.monotonic() < end:
            batches = await consumer.getmany(timeout_ms=200, max_records=arguments.records - count)
            for records in batches.values():
                for record in records:
                    show(record)
                    count += 1
        if count > 0:
            await consumer.commit()
    finally:
        await consumer.stop()


asyncio.run(consume(parse_arguments()))
