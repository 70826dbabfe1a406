"""Rollcall for an application that knows aiokafka: `getmany` of several topics at once, `commit` once the work is done."""

from typing import NamedTuple, Optional

import grpc
from google.protobuf.duration_pb2 import Duration
from packed import unpacked
from rollcall.v1 import gather_pb2 as wire
from rollcall.v1.gather_pb2_grpc import GatherServiceStub
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

    def __init__(self, *topics, server="127.0.0.1:7655", client_id="python", token=None, packed=False):
        self.topics, self.client_id, self.verdicts, self._taken = topics, client_id, {}, []
        self._encoding = wire.ENCODING_PACKED if packed else wire.ENCODING_RECORDS
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        self._channel = grpc.aio.insecure_channel(server, [("grpc.max_receive_message_length", -1)])
        self._service = GatherServiceStub(self._channel)

    async def getmany(self, timeout_ms=1000, max_records=None):
        """Topic to records; what is not committed within 30 s comes again, to whoever asks then."""
        timeout, records = Duration(), {}
        timeout.FromMilliseconds(timeout_ms)
        asked = {"topics": self.topics, "timeout": timeout, "max_records": max_records, "client_id": self.client_id}
        async for answer in self._service.Gather(wire.GatherRequest(encoding=self._encoding, **asked), metadata=self._metadata):
            if answer.HasField("batch"):
                batch = unpacked(answer.batch.packed) if answer.batch.HasField("packed") else plain(answer.batch.plain)
                records.setdefault(answer.batch.topic, []).extend(Record(*record) for record in batch)
        for slot in answer.summary.slots:  # the summary comes last
            code = slot.verdict.code  # one that this client does not know is unknown, never healthy
            known = code in VerdictCode.values()
            self.verdicts[slot.topic] = VerdictCode.Name(code).removeprefix("VERDICT_CODE_") if known else "UNKNOWN"
            for at in slot.ranges:
                name = {"topic": slot.topic, "topic_id": slot.topic_id, "partition": at.partition, "lease_id": answer.summary.lease_id}
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


def plain(batch):
    """The records of a batch that has a message for each; what is absent is None."""
    for record in batch.records:
        timestamp, key, value = (getattr(record, name) if record.HasField(name) else None for name in ("timestamp_ms", "key", "value"))
        headers = [(header.name, header.value if header.HasField("value") else None) for header in record.headers]
        yield batch.partition, record.offset, timestamp, key, value, headers
