# Verdicts. The message is the sentence of a screen; .short and .bare are its forms when facts are missing.
# .meaning, .known and .todo are the catalog's (`rollcall verdicts CODE`).

FETCHER_UNREACHABLE = no pulse from a fetcher of this topic for { $pulse_age }
    .bare = no fetcher feeds this topic
    .meaning = No fetcher feeds the topic, or its pulse has stopped. Nothing can be said about the topic itself: silence is not health.
    .known = There is no open feed for the topic, or none of its feeds has sent a pulse for 3 intervals (3 s), and no fetcher is refused because of its number of lanes. In the first 10 s of an aggregator the verdict is UNDETERMINED instead: fetchers may still be on their way.
    .todo = Start the fetcher, or look at its log: is it running, does it reach the aggregator, is the topic's name right on both sides? Nothing is lost: the group's commits stay where the acks ended.

LANES_DISAGREE = the fetcher counts { $lanes_of_the_fetcher } lanes, this aggregator { $lanes }
    .bare = fetcher and aggregator count different lanes
    .meaning = Fetchers and aggregators share the partitions out by lanes: partition modulo lanes. They disagree on how many there are, so the aggregator refuses the feed: partitions would reach the wrong one, or none.
    .known = The number of lanes that the fetcher says whenever it opens a feed is not the aggregator's own, for 60 s, and nobody else claims the partition. While a change of the number goes round, the verdict is UNDETERMINED.
    .todo = Give fetchers and aggregators the same number of lanes (ROLLCALL_LANES, and as many addresses in the fetchers' ROLLCALL_AGGREGATOR), and restart those that have the old one. What comes meanwhile waits in Kafka.

NOT_IN_THIS_LANE = none of the topic's partitions is this lane's: ask lane { $in_lanes }
    .bare = none of the topic's partitions is this lane's
    .meaning = This aggregator is one of several lanes, and none of the topic's partitions belongs to it. Their records are gathered from the other lanes.
    .known = The number of partitions in the metadata, as a fetcher of the topic tells it: partition p is in lane p modulo the number of lanes.
    .todo = Nothing. Ask the lanes that have it, or all of them at once: rollcall merges their answers. A gather does not wait for such a topic.
    .reproduce = Both topics of the playground have one partition, which is lane 0's.

CONSUMER_FATAL = the Kafka client gave up for good: { $error }
    .bare = the Kafka client gave up for good
    .meaning = librdkafka reported a fatal error that no other verdict names, for example a fenced member. Such a client never works again; the fetcher drops its claims and builds a new one.
    .known = The error that the client reported, as the fetcher passes it on, until a new client makes progress.
    .todo = Read the error in the facts. If it comes back with every new client, something outside fights for the same identity: another process with the same settings, or a broker that refuses the protocol.
    .reproduce = A group of the playground may have three members (group.consumer.max.size of its brokers), and the first rollcall is all three. librdkafka gives up for good when it is refused as the fourth; the fetcher tries again with new clients.

AUTHENTICATION_FAILED = the brokers refuse this client's credentials: { $error }
    .bare = the brokers refuse this client's credentials
    .meaning = SASL or TLS rejected the client. It does not read, and falls silent about it after a second or two; rollcall remembers.
    .known = The client's authentication or TLS error, remembered until a connection succeeds.
    .todo = Compare security.protocol, sasl.mechanisms, user, password and CA with what the listener wants. A fetch that succeeds clears the verdict by itself.
    .reproduce = Port 9093 of the playground wants SASL; --join, since the group cannot be looked at first.

PROTOCOL_MISMATCH = the brokers hang up without a word: { $error }
    .bare = the brokers hang up without a word
    .meaning = The client connects, and the broker closes the connection at once. That is what a listener does that wants TLS or SASL when it is spoken to in plain text. There is no error that says so; a broker that is dead refuses the connection instead.
    .known = No connection is up, and the last thing that the client's log says is that a peer hung up within 100 ms; no refused connection since.
    .todo = Compare security.protocol with the listener that bootstrap.servers names: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.

GROUP_PROTOCOL_MISMATCH = the group refuses this client: { $error }
    .bare = the group refuses this client
    .meaning = Another member of the group speaks another rebalance protocol, or another assignor, than rollcall's fetcher. Whoever comes second is refused, and only it is told. Or the fetcher joins no group (membership fixed) and the group has members: it would take no commits from outside.
    .known = The client's error from joining the group, remembered until it is a member; for a fetcher that joins none, a description of the group, asked for every 2 s until it has no members.
    .todo = Stop the other members, or give rollcall a group of its own. The old consumer of a group can come back later, with the same group id.

AUTHORIZATION_DENIED = a right on the { $denied_on } is missing: { $error }
    .short = a right on the { $denied_on } is missing
    .bare = a right on the topic or the group is missing
    .meaning = The credentials are good, but the client may not read the topic or may not use the group. Records may well be waiting.
    .known = The client's authorization error, which names the topic or the group, remembered until a fetch with the same credentials succeeds.
    .todo = Grant READ and DESCRIBE on the topic, and READ on the group, to the user of the fetcher. It is noticed within seconds of being granted.
    .reproduce = The user alice of the playground has no rights until they are given with kafka-acls.sh.

TOPIC_MISSING = the cluster has no topic of this name
    .meaning = The cluster's metadata does not have the topic: never created, deleted, or the name is wrong, or the right to see it is missing.
    .known = Two metadata answers in a row, at least 1 s apart, without the topic. It does not wait for an error of the client: for a topic that is deleted under way there is none.
    .todo = Check the name with its owner, letter by letter. If the topic is to be created, create it: reading starts by itself within seconds.

TOPIC_RECREATED = the topic was deleted and created again under the same name
    .meaning = The topic has another id than when reading began: it is another log under the same name. Going on at the old offset would skip its first records without a word, so reading starts anew.
    .known = Kafka's topic id differs from the one at assignment. Offsets alone cannot show it.
    .todo = Nothing for the new topic. If the old records mattered, they went with the old topic: ask who deleted it.

CLUSTER_UNREACHABLE = no broker answers at { $bootstrap }
    .bare = no broker answers
    .meaning = The fetcher reaches no broker of the cluster. The group may still say that it is steady and assigned; that is an old picture.
    .known = No connection of the client is up and the probe fails too, on connections of its own.
    .todo = Check the brokers, the network and bootstrap.servers from the fetcher's machine. Reading goes on by itself, a few seconds after the cluster is back.

POLL_INTERVAL_EXCEEDED = the client has not been polled for { $polled_ago } and has left its group
    .bare = the client was not polled for too long and has left its group
    .meaning = A member that is not polled for max.poll.interval.ms leaves the group, and its partitions go to others. Nothing is lost: what was not committed is read again.
    .known = The client says so, and has no partitions since; or the fetcher's own clock of its polling thread.
    .todo = Look at the fetcher's machine: a process that was stopped, or got no CPU, polls nothing. It joins again by itself.
    .reproduce = The thread that polls is held as a debugger holds it, and goes on when python3 ends. It needs Linux, python3, and the right to trace another process: root, or kernel.yama.ptrace_scope=0. A process that is stopped as a whole sends no pulse either, and is FETCHER_UNREACHABLE.

NO_COORDINATOR = the group has no coordinator
    .meaning = The broker that runs the group does not answer, so the group cannot form and commits wait. A member that is steady keeps reading, and so does a fetcher that joins no group and holds the partition; then it is said beside its verdict.
    .known = The client's own group state has been looking for a coordinator for 10 s.
    .todo = Look at the brokers: the one that leads the group's partition of __consumer_offsets is down or hung.
    .reproduce = Node 1 coordinates all groups of the playground; it is frozen while the topic is on node 2.

REBALANCING = the group has been sharing out its partitions for { $rebalancing_for }
    .bare = the group is sharing out its partitions
    .meaning = The partition has no owner while the group moves partitions between its members. It ends by itself, usually within a second or two.
    .known = The partition is not assigned and a round of the group is in motion. It becomes a fault when a partition is without owner for more than 60 s in 5 minutes: then members come and go too often, or one of them died.
    .todo = Wait. If it does not end: look for a member that joins and leaves again and again, or for one that was killed and whose session still runs.
    .reproduce = A member that owns both partitions is frozen, so that the round in which it has to give one up does not end. It shows until the group misses that member.

PARTITION_UNOWNED = the group has given the partition to nobody for { $unowned_for }
    .short = no fetcher has taken the partition for { $in_no_shard_for }: their shards ({ $shards }) leave it out
    .bare = the partition is nobody's
    .meaning = The partition exists, the group is steady, and no member has it. New partitions look like this until the members' metadata is refreshed; with start policy latest their first records would be skipped. Or the fetchers join no group (membership fixed), and the partition is in the shard of none that is there.
    .known = The metadata has the partition, and a description of the group names no owner of it; or no fetcher has claimed it, and by what they said of their shards none will.
    .todo = Wait half a minute: the fetcher refreshes its metadata that often. If it stays, look at the fetcher's log, and at other members with old metadata. Where fetchers have shards: start the one that is missing, and give all of them the same number of shards.
    .reproduce = In a classic group the leader assigns a new partition only after it has refreshed its metadata; here that takes five minutes.

NO_MEMBER = the group has no member
    .meaning = Nobody is in the group: the application is not running, or cannot join. Where records wait, nobody reads them. Only said of a group that other software runs.
    .known = The group's coordinator describes it as empty. It is a note while nothing waits for the group, and a fault after 5 s where records do.
    .todo = Start the application, or find out why it left: it may have crashed, been scaled to zero, or been thrown out for not polling in time.

NO_GROUP = there is no such group, and nothing was ever committed for it
    .meaning = The cluster knows no group of this name: the name is wrong, it is another cluster, or the group's commits have expired. Nothing can be said about a reader that does not exist.
    .known = The coordinator calls the group dead and has no commit of it, for any topic.
    .todo = Check the group's name and the cluster: list the groups with `kafka-consumer-groups.sh --list`. A group that begins now appears by itself.

NOT_SUBSCRIBED = the group's members read other topics, none of them this one
    .meaning = The group is stable and has members, but none of them owns a partition of the topic: old commits are left of an application that read it once, or the topic was added by name.
    .known = The coordinator's description of the group: no member's assignment names the topic.
    .todo = Nothing, if the topic is no longer meant to be read; its old commits expire by themselves. Else check the application's list of topics.

OWNER_ELSEWHERE = another member of the group reads this: { $owner_client_id } at { $owner_host }
    .bare = another member of the group reads this
    .meaning = The group gave the partition to a member that is no fetcher of rollcall, and that member reads it. Its records go there.
    .known = The group is steady, the description of the group names the owner, and its commits move or stand at the end.
    .todo = If that member is the application you came from, stop it and its partitions come here; or give rollcall a group of its own.

OWNER_SILENT = another member of the group holds this and does not read: { $owner_client_id } at { $owner_host }
    .bare = another member of the group holds this and does not read
    .meaning = The group gave the partition to a member that is no fetcher of rollcall, and that member does not read it: records wait. It may be stuck, or dead with a session that still runs.
    .known = The group is steady, the description of the group names the owner, and its commit has been frozen below the end for at least 10 s.
    .todo = Look into that process; when it is gone, the group gives its partitions away after its session timeout.

BROKER_DOWN = the partition's leader { $last_leader } has been down for { $leader_down_for }
    .short = the partition's leader { $last_leader } is down
    .bare = the partition's leader is down
    .meaning = The broker that leads the partition cannot be reached, and no other has taken over. Other partitions are not affected.
    .known = A fetch is wanted, the connection to the leader is down, and a probe of this very partition fails as well. An ordinary failover takes about 10 s, so it is a note until then.
    .todo = Look at that broker. If the topic has one replica, its records come back with the broker; nothing else helps.
    .reproduce = This kills node 2 of the playground; begin a new one afterwards.

LEADER_UNAVAILABLE = the partition has no leader; the last one was { $last_leader }
    .bare = the partition has no leader
    .meaning = The cluster knows the partition and nobody leads it: the broker with its only (in-sync) replica is gone.
    .known = The metadata says so, to the client and to the probe. It is a note for 30 s, since elections take a moment.
    .todo = Bring the broker with the replica back. kafka-topics.sh --describe --unavailable-partitions shows which.
    .reproduce = This kills node 2 of the playground before rollcall begins, so that no leader is remembered; begin a new playground afterwards.

BROKER_NOT_ANSWERING = the partition's leader { $last_leader } is connected and has not answered for { $last_response }
    .short = the partition's leader has not answered for { $last_response }
    .bare = the partition's leader is connected and does not answer
    .meaning = The connection stands and a request waits in it, and nothing comes back: a hung broker, or a network that swallows packets. The client itself notices only after socket.timeout.ms.
    .known = A request is in flight, the broker has sent nothing for longer than a fetch may wait (W + 1 s), no quota explains it, and a probe of this very partition fails.
    .todo = Look at that broker: is its process stopped, its disk stuck, its network cut? A leader that is replaced is found within seconds.
    .reproduce = A frozen process keeps its connections. It shows until the cluster gives the node up (9 s).

OFFSET_OUT_OF_RANGE = { $lost_records_at_most ->
        [one] { $lost_records_at_most } record was gone before it was read
       *[other] { $lost_records_at_most } records were gone before they were read
    }
    .bare = the position lay outside the log
    .meaning = The place where reading should go on is not in the log any more: retention or DeleteRecords took records before they were read, or the log was cut short. The range is named, never skipped in silence.
    .known = The position lies outside [log start, end] by a probe that was asked after it was read; or the claim began elsewhere than at the commit, since that lay outside the log.
    .todo = Decide whether the named records matter; rollcall goes on behind them. If it happens again, retention is shorter than your longest outage: raise retention.ms.

START_OFFSET_UNKNOWN = assigned, and where to start is not known for { $unresolved_for }
    .bare = assigned, and where to start is not known
    .meaning = The partition is ours, but the commit, or the log's ends, could not be read, so reading has not begun. Guessing could lose records.
    .known = The fetcher's own ledger: assigned without a start offset for more than 5 s.
    .todo = It needs the group's coordinator and the partition's leader: check both. It is tried again all the time.
    .reproduce = The leader of the partition is frozen before the fetcher begins, so the ends of the log cannot be asked for. It shows between the fifth second and the moment at which the cluster gives the leader up (9 s).

RECORD_TOO_LARGE = a record of { $record_bytes } bytes at offset { $record_offset } holds its partition
    .bare = a record above the limit holds its partition
    .meaning = A record is larger than the limit of the fetcher or of its Kafka client. It is not skipped, since that would lose it; its partition waits.
    .known = The fetcher measured the record, or the client reported a response beyond receive.message.max.bytes.
    .todo = Raise max_record_bytes (and receive.message.max.bytes) above the record's size; or, if it is rubbish, ack its offset and go on behind it.

UNDECODABLE_BATCH = a batch in the log cannot be read: { $error }
    .bare = a batch in the log cannot be read
    .meaning = The client cannot decode a batch of this partition: its checksum is wrong, or its compression is unknown or damaged. Reading stops before it, since what lies behind it may be damaged too.
    .known = The client's decoding error, remembered for the partition, while its position stays below the end.
    .todo = Check the disks of the partition's replicas. To go on behind the batch, ack up to the offset after it; what it held is lost.

COMMIT_FAILING = commits fail: { $error }
    .bare = commits fail
    .meaning = Records flow and are acked, but the group's committed offsets do not follow. After a restart they would come again.
    .known = The same error from Kafka on every commit for 10 s; errors that belong to a rebalance do not count.
    .todo = Read the error: a missing right on the group, a coordinator that is down, or another member that took the partition.
    .reproduce = The topic of the groups' offsets takes no record of such a size for a while.

WAITING_FOR_ACK = { $unacked ->
        [one] { $unacked } record is
       *[other] { $unacked } records are
    } out with { $leased_to } for { $leased_for }, not settled
    .short = records were given back and come again in { $back_off_ends_in }
    .bare = what is there is out on a lease that nobody has settled
    .meaning = Everything that could be handed out is out on a lease: a client took records and has neither acked nor returned them. Until it does, or its lease ends, they are nobody else's.
    .known = The aggregator's own books: which lease, whose, since when.
    .todo = Look at the client that is named: is it slow, stuck, or did it forget to settle? When its lease ends the records come again, to whoever asks.

NO_CLIENT = { $buffered ->
        [one] { $buffered } record waits
       *[other] { $buffered } records wait
    } here and nobody has gathered for { $last_gathered }
    .short = { $buffered ->
        [one] { $buffered } record waits
       *[other] { $buffered } records wait
    } here and nobody has ever gathered
    .bare = records wait and nobody gathers
    .meaning = The records are here, and nobody has asked for the topic for a minute. Peeks do not count: they take nothing.
    .known = The aggregator's own books: records in the buffer, and the time of the last gather that asked for the topic.
    .todo = Start the client that gathers, or look at it. Is the topic in its request?
    .reproduce = It takes a minute.

PAUSED_BACKPRESSURE = reading is paused for { $paused_for }: what was read is not taken fast enough
    .bare = reading is paused: what was read is not taken fast enough
    .meaning = The buffer for the topic is full, so the fetcher has stopped reading. Nothing is lost; it goes on as soon as there is room.
    .known = The fetcher's own ledger of pauses, and the aggregator's of credit.
    .todo = Take records faster: gather more often, raise max_records, settle sooner; or raise the buffer budget if bursts are short.

NOT_POLLED = fetched records have not been handed over for { $handed_over_unchanged_for }
    .bare = fetched records are not handed over
    .meaning = The Kafka client has fetched records, and the fetcher does not take them, though it is not held back. Something in the fetcher's process stands still.
    .known = The next offset to fetch lies beyond what polling has come to, and that has been frozen for at least 10 s without back-pressure.
    .todo = Look at the fetcher: CPU, log, a process that was stopped. Restarting it loses nothing. Please report it, with `rollcall explain TOPIC -o json`.
    .reproduce = The thread that polls is held as a debugger holds it, and goes on when python3 ends. It needs Linux, python3, and the right to trace another process: root, or kernel.yama.ptrace_scope=0. A process that is stopped as a whole sends no pulse either, and is FETCHER_UNREACHABLE.

THROTTLED = a quota of { $throttled_by } throttles this client: { $throttle }
    .short = a quota throttles this client: { $throttle }
    .bare = a quota throttles this client
    .meaning = The broker delays its answers, since the client takes more than its quota allows. After a long throttle it may stay silent for up to a minute more. Taking the quota away does not end a throttle that runs.
    .known = The throttle time in the client's statistics, at least 100 ms; it shows once and is remembered until it is over.
    .todo = Raise consumer_byte_rate or request_percentage for this client id or user (kafka-configs.sh --describe --entity-type clients), or read less.

OPEN_TRANSACTION = a transaction open since { $open_since } ({ $open_for }) hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was read
    .short = a transaction open for { $open_at_least_for } or longer hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was read
    .shorter = an open transaction hides { $hidden ->
        [one] { $hidden } record
       *[other] { $hidden } records
    }; everything before was read
    .bare = an open transaction hides records; everything before was read
    .meaning = The consumer reads committed records only, and everything up to the first open transaction was read. What lies behind it, plain records too, stays hidden until that transaction ends.
    .known = Position = last stable offset < high watermark, with the last stable offset asked after the high watermark. It is open since the timestamp of the record at the last stable offset, which is read without regard to transactions.
    .todo = Find the writer and end its transaction: kafka-transactions.sh describe-producers. More consumers cannot help. At the latest the broker ends it, after its transaction.max.timeout.ms.

NO_VISIBLE_RECORDS = the position moved over { $offsets_without_records } offsets that hold no record for a reader
    .bare = the position moved over offsets that hold no record for a reader
    .meaning = The log grew and was read, and nothing of it is to be delivered: control records, aborted transactions, or gaps that compaction left.
    .known = The position grew within the last seconds, polling has come to it, and no record was handed over on the way.
    .todo = Nothing. If records were expected, ask the producer why its transactions are aborted.
    .reproduce = The producer is killed, and the broker aborts its transaction 15 s after its beginning.

WAITING_MIN_BYTES = the broker waits for { $fetch_min_bytes } bytes before it answers, at most { $fetch_wait }
    .bare = the broker waits for fetch.min.bytes before it answers
    .meaning = A few records are there, and the broker holds them back until fetch.min.bytes have come together, or the fetch wait is over. That is the price of the setting, and no fault.
    .known = fetch.min.bytes is above 1, fewer records wait than that many bytes must hold, for less than a fetch wait, and the broker answers.
    .todo = Nothing, or lower fetch.min.bytes: 1 delivers a lone record at once.
    .reproduce = It shows for as long as the broker waits.

ARRIVED_TOO_LATE = records were on their way, too late for this answer
    .meaning = The records came a moment too late for this gather. The next one gets them.
    .known = At the close the position was behind the end and moving, or a batch was in flight.
    .todo = Gather again. If it happens often, a slightly longer timeout catches them.
    .reproduce = A record that comes after the close of the last gather is told of until somebody gathers again; after a minute it is NO_CLIENT.

STUCK_WITH_LAG = { $readable ->
        [one] { $readable } record waits
       *[other] { $readable } records wait
    } and the position has not moved for { $position_unchanged_for }
    .short = { $readable ->
        [one] { $readable } record waits
       *[other] { $readable } records wait
    } and the position does not move
    .bare = records wait and the position does not move
    .meaning = Records could be read, they are not, and none of the other verdicts explains it.
    .known = Two fresh probes show records behind a position that has been frozen for at least 10 s (an ordinary failover takes 9.9 s).
    .todo = Look at the fetcher's log for this topic. This is the verdict that is left when all others were ruled out: please report it, with `rollcall explain TOPIC -o json`.
    .reproduce = For a group that other software runs: its reader is frozen, and nothing but its commit tells. For rollcall's own fetchers it is what is left when everything that can be brought about was ruled out.

SKIPPED_TO_END = started at the end by policy; { $records ->
        [one] { $records } older record was
       *[other] { $records } older records were
    } skipped by choice
    .bare = started at the end by policy; older records were skipped by choice
    .meaning = There was no commit, and the start policy is `latest`: reading began at the end, and what was there before is not read.
    .known = The fetcher resolved the start itself and counted what it left out; nothing has been delivered since.
    .todo = Nothing if that was meant. Else set the start policy to `earliest` and use a new group, or rewind this one with kafka-consumer-groups.sh --reset-offsets.

PRODUCER_OVERDUE = silent for { $silence }; usual gap { $gap_median }, longest { $gap_longest } ({ $gap_count ->
        [one] { $gap_count } gap
       *[other] { $gap_count } gaps
    }); the reader is caught up
    .short = silent for { $silence }, far longer than ever before; the reader is caught up
    .bare = silent far longer than ever before; the reader is caught up
    .meaning = Everything was read, and the topic has been silent for far longer than its own history knows. The reader is fine; whoever writes may not be.
    .known = At least 20 gaps are known, and the present silence is more than 3 times the longest of a day or two, which it was not at this hour yesterday or a week ago, as far as the log reaches back. Where the gaps are uneven (fewer than three quarters of them are longer than a third of the longest), 60 must be known, and it is 6 times: a few gaps of bursts or heavy tails say little of the next one.
    .todo = Ask who writes the topic. If the silence is expected, tell rollcall: max_silence or expect_empty of the topic.

PRODUCER_SLOWER_THAN_TIMEOUT = written about every { $gap_usual }, so a gather of { $timeout } is empty { $p_empty } of the time
    .short = written more rarely than the gather waits: empty { $p_empty } of the time
    .bare = written more rarely than the gather waits
    .meaning = Everything was read, and the topic is written more rarely than the gather waits. Most of its empty slots are simply right.
    .known = The end by a fresh probe, and the topic's usual gap against the timeout that held.
    .todo = Nothing, or gather with the advised timeout if fewer empty slots are worth the wait.

TOPIC_EMPTY = { $never_written ->
        [yes] never written
       *[other] every record was purged
    }
    .bare = the log holds no record
    .meaning = The log is empty. At offset 0 it was never written; at a later one its records were purged.
    .known = Log start = end, by probes of both.
    .todo = If records were expected: check the name with its owner, and where the producer writes to.

CAUGHT_UP = everything was read; silent for { $silence }
    .bare = everything was read
    .meaning = There is nothing to read: the position is at the end of every partition. Empty is the right answer.
    .known = The position, read after a probe of the end, is not below it, and it has not jumped over anything unexplained.
    .todo = Nothing.

UNDETERMINED = not confirmed yet: it may be { $suspected }, known in { $confirmed_in }
    .short = evidence is missing: { $missing_evidence }
    .shorter = the aggregator started { $starting_for } ago and waits for a fetcher
    .bare = the evidence is too old or missing
    .meaning = It cannot be said why the topic is silent, because something that must be known is not. It is not reported as health.
    .known = The facts that were looked for say unknown, or are older than a judgement may rest on.
    .todo = Ask again in a second or two: after a start the evidence is on its way. If it stays, look at the fetcher's log.

FLOWING = records come
    .meaning = The slot has records and nothing limits it.
    .known = The gather itself.
    .todo = Nothing.

CAPPED_BY_MAX_RECORDS = cut by max_records; { $waiting } more wait
    .bare = cut by max_records; more records wait
    .meaning = The slot has as many records as the gather allows per topic, and more wait.
    .known = The gather itself, and the backlog behind what it handed out.
    .todo = Nothing while the backlog shrinks. Else gather more often, or raise max_records.

CAPPED_BY_MAX_BYTES = cut by max_bytes; { $waiting } more wait
    .bare = cut by max_bytes; more records wait
    .meaning = The answer has as many bytes as the gather allows over all topics, and more records wait.
    .known = The gather itself, and the backlog behind what it handed out.
    .todo = Nothing while the backlog shrinks. Else gather more often, or raise max_bytes.

FALLING_BEHIND = the lag grew from { $lag_before } to { $lag } records in { $watched_for }; at this rate it is never drained
    .bare = the lag grows: more records come than are taken
    .meaning = The slot has records, yet over the last window more came than were taken.
    .known = The backlog at the start and at the end of the window, by probes.
    .todo = Take records faster: gather more often, raise max_records, settle sooner, or share the work.

RETENTION_NEAR = the oldest unread record expires in { $expires_in }
    .bare = the oldest unread record is about to expire
    .meaning = Retention will delete the oldest record that the client has not fetched yet (of a group that other software runs: not committed) before long. It is only ever said beside the verdict that tells why it is not read. Of records that the client has fetched already nothing is said, nor of those behind an open transaction: the first will come, and of the others none can be looked at before it ends.
    .known = retention.ms of the topic, and the timestamp of the record at the position, which is looked at when it has waited for 10 s: less than a tenth of the retention is left. The broker deletes whole segments, so it may live longer, never shorter.
    .todo = Mend the cause, or give the topic a longer retention.ms until it is mended.
    .reproduce = It takes a minute and a half, and stands in the row `also`: records are kept for 100 s, the client has no room for all of them, and nobody gathers.
