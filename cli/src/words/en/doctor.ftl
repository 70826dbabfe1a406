# What `rollcall doctor` says: a group that other software runs, seen from outside.

column-lag = LAG
column-readable = READABLE
column-group = GROUP
column-worst = WORST
column-state = STATE
column-members = MEMBERS
column-topics = TOPICS
column-silent = SILENT
column-partition = PARTITION
column-committed = COMMITTED
column-end = END
column-lag-time = LAG TIME
column-owner = OWNER

doctor-head = { $group }: { $parts }; { $watched }
doctor-watched = watched { $length }
doctor-members = { $count ->
        [one] 1 member
       *[other] { $count } members
    }
doctor-topics = { $count ->
        [one] 1 topic
       *[other] { $count } topics
    }
doctor-partitions = { $count ->
        [one] 1 partition
       *[other] { $count } partitions
    }
doctor-state-unknown = state not known yet
doctor-state-refused = state unknown
doctor-state-dead = no such group (Dead)
doctor-state-empty = Empty (nobody is in it)
doctor-not-described = The group could not be described: { $failure }
doctor-no-commits = The group has committed nothing: there is no lag to speak of, and no place from which it reads.
group-not-there-near = NO_GROUP: group { $group } is not on the cluster; did you mean { $names }?
group-not-there-alone = NO_GROUP: group { $group } is not on the cluster
group-not-there = NO_GROUP: group { $group } is not on the cluster; it shows { $count } groups to this client
doctor-missing-right = No right: { $operation } on { $resource } { $name }. What rests on it is unknown here, the rest holds.
doctor-history-unread = No record of the history was read of { $topics }{ $more ->
        [0] {""}
       *[other] {" "}and { $more } more
    }: the 32 MiB that may be read of all topics in half an hour are used up. What is known of their rhythm is from watching.
doctor-backlog-unread = What waits to be read was not looked at in { $topics }{ $more ->
        [0] {""}
       *[other] {" "}and { $more } more
    }: the 32 MiB that may be read of it in half an hour are used up. How old it is, and whether it can be read, is unknown.
doctor-groups-left-out = { $count ->
        [one] 1 group was
       *[other] { $count } groups were
    } not looked at: there is room for 1,000. -g GROUP or --group-regex chooses.
doctor-more-topics = and { $count ->
        [one] 1 more topic
       *[other] { $count } more topics
    }: { $verdicts }
doctor-more-paragraphs = and { $count ->
        [one] 1 more topic that is not ok; -t TOPIC shows it
       *[other] { $count } more topics that are not ok; -t TOPIC shows one
    }
doctor-more-groups = and { $count ->
        [one] 1 more group; -g GROUP shows it
       *[other] { $count } more groups; -g GROUP shows one
    }
doctor-unconfirmed = Not confirmed yet.
doctor-topic-says = { $topic }: { $says }
doctor-do = do: { $advice }
doctor-sentence = { $sentence }.
doctor-owner = { $client } at { $host }
doctor-owners = Owner { $owners }{ $more ->
        [0] {""}
       *[other] {" "}and { $more } more
    }, still a member.

doctor-silent = { $silent } of { $total } silent: { $parts }.
    .bare = None of { $total } is silent.
doctor-no-topic = No topic to judge: the group has no commits and its members own nothing; -t TOPIC judges one all the same.
doctor-faults = { $count ->
        [one] 1 fault in this group
       *[other] { $count } faults in this group
    }
doctor-warnings = { $count ->
        [one] 1 warning in this group
       *[other] { $count } warnings in this group
    }
doctor-producers = { $count } for the producers' owners
doctor-cluster = { $count } for the cluster's operators
doctor-undecided = { $count } that may still become a fault
doctor-normal = { $count } normal
doctor-groups = { $count ->
        [one] 1 group
       *[other] { $count } groups
    }: { $tally }

doctor-groups-so-far = { $count } of { $all } groups so far: { $tally }

doctor-deeds = Joined no group, committed nothing, read { $bytes }.
doctor-deeds-nothing = Joined no group, committed nothing, read nothing.
doctor-deeds-forbidden = Joined no group, committed nothing, read nothing (--no-read).
doctor-rhythm = one record per { $gap }, longest gap { $longest } ({ $gaps ->
        [one] 1 gap
       *[other] { $gaps } gaps
    }; { $source })
doctor-rhythm-unknown = rhythm not known
doctor-unseen = Not to be seen from outside: what is fetched and not yet processed, pauses, the client's own errors, its
    settings (tell them with --app), and whether a member polls.
doctor-commit-times = When the group committed cannot be asked for from here either; Kafka's own tool shows it (commitTimestamp):
    .command = kafka-console-consumer.sh --bootstrap-server { $bootstrap } --topic __consumer_offsets --from-beginning --formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter --timeout-ms 10000
doctor-progress = { $settled } of { $total } verdicts confirmed, watched { $watched } of { $limit }
doctor-progress-endless = { $settled } of { $total } verdicts confirmed, watched { $watched }
doctor-progress-none-endless = looking at { $bootstrap } for { $watched }
doctor-progress-none = looking at { $bootstrap }, { $watched } of { $limit }
doctor-no-group = No group that was asked for was seen on { $bootstrap }: there is none, or no broker has answered yet (a longer --for waits for it).
doctor-idle = { $names }: understood, and bears on no verdict yet
doctor-nobody = None of the { $count ->
        [one] 1 group
       *[other] { $count } groups
    } that { $bootstrap } shows to this client has to do with what was asked for.
doctor-no-match = no group of { $count } matches { $regex }
doctor-left-out = { $names }: says nothing to who looks from outside, left out

outside-STUCK_WITH_LAG = { $readable_total ->
        [one] 1 record waits
       *[other] { $readable_total } records wait
    }, the oldest for { $oldest_unread }; the commit has not moved for { $position_unchanged_for }{ $commit_interval_known ->
        [no] , and how often it commits is not known
       *[other] {""}
    }
    .short = { $readable_total ->
        [one] 1 record waits
       *[other] { $readable_total } records wait
    }; the commit has not moved for { $position_unchanged_for }{ $commit_interval_known ->
        [no] , and how often it commits is not known
       *[other] {""}
    }
    .shorter = { $readable_total ->
        [one] 1 record waits
       *[other] { $readable_total } records wait
    } and the commit does not move
    .bare = records wait and the commit does not move
    .hidden = From outside, paused, blocked and failing look alike.
    .known = Records wait behind the group's commit, which has not moved for as long as it takes to call it frozen, by probes that agree; and nothing else explains it. It is a note until it is known how often the group commits, or for two minutes.
outside-PRODUCER_SLOWER_THAN_TIMEOUT = one record per { $gap_usual }, so a call of { $timeout } is empty { $p_empty } of the time
    .bare = written more rarely than a call waits
    .known = The topic's usual gap against the timeout of the application's calls, where that was told (--app timeout_ms=…).
outside-TOPIC_EMPTY = { $never_written ->
        [yes] never written (log start = end = 0)
       *[other] every record was purged (log start = end)
    }
    .bare = the log holds no record
outside-AUTHORIZATION_DENIED = without the right { $missing_right } the group cannot be judged
    .bare = a right is missing without which the group cannot be judged
    .known = The brokers refuse this client what it has to ask. That it may not look says nothing about the group.
outside-NO_COORDINATOR = the group's coordinator does not answer: { $group_failure }
    .bare = the group's coordinator does not answer
    .known = Neither the group's description nor its commits are answered for, while the partitions' leaders answer. A coordinator that moves while a broker restarts in order is a note; one that stays away is a fault.
outside-REBALANCING = the group has been sharing out its partitions for { $group_state_for }
    .bare = the group is sharing out its partitions
    .known = The coordinator describes the group as in motion, and no member owns the partition. It becomes a fault after 60 s.
outside-PARTITION_UNOWNED = the group reads the topic, and no member of it owns this partition
    .known = The coordinator describes the group as stable; members own other partitions of the topic, and none owns this one.
outside-TOPIC_RECREATED = the topic was deleted and created again while it was watched: the group's commits may be those of the old one
    .known = Kafka's topic id changed while the group was watched.
outside-BROKER_NOT_ANSWERING = the partition's leader is connected, and questions about the partition run out of time
    .known = The leader is named and connected, and what is asked about the partition runs out of time.
outside-OFFSET_OUT_OF_RANGE = the commit lies before the log's start: { $lost_records_at_most ->
        [one] at most 1 record was
       *[other] at most { $lost_records_at_most } records were
    } gone before being read
    .short = the commit lies { $beyond_end_by } beyond the log's end
    .bare = the commit lies outside the log
    .known = The group's commit, read after the log's start, lies before it; or an earlier commit lies beyond the end, twice. Where a member reads, what is gone may have been read and not committed yet: it is a note until that commit is overdue.
outside-START_OFFSET_UNKNOWN = the group has had no commit here for { $no_commit_for }{ $written_meanwhile ->
        [yes] , though records came
       *[other] {""}
    }
    .bare = the group has no commit here, though the log holds records
    .known = The log holds records and the coordinator has no commit of the partition. It is a warning once records came since and the first commit is overdue; a client that begins at the end commits nothing before its first record.
outside-RECORD_TOO_LARGE = the commit does not move, and the record at offset { $record_offset } is too large to be read as usual
    .bare = the commit does not move, and the next record is too large to be read as usual
    .known = The commit does not move, and to read on from it, as any consumer would, fails for the size of a record.
outside-UNDECODABLE_BATCH = the commit does not move, and the batch behind it cannot be read: { $error }
    .bare = the commit does not move, and the batch behind it cannot be read
    .known = The commit does not move, and to read on from it, as any consumer would, fails to decode a batch.
outside-OPEN_TRANSACTION = a transaction open since { $open_since } ({ $open_for }) hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was committed
    .short = a transaction open for { $open_at_least_for } or longer hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was committed
    .shorter = an open transaction hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was committed
    .bare = an open transaction hides records; everything before was committed
    .known = The last stable offset is below the high watermark, and the commit is at it, or nothing between the two is for a reader. It is open since the timestamp of the record at the last stable offset, where that may be read.
outside-NO_VISIBLE_RECORDS = what is not committed yet holds no record for a reader
    .known = All between the commit and the end was read, and held control records, aborted transactions, or what compaction left.
outside-CAUGHT_UP = everything was committed; silent for { $silence }
    .bare = everything was committed
    .known = The group's commit is at the end of every partition, or was so lately that what is there came since.
outside-UNDETERMINED = not confirmed yet: it may be { $suspected }, known in { $confirmed_in }
    .short = evidence is missing: { $missing_evidence }
    .bare = the evidence is too old or missing
    .known = What was asked of the brokers has not been answered, or not lately; or what it points to does not hold long enough yet.
outside-RETENTION_NEAR = the oldest record that is not committed expires in { $expires_in }
    .bare = the oldest record that is not committed is about to expire
    .known = retention.ms of the topic, and the timestamp of the record at the commit: less than a tenth of the retention is left.

outside-ADVICE_CODE_RAISE_TIMEOUT = or timeout_ms={ $timeout_millis } for { $p_empty_then } empty
    .bare = or call with a longer timeout
outside-ADVICE_CODE_RAISE_MAX_RECORDS = raise max_poll_records, or call more often
outside-ADVICE_CODE_LOOK_AT_FETCHER = look at the application's log
outside-ADVICE_CODE_LOOK_AT_OWNER = look into that process
outside-ADVICE_CODE_GATHER = start the application, or look at it
outside-ADVICE_CODE_CHECK_TOPIC_NAME-NO_GROUP = check the group's name and the cluster
outside-ADVICE_CODE_TAKE_FASTER = read faster: the lag grows by { $rate } records/s
    .bare = read faster, or share the work among more members
outside-ADVICE_CODE_RAISE_MAX_BYTES = raise the application's fetch limits
outside-ADVICE_CODE_RAISE_MAX_RECORD_BYTES = raise the application's fetch limits (max.partition.fetch.bytes, fetch.max.bytes), or set its offset behind the record
outside-ADVICE_CODE_ACCEPT_LOSS = decide whether what was lost matters: the application goes on by its auto.offset.reset

outside-SOURCE_AGGREGATOR = worked out here
outside-view = { $known } Severity: { $severity }. Confirmed { $confirmed }.
outside-never = Never said of a group that other software runs.
