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
    }, the oldest for { $oldest_unread }; the commit has not moved for { $position_unchanged_for }
    .short = { $readable_total ->
        [one] 1 record waits
       *[other] { $readable_total } records wait
    }; the commit has not moved for { $position_unchanged_for }
    .shorter = { $readable_total ->
        [one] 1 record waits
       *[other] { $readable_total } records wait
    } and the commit does not move
    .bare = records wait and the commit does not move
    .hidden = From outside, paused, blocked and failing look alike.
outside-PRODUCER_SLOWER_THAN_TIMEOUT = one record per { $gap_usual }, so a call of { $timeout } is empty { $p_empty } of the time
    .bare = written more rarely than a call waits
outside-TOPIC_EMPTY = { $never_written ->
        [yes] never written (log start = end = 0)
       *[other] every record was purged (log start = end)
    }
    .bare = the log holds no record

outside-ADVICE_CODE_RAISE_TIMEOUT = or timeout_ms={ $timeout_millis } for { $p_empty_then } empty
    .bare = or call with a longer timeout
outside-ADVICE_CODE_RAISE_MAX_RECORDS = raise max_poll_records, or call more often
outside-ADVICE_CODE_LOOK_AT_FETCHER = look at the application's log
outside-ADVICE_CODE_LOOK_AT_OWNER = look into that process
