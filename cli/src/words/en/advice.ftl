# What to do, in numbers. A .command is to be typed, where every fact for it is known.

newer-advice = this rollcall is older than the aggregator and does not know its advice; see -o json

ADVICE_CODE_NOTHING = nothing
ADVICE_CODE_RAISE_TIMEOUT = or gather with --timeout { $timeout_setting } for { $p_empty_then } empty (now { $p_empty_now }), { $timeout_in_a_row_setting } if you gather again at once
    .short = or gather with --timeout { $timeout_setting } for { $p_empty_then } empty (now { $p_empty_now })
    .shorter = or gather with --timeout { $timeout_setting }
    .bare = or gather with a longer timeout
ADVICE_CODE_RAISE_MAX_RECORDS = gather with max_records { $max_records }, or more often
    .bare = raise max_records, or gather more often
ADVICE_CODE_RAISE_MAX_BYTES = gather with max_bytes { $max_bytes }, or more often
    .bare = raise max_bytes, or gather more often
ADVICE_CODE_SETTLE = look at { $client }: it has to ack or return what it took
    .bare = ack or return what was taken
ADVICE_CODE_GATHER = start a client that gathers this topic, or look at it
ADVICE_CODE_TAKE_FASTER = take records faster: the lag grows by { $rate } records/s
    .bare = take records faster: gather more often, or settle sooner
ADVICE_CODE_START_FETCHER = start the fetcher, or look at it: { $fetcher }, last seen { $last_seen } ago
    .short = start the fetcher, or look at it: { $fetcher }
    .bare = start a fetcher for this topic, or look at it
ADVICE_CODE_CHECK_TOPIC_NAME = check the topic's name with its owner
ADVICE_CODE_CHECK_TOPIC_NAME-NO_GROUP = check the group's name, and that this is its cluster
ADVICE_CODE_CHECK_CLUSTER = check the brokers and the network: { $bootstrap }
    .bare = check the brokers and the network
ADVICE_CODE_ASK_PRODUCER = ask who writes it
ADVICE_CODE_ASK_PRODUCER-OPEN_TRANSACTION = find the writer and end its transaction; more consumers cannot help
    .command = kafka-transactions.sh --bootstrap-server { $bootstrap } describe-producers --topic { $topic } --partition { $partition }
ADVICE_CODE_LOOK_AT_OWNER = look at the owner: { $client_id } at { $host }
    .bare = look at the member that owns the partition
ADVICE_CODE_WAIT = wait until { $until }
    .bare = wait
ADVICE_CODE_LOOK_AT_FETCHER = look at the fetcher's log
ADVICE_CODE_RAISE_MAX_RECORD_BYTES = raise max_record_bytes above { $record_bytes } (now { $max_record_bytes })
    .bare = raise max_record_bytes
ADVICE_CODE_ACCEPT_LOSS = decide whether the { $records ->
        [one] { $records } record matters
       *[other] { $records } records matter
    }: reading goes on behind them
    .bare = decide whether the records matter: reading goes on behind them
ADVICE_CODE_RAISE_QUOTA = raise the quota of this client (now throttled for { $throttle }), or read less
    .bare = raise the quota of this client, or read less
ADVICE_CODE_LOWER_FETCH_MIN_BYTES = nothing, or lower fetch.min.bytes (now { $fetch_min_bytes }): 1 delivers a lone record at once
    .bare = nothing, or lower fetch.min.bytes
ADVICE_CODE_RAISE_RETENTION = raise retention.ms until the backlog is read: the oldest record expires in { $expires_in }
    .bare = raise retention.ms until the backlog is read
ADVICE_CODE_CHECK_SECURITY_PROTOCOL = set security.protocol to what the listener speaks (SSL, SASL_PLAINTEXT or SASL_SSL)
ADVICE_CODE_MATCH_LANES = give fetchers and aggregators the same number of lanes
