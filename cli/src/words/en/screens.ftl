# What stands around tables and verdicts.

newer-verdict = this rollcall is older than the aggregator and does not know this verdict; see -o json
nothing = nothing
yes = yes
no = no
never = never
unknown = unknown
ago = { $length } ago

# What stands between the things of a list, the clauses of a sentence, and sentences.
between-things = { ", " }
between-clauses = { "; " }
between-sentences = { " " }

# Labels at the left of a paragraph.
label-rule = rule
label-holds = holds
label-becomes = becomes
label-lost = lost
label-ruled-out = ruled out
label-also = also
label-gone = gone
label-standby = standby
label-do = do
label-meaning = meaning
label-severity = severity
label-known = known by
label-confirmed = confirmed
label-outside = outside
label-outside-rule = its rule
label-reproduce = reproduce
reproduce-beside = Beside `make playground`, in a second terminal:

# Heads of columns, where they are rollcall's own and not those of Kafka's tools.
column-topic = TOPIC
column-verdict = VERDICT
column-got = GOT
column-backlog = BACKLOG
column-unacked = UNACKED
column-last-record = LAST RECORD
column-partitions = PARTITIONS
column-since = SINCE
column-median-gap = MEDIAN GAP
column-p-empty = P(EMPTY)
column-fetchers = FETCHERS
column-in-short = IN SHORT
column-fact = fact
column-whole = topic
column-source = source
column-age = age
column-condition = condition

# One of several.
fact-phrase = { $name } { $value } (P{ $partition })
    .bare = { $name } { $value }
fact-line = { $phrase } ({ $source }, { $age })
    .bare = { $phrase } ({ $source })
lost-range = P{ $partition } offsets { $first } to { $last } ({ $count })
ruled-out-one = { $code }: { $because }.
    .bare = { $code }.
also-one = { $severity } { $code }: { $sentence }.
topic-says = { $topic }: { $sentence }. do: { $advice }
    .bare = { $topic }: { $sentence }.
topic-ghost = { $topic }: { $says }
fetcher-gone = { $fetcher } (gone)
fetcher-standby = { $fetcher } (standby)
was = (was { $verdict })

demo = DEMO (embedded broker, made-up records)

last-gather = gather { $id }, { $age } ago, { $close } { $timeout }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    } to { $client }
    .short = gather { $id }, { $age } ago, { $close } { $timeout }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    }
    .shorter = last gather { $age } ago, { $close } { $timeout }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    } to { $client }
    .bare = last gather { $age } ago, { $close } { $timeout }: { $records ->
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
    .bare = gather, { $close } { $timeout }, took { $took }: { $records ->
        [one] { $records } record
       *[other] { $records } records
    } of { $topics ->
        [one] { $topics } topic
       *[other] { $topics } topics
    }
over-lanes = { $lanes } lanes
one-lane = lane { $lane } of { $lanes } alone
lane-away = one that was asked does not answer: { $why }
lane-said = { $server } is lane { $lane } of { $lanes }
lanes-disagree = those that were asked disagree on the number of lanes ({ $said }); restart the ones that have the wrong one
lane-twice = more than one says that it is lane { $lane } of { $lanes }: { $servers }; stop all but one, or give the others their own number
lane-missing = { $count ->
        [one] lane { $missing } of { $lanes } is
       *[other] lanes { $missing } of { $lanes } are
    } missing: those that answered are others ({ $servers }); what follows leaves it out
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
tally = { $counts }.

next = Next: { $command }
exit = (exit { $code })
partitions = { $some } of { $all } partitions
more-partitions = and { $count ->
        [one] { $count } more partition
       *[other] { $count } more partitions
    }: { $verdicts }
since = since { $time } ({ $length })
rhythm = one record per { $gap }, longest gap { $longest }
timestamps-missing = its records have no timestamp that can be used, so the rhythm is that of their coming
timestamps-ahead = timestamps lie { $length } in the future of this clock, so the rhythm is that of the records' coming
timestamps-behind = timestamps are { $length } old when records come, so the rhythm is that of their coming
buffered = buffered { $used } of { $budget }
counters = since the start: { $counters }
standby = fetcher { $client } at { $host } waits for { $count ->
    [one] one partition
   *[other] { $count } partitions
} that another one holds
ghost = fetcher { $client } at { $host }; the group keeps its partitions for it until { $end } at the latest
    .bare = fetcher { $client } at { $host }
outcome-holds = holds
outcome-failed = fails
outcome-unknown = unknown
whole-topic = the topic
has-verdict = { $partitions }: its verdict is { $verdict }
no-rule = the aggregator that was asked has no rule for { $verdict }
confirmed-at-once = at once
confirmed-after = after { $length }
confirmed-transaction = after the brokers' transaction.max.timeout.ms (15 min if unknown) + 10 s
confirmed-frozen = once the position counts as frozen (10 s or more)
confirmed-commit-due = once the commit is overdue (2 min while it is not known how often it comes)
severity-at-once = { $severity }
severity-after = { $severity } after { $length }
severity-transaction = { $severity } after the brokers' transaction.max.timeout.ms (15 min if unknown) + 10 s
severity-as-it-says = { $severity } where its condition says so
severity-frozen = { $severity } once the position counts as frozen (10 s or more)
severity-commit-due = { $severity } once the commit is overdue (2 min while it is not known how often it comes)
becomes = { $severity } at { $time }, if it goes on

gathering = gathering for at most { $timeout }; Ctrl-C ends it
aggregator-is-back = the aggregator is back
stream-ended = the aggregator ended the stream
last-picture = trying again, this is the last picture: { $why }
trying-again = { $why }; trying again

demo-offsets = DEMO: the offsets are those of the embedded broker
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
up-look-waits = no answer from { $bootstrap } yet, after { $waited }
up-look = looking at group { $group } on { $bootstrap }
up-stopping = stopping: what is acked is committed, the group is left
up-stopped = stopped; committed were only the offsets to start from and what a client had acked

# The catalog as a document.
labelled = { $label }: { $text }
catalog-title = Verdicts
catalog-intro = Every verdict of rollcall, in the order in which they are tried: the first that holds is the verdict, the others are told beside it. Of a topic's partitions the worst speaks. A verdict that is not confirmed yet ends in … and never makes an exit code 1.
catalog-letters = In the rules N is the next offset to fetch, A the offset up to which records were handed over, C the committed offset, H the high watermark, S the last stable offset, L the log start, E the consumer's end (S with read_committed, else H), T the gather's timeout and W fetch.wait.max.ms.
catalog-playground = To reproduce a verdict, run `make playground` in one terminal: a real Kafka at 127.0.0.1:9092 with `rollcall up` beside it, reading ORDERS and PRICES. The lines go into a fresh second terminal in the project's directory, with the PATH that the first one prints. On a Kafka of your own they do the same, where its settings allow it; the playground misses dead members of KIP-848 groups after 6 s, an ordinary Kafka after 45 s; those of classic groups say themselves after how long (45 s by default).
catalog-generated = This page is generated by `make verdicts-doc` from what `rollcall verdicts CODE` prints. `make reproduce` follows every recipe as it stands; [REPRODUCED.md](REPRODUCED.md) says what came of each the last time.
lag-nothing = no partition is known yet; is a fetcher connected? see `rollcall status`
