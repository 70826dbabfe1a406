# Names of facts (others are shown by their own name), and where they come from.

fact-p_empty = P(empty)
fact-p_empty_now = P(empty) now
fact-p_empty_then = P(empty) then
fact-gap_count = gaps known
fact-gap_p95 = gap, 95th percentile
fact-gap_longest = longest gap
fact-unacked = not settled
fact-gap_usual = usual gap (by time)
fact-gap_median = median gap
fact-lost_records_at_most = records lost, at most
fact-session_ends_at_the_latest = session ends, at the latest
fact-unowned_in_5_min = unowned in 5 min
fact-open_at_least_for = open for at least
fact-probe_answered_in = probe answered in

SOURCE_UNSPECIFIED = not said
SOURCE_PULSE = pulse
SOURCE_PROBE_HIGH_WATERMARK = probe, read_uncommitted
SOURCE_PROBE_LAST_STABLE = probe, read_committed, asked second
SOURCE_PROBE_LOG_START = probe of the log start
SOURCE_METADATA = metadata
SOURCE_CLIENT_ERROR = client's error
SOURCE_COMMIT = commit answer
SOURCE_AGGREGATOR = aggregator's books
SOURCE_LOG = timestamps in the log
SOURCE_ARRIVAL_MODEL = arrival model
SOURCE_SETTING = setting
SOURCE_GROUP = group description
