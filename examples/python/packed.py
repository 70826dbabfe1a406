"""Packed batches (record.proto): lengths in an index, all bytes back to back in a body. Cheaper than a message for each record."""

from itertools import accumulate, islice, repeat

from rollcall.v1.record_pb2 import RecordIndex


def unpacked(batch):
    """Partition, offset, timestamp, key, value and headers of each record."""
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
        yield batch.partition, offset, None if stamp == -1 else stamp, key, value, headers
