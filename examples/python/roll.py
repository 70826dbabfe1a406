"""Rollcall for an application that knows aiokafka: `getmany` of several topics at once, `commit` once the work is done."""

from itertools import accumulate, islice, repeat
from typing import NamedTuple, Optional

import grpc
from google.protobuf.duration_pb2 import Duration
from rollcall.v1 import gather_pb2 as wire
from rollcall.v1.gather_pb2_grpc import GatherServiceStub
from rollcall.v1.record_pb2 import RecordIndex
from rollcall.v1.verdict_pb2 import VerdictCode


class Record(NamedTuple):
    partition: int
    offset: int
    timestamp: Optional[int]  # milliseconds since the epoch
    key: Optional[bytes]
    value: Optional[bytes]
    headers: list


class Roll:
    """`topics` of an aggregator, all of its roll without any. `verdicts` says of each why the last call got what it got."""

    def __init__(self, *topics, server="127.0.0.1:7655", client_id="python", token=None):
        self.topics, self.client_id, self.verdicts, self._taken = topics, client_id, {}, []
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        self._channel = grpc.aio.insecure_channel(server, [("grpc.max_receive_message_length", -1)])
        self._service = GatherServiceStub(self._channel)

    async def getmany(self, timeout_ms=1000, max_records=None):
        """Topic to records; what is not committed within 30 s comes again, to whoever asks then."""
        timeout = Duration()
        timeout.FromMilliseconds(timeout_ms)
        request = wire.GatherRequest(topics=self.topics, timeout=timeout, max_records=max_records, client_id=self.client_id)
        records = {}
        async for answer in self._service.Gather(request, metadata=self._metadata):
            if answer.HasField("batch"):
                records.setdefault(answer.batch.topic, []).extend(unpacked(answer.batch.packed))
        for slot in answer.summary.slots:  # the summary comes last
            code = slot.verdict.code  # one that this client does not know is unknown, never healthy
            known = code in VerdictCode.values()
            self.verdicts[slot.topic] = VerdictCode.Name(code).removeprefix("VERDICT_CODE_") if known else "UNKNOWN"
            for at in slot.ranges:
                name = {"topic": slot.topic, "topic_id": slot.topic_id, "partition": at.partition}
                self._taken.append(wire.SettleRange(first_offset=at.first_offset, next_offset=at.next_offset, **name))
        return records

    async def commit(self):
        """Settles what `getmany` returned so far: only then do the fetchers commit it."""
        ranges, self._taken = self._taken, []
        results = (await self._service.Settle(wire.SettleRequest(ranges=ranges), metadata=self._metadata)).results
        refused = [wire.SettleStatus.Name(each.status) for each in results if each.status >= wire.SETTLE_STATUS_REFUSED_RANGE]
        if refused:
            raise RuntimeError(f"not settled, it comes again: {refused}")

    async def close(self):
        await self._channel.close()


def unpacked(batch):
    """The records of a packed batch (record.proto): lengths in the index, all bytes back to back in the body."""
    index, at = RecordIndex.FromString(batch.index), 0
    next_header_length = iter(index.header_lengths)

    def take(length):
        nonlocal at
        at += length
        return batch.body[at - length : at]

    def nullable(length_plus_one):
        return take(length_plus_one - 1) if length_plus_one else None

    offset, stamps = batch.first_offset - 1, accumulate(index.timestamp_deltas_ms)
    columns = (index.offset_gaps or repeat(0), stamps if index.timestamp_deltas_ms else repeat(-1))
    columns += (index.key_lengths or repeat(0), index.value_lengths, index.header_counts or repeat(0))
    for gap, stamp, key_length, value_length, header_count in zip(*columns):
        offset, stamp = offset + gap + 1, (stamp + 2**63) % 2**64 - 2**63
        key, value = nullable(key_length), nullable(value_length)
        lengths = islice(next_header_length, 2 * header_count)
        headers = [(take(name).decode(errors="replace"), nullable(length)) for name, length in zip(lengths, lengths)]
        yield Record(batch.partition, offset, None if stamp == -1 else stamp, key, value, headers)
