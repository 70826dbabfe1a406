# `rollcall doctor` 所说的话：从外部看别的软件所运行的消费组。

column-lag = 滞后
column-readable = 可读
column-group = 消费组
column-worst = 最严重
column-state = 状态
column-members = 成员
column-topics = 主题数
column-silent = 无数据
column-partition = 分区
column-committed = 已提交
column-end = 末尾
column-lag-time = 滞后时间
column-owner = 持有者

doctor-head = { $group }：{ $parts }；{ $watched }
doctor-watched = 观察了 { $length }
doctor-members = { $count } 个成员
doctor-topics = { $count } 个主题
doctor-partitions = { $count } 个分区
doctor-state-unknown = 状态尚未得知
doctor-state-refused = 状态未知
doctor-state-dead = 没有这个消费组（Dead）
doctor-state-empty = Empty（组内没有成员）
doctor-not-described = 无法得到消费组的描述：{ $failure }
doctor-no-commits = 消费组没有提交过任何位点：谈不上滞后，也不知道它从哪里读起。
group-not-there-near = NO_GROUP：集群上没有消费组 { $group }；您是否指 { $names }？
group-not-there-alone = NO_GROUP：集群上没有消费组 { $group }
group-not-there = NO_GROUP：集群上没有消费组 { $group }；此客户端可见 { $count } 个消费组
doctor-missing-right = 缺少权限：对 { $resource } { $name } 的 { $operation }。依赖它的内容在此未知，其余仍然成立。
doctor-history-unread = 没有读取 { $topics }{ $more ->
        [0] {""}
       *[other] {" "}等另外 { $more } 个主题
    } 的历史记录：半小时内可为全部主题读取的 32 MiB 已用完。它们的节奏只能从观察中得知。
doctor-backlog-unread = 没有查看 { $topics }{ $more ->
        [0] {""}
       *[other] {" "}等另外 { $more } 个主题
    } 中尚未读取的记录：半小时内可为此读取的 32 MiB 已用完。这些记录有多旧、能否读取，均未知。
doctor-groups-left-out = 有 { $count } 个消费组没有查看：最多查看 1,000 个。用 -g GROUP 或 --group-regex 选择。
doctor-more-topics = 另有 { $count } 个主题：{ $verdicts }
doctor-more-paragraphs = 另有 { $count } 个主题不是 ok；用 -t TOPIC 查看
doctor-more-groups = 另有 { $count } 个消费组；用 -g GROUP 查看
doctor-unconfirmed = 尚未确认。
doctor-topic-says = { $topic }：{ $says }
doctor-do = 处理：{ $advice }
doctor-sentence = { $sentence }。
doctor-owner = { $host } 上的 { $client }
doctor-owners = 持有者是 { $owners }{ $more ->
        [0] {""}
       *[other] ，另有 { $more } 个
    }，仍是成员。

doctor-silent = { $total } 个主题中 { $silent } 个没有数据：{ $parts }。
    .bare = { $total } 个主题都有数据。
doctor-no-topic = 没有可判断的主题：消费组没有提交，成员也没有分区；用 -t TOPIC 仍可判断一个主题。
doctor-faults = 本组故障 { $count } 个
doctor-warnings = 本组警告 { $count } 个
doctor-producers = 应由生产方处理 { $count } 个
doctor-cluster = 应由集群运维处理 { $count } 个
doctor-undecided = 尚未定论、可能成为故障 { $count } 个
doctor-normal = 正常 { $count } 个
doctor-groups = { $count } 个消费组：{ $tally }

doctor-groups-so-far = 目前 { $all } 个消费组中的 { $count } 个：{ $tally }

doctor-deeds = 没有加入任何消费组，没有提交，读取了 { $bytes }。
doctor-deeds-nothing = 没有加入任何消费组，没有提交，没有读取。
doctor-deeds-forbidden = 没有加入任何消费组，没有提交，没有读取（--no-read）。
doctor-rhythm = 每 { $gap } 一条消息，最长间隔 { $longest }（{ $gaps } 个间隔；{ $source }）
doctor-rhythm-unknown = 节奏未知
doctor-unseen = 从外部看不到的：已拉取而尚未处理的消息、暂停、客户端自身的错误、它的设置（用 --app 告知）、成员是否仍在轮询。
doctor-commit-times = 这个组何时提交过，从这里也问不到；由 Kafka 自带的工具显示（commitTimestamp）：
    .command = kafka-console-consumer.sh --bootstrap-server { $bootstrap } --topic __consumer_offsets --from-beginning --formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter --timeout-ms 10000
doctor-progress = { $total } 个结论中 { $settled } 个已确认，已观察 { $watched }，最多 { $limit }
doctor-progress-endless = { $total } 个结论中 { $settled } 个已确认，已观察 { $watched }
doctor-progress-none-endless = 正在查看 { $bootstrap }，已用 { $watched }
doctor-progress-none = 正在查看 { $bootstrap }，已用 { $watched }，最多 { $limit }
doctor-no-group = 在 { $bootstrap } 上没有看到所要的消费组：不存在，或者还没有 broker 应答（用更长的 --for 继续等待）。
doctor-idle = { $names }：已理解，但目前不影响任何判断
doctor-nobody = { $bootstrap } 向此客户端显示的 { $count } 个消费组都与所要的无关。
doctor-no-match = { $count } 个消费组中没有与 { $regex } 匹配的
doctor-left-out = { $names }：对从外部观察没有意义，已略去

outside-STUCK_WITH_LAG = { $readable_total } 条消息在等待，最早的已等待 { $oldest_unread }；提交的位点已有 { $position_unchanged_for } 没有移动{ $commit_interval_known ->
        [no] ，且不知道它多久提交一次
       *[other] {""}
    }
    .short = { $readable_total } 条消息在等待；提交的位点已有 { $position_unchanged_for } 没有移动{ $commit_interval_known ->
        [no] ，且不知道它多久提交一次
       *[other] {""}
    }
    .shorter = { $readable_total } 条消息在等待，提交的位点不动
    .bare = 有消息在等待，提交的位点不动
    .hidden = 从外部看，暂停、阻塞和出错是一样的。
    .known = 消费组提交的位点之后有消息在等待，多次探查一致，位点不动已久，可认定停住；没有别的解释。在得知消费组多久提交一次之前只是提示，最多两分钟。
outside-PRODUCER_SLOWER_THAN_TIMEOUT = 每 { $gap_usual } 一条消息，因此等待 { $timeout } 的调用有 { $p_empty } 是空的
    .bare = 写入间隔比一次调用等待的时间还长
    .known = 主题通常的间隔，与应用一次调用的等待时间相比（须用 --app timeout_ms=… 告知）。
outside-TOPIC_EMPTY = { $never_written ->
        [yes] 从未写入（日志起点 = 终点 = 0）
       *[other] 所有消息都已被清除（日志起点 = 终点）
    }
    .bare = 日志中没有消息
outside-AUTHORIZATION_DENIED = 缺少权限 { $missing_right }，无法判断这个消费组
    .bare = 缺少权限，无法判断这个消费组
    .known = broker 拒绝回答此客户端所问。无权查看并不说明消费组有问题。
outside-NO_COORDINATOR = 消费组的协调者没有应答：{ $group_failure }
    .bare = 消费组的协调者没有应答
    .known = 消费组的描述和提交都得不到应答，而各分区的 leader 有应答。broker 依次重启时协调者会移动，那只是提示；一直不回来才是故障。
outside-REBALANCING = 消费组正在分配分区，已有 { $group_state_for }
    .bare = 消费组正在分配分区
    .known = 协调者描述消费组正在变动，且没有成员持有这个分区。超过 60 s 为故障。
outside-PARTITION_UNOWNED = 消费组在读这个主题，但没有成员持有这个分区
    .known = 协调者描述消费组稳定；成员持有该主题的其他分区，而没有成员持有这一个。
outside-TOPIC_RECREATED = 观察期间主题被删除并重新创建：消费组的提交可能属于旧的主题
    .known = 观察期间 Kafka 的主题 ID 变了。
outside-BROKER_NOT_ANSWERING = 分区的 leader 已连接，但对该分区的询问超时
    .known = 有 leader 且已连接，但对该分区的询问超时。
outside-OFFSET_OUT_OF_RANGE = 提交的位点在日志起点之前：最多有 { $lost_records_at_most } 条消息未读就已消失
    .short = 提交的位点超出日志末尾 { $beyond_end_by }
    .bare = 提交的位点在日志之外
    .known = 在日志起点之后读到的提交位点低于起点；或者先读到的提交位点两次超出末尾。有成员在读时，消失的消息可能已读而尚未提交：在提交逾期之前为提示。
outside-START_OFFSET_UNKNOWN = 消费组在此没有提交，已有 { $no_commit_for }{ $written_meanwhile ->
        [yes] ，期间有消息写入
       *[other] {""}
    }
    .bare = 日志中有消息，而消费组在此没有提交
    .known = 日志中有消息，而协调者没有该分区的提交。此后又有消息写入、而第一次提交已经逾期，则为警告；从末尾开始的客户端在第一条消息之前不会提交。
outside-RECORD_TOO_LARGE = 提交的位点不动，位点 { $record_offset } 的消息太大，按通常设置读不了
    .bare = 提交的位点不动，下一条消息太大，按通常设置读不了
    .known = 提交的位点不动，像任何消费者那样从它读起会因消息太大而失败。
outside-UNDECODABLE_BATCH = 提交的位点不动，它后面的批次读不了：{ $error }
    .bare = 提交的位点不动，它后面的批次读不了
    .known = 提交的位点不动，像任何消费者那样从它读起会因批次无法解码而失败。
outside-OPEN_TRANSACTION = 自 { $open_since } 起未结束的事务（{ $open_for }）遮住了 { $hidden } 条消息；之前的都已提交
    .short = 一个至少已打开 { $open_at_least_for } 的事务遮住了 { $hidden } 条消息；之前的都已提交
    .shorter = 一个未结束的事务遮住了 { $hidden } 条消息；之前的都已提交
    .bare = 一个未结束的事务遮住了消息；之前的都已提交
    .known = 最后稳定位点低于高水位，提交的位点已到达它，或二者之间没有可交付的消息。若可读取最后稳定位点处的消息，则自其时间戳起打开。
outside-NO_VISIBLE_RECORDS = 尚未提交的部分没有可交付的消息
    .known = 从提交的位点到末尾都看过了，只有控制记录、已中止的事务或压缩后的空缺。
outside-CAUGHT_UP = 全部已提交；已静默 { $silence }
    .bare = 全部已提交
    .known = 消费组的提交在每个分区的末尾，或刚刚还在末尾，其后的消息是之后才到的。
outside-UNDETERMINED = 尚未确认：可能是 { $suspected }，{ $confirmed_in } 后可知
    .short = 缺少证据：{ $missing_evidence }
    .bare = 证据过旧或缺失
    .known = 向 broker 所问的没有得到应答，或应答已旧；或它所指的情形持续得还不够久。
outside-RETENTION_NEAR = 尚未提交的最旧消息将在 { $expires_in } 后过期
    .bare = 尚未提交的最旧消息即将过期
    .known = 主题的 retention.ms 和提交位点处消息的时间戳：剩余不到保留时间的十分之一。

outside-ADVICE_CODE_RAISE_TIMEOUT = 或设 timeout_ms={ $timeout_millis }，空的比例降至 { $p_empty_then }
    .bare = 或用更长的等待时间调用
outside-ADVICE_CODE_RAISE_MAX_RECORDS = 提高 max_poll_records，或更频繁地调用
outside-ADVICE_CODE_LOOK_AT_FETCHER = 查看应用的日志
outside-ADVICE_CODE_LOOK_AT_OWNER = 查看该进程
outside-ADVICE_CODE_GATHER = 启动应用，或检查它
outside-ADVICE_CODE_CHECK_TOPIC_NAME-NO_GROUP = 核对消费组的名称和集群
outside-ADVICE_CODE_TAKE_FASTER = 加快读取：滞后每秒增长 { $rate } 条
    .bare = 加快读取，或由更多成员分担
outside-ADVICE_CODE_RAISE_MAX_BYTES = 提高应用的拉取上限
outside-ADVICE_CODE_RAISE_MAX_RECORD_BYTES = 提高应用的拉取上限（max.partition.fetch.bytes、fetch.max.bytes），或把它的位点设到这条消息之后
outside-ADVICE_CODE_ACCEPT_LOSS = 判断丢失的消息是否重要：应用会按它的 auto.offset.reset 继续

outside-SOURCE_AGGREGATOR = 此处推算
outside-view = 级别：{ $severity }。确认：{ $confirmed }。{ $known }
outside-never = 不会用于别的软件所运行的消费组。
