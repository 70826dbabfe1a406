# What stands around tables and verdicts.

newer-verdict = this rollcall is older than the aggregator and does not know this verdict; see -o json
nothing = nothing
never = never
unknown = unknown
ago = { $length } ago

demo = DEMO (embedded broker, made-up records)

last-gather = gather { $id }, { $age } ago, { $close } { $timeout }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    } to { $client }
    .short = gather { $id }, { $age } ago, { $close } { $timeout }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    }
no-gather-yet = no gather yet
this-gather = gather { $id }, { $close } { $timeout }, took { $took }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    } of { $topics ->
        [one] { $topics } topic
       *[other] { $topics } topics
    }
group = group { $group }
group-unknown = group not known yet
empty-roll = the roll is empty: the aggregator expects no topic

faults = { $count ->
        [one] { $count } fault
       *[other] { $count } faults
    }
warnings = { $count ->
        [one] { $count } warning
       *[other] { $count } warnings
    }
notes = { $count ->
        [one] { $count } note
       *[other] { $count } notes
    }
unknowns = { $count } unknown
oks = { $count } ok
unconfirmed = { $count } not confirmed yet (…)

next = Next: { $command }
exit = (exit { $code })
partitions = { $some } of { $all } partitions
more-partitions = and { $count ->
        [one] { $count } more partition
       *[other] { $count } more partitions
    }: { $verdicts }
since = since { $time } ({ $length })
rhythm = one record per { $gap }, longest gap { $longest }
buffered = buffered { $used } of { $budget }
counters = since the start: { $counters }
ghost = fetcher { $client } at { $host }; the group keeps its partitions for it until { $end } at the latest
    .bare = fetcher { $client } at { $host }
outcome-holds = holds
outcome-failed = fails
outcome-unknown = unknown
whole-topic = the topic
has-verdict = its verdict is { $verdict }
no-rule = the aggregator that was asked has no rule for { $verdict }
severity-at-once = { $severity }
severity-after = { $severity } after { $length }
severity-frozen = { $severity } once the position counts as frozen (10 s or more)
becomes = { $severity } at { $time }, if it goes on

demo-title = DEMO (embedded broker, made-up records): gRPC { $grpc }, admin http://{ $admin }
demo-starting = starting: the first gather takes a second
demo-try = In a second terminal:
demo-ends = { $left ->
        [never] Ctrl-C ends it.
       *[other] Ctrl-C ends it, else it ends in { $left }.
    }
up-title = rollcall { $version }: gRPC { $grpc }, admin http://{ $admin }
up-joined = joined group { $group } with a fetcher for { $count ->
        [one] 1 topic
       *[other] { $count } topics
    }; nothing is settled until a client acks; Ctrl-C stops
up-look = looking at group { $group } on { $bootstrap }
up-stopping = stopping: what is acked is committed, the group is left
up-stopped = stopped; committed were only the offsets to start from and what a client had acked
