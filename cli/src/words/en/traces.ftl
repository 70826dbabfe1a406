# What is said about traces: recording them, and judging them again.

trace-judged = judged again from a trace by rollcall { $version }, group { $group }, at { $at }
trace-cut = the trace was cut in line { $line }: judged by what is there, up to { $at }
trace-skipped = { $count ->
        [one] 1 line of a kind that this rollcall does not know was skipped
       *[other] { $count } lines of kinds that this rollcall does not know were skipped
    }
trace-state = the state that the trace begins with is of another version: what was known before is missing
trace-missed = { $count ->
        [one] 1 line is missing: the recorder was too slow
       *[other] { $count } lines are missing: the recorder was too slow
    }
trace-differs = { $count } of { $all } judgements differ from what was said then; the first at { $at }: { $then } then, { $now } now

recording = recording into { $file }; Ctrl-C ends it
recorded = { $file }: { $length } of { $topics ->
        [one] 1 topic
       *[other] { $topics } topics
    }, { $lines ->
        [one] 1 line
       *[other] { $lines } lines
    }, { $kilobytes } kB; no records are in it

column-gather = GATHER
column-at = AT
column-closed = CLOSED
column-took = TOOK
column-empty = EMPTY
column-client = CLIENT
column-until = UNTIL
column-lasted = LASTED
until-now = now
of-partitions = { $some }/{ $all }
no-verdict-yet = no verdict yet
in-turn = in turn
history-in-turn = in turn: the verdict changed between this one and the one above as often as the number says, within a minute each time.
history-outside = Watched from outside for { $watched }: of the time before nothing is known, and gathers exist only in a rollcall that runs.
