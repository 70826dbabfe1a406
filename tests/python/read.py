"""A reader of `make bench`: the application that rollcall starts from, one consumer per topic, gathered at once.

Its settings are the application's own; --max-poll-records 0 lifts its limit of records in one call. It says what every
reader of the bench says (tests/src/speed/tally.rs): ready, warm, done, or with --delays how old each record is.
"""

import argparse
import asyncio
import json
import signal
import time

from aiokafka import AIOKafkaConsumer


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topics", required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--max-poll-records", type=int, default=200)
    parser.add_argument("--delays", action="store_true")
    return parser.parse_args()


def consumer_of(topic: str, arguments: argparse.Namespace) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=arguments.bootstrap,
        group_id=arguments.group,
        auto_offset_reset="earliest",
        max_poll_records=arguments.max_poll_records or None,
        fetch_max_wait_ms=500,
        fetch_min_bytes=1,
        max_partition_fetch_bytes=100 << 20,
        fetch_max_bytes=500 << 20,
    )


def say(event: str, **facts) -> None:
    print(json.dumps({"event": event, **facts}, separators=(",", ":")), flush=True)


class Tally:
    def __init__(self, expected: int, delays: bool) -> None:
        self.expected, self.delays = expected, delays
        self.records = self.bytes = 0
        self.warm = None

    def add(self, batches: dict) -> None:
        for records in batches.values():
            for record in records:
                self.bytes += len(record.key or b"") + len(record.value)
                if self.delays:
                    say("delay", ms=(time.time_ns() - int(record.value.split()[0])) / 1e6)
            self.records += len(records)
        if self.warm is None:
            if self.records * 3 >= self.expected:
                say("warm")
                self.warm = (self.records, self.bytes, time.monotonic())
        elif self.is_done():
            records, bytes_, since = self.warm
            say(
                "done",
                records=self.records - records,
                bytes=self.bytes - bytes_,
                seconds=time.monotonic() - since,
            )

    def is_done(self) -> bool:
        return self.records >= self.expected


async def read(arguments: argparse.Namespace) -> None:
    tally = Tally(arguments.records, arguments.delays)
    consumers = [consumer_of(topic, arguments) for topic in arguments.topics.split(",")]
    await asyncio.gather(*(consumer.start() for consumer in consumers))
    say_ready = True
    while not tally.is_done():
        answers = await asyncio.gather(
            *(consumer.getmany(timeout_ms=1000, max_records=None) for consumer in consumers)
        )
        assigned = all(consumer.assignment() for consumer in consumers)
        if say_ready and assigned and not any(answers):
            say("ready")
            say_ready = False
        for batches in answers:
            tally.add(batches)
    signal.pause()


asyncio.run(read(parse_arguments()))
