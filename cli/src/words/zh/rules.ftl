# 引擎各行判断的规则。英文由引擎自己给出；字母与数字在各语言中相同。

rule-FETCHER_UNREACHABLE = 主题没有供给连接，或 3 个周期没有上报，或持有该分区的 fetcher 已断开而无人接手；而且没有 fetcher 因通道数被拒绝
rule-LANES_DISAGREE = 主题的某个 fetcher 所说的通道数与这个 aggregator 不同，已有 60 s，重新连接也算在内，而且没有别的 fetcher 认领这个分区
rule-NOT_IN_THIS_LANE = 已知主题的分区，而没有一个分区号对通道数取余后等于这条通道
rule-CONSUMER_FATAL = 客户端报告了致命错误，没有别的行说得出它，并且持续着
rule-AUTHENTICATION_FAILED = SASL 或 TLS 拒绝了客户端，此后没有任何成功
rule-PROTOCOL_MISMATCH = 没有连上任何 broker，最后得知的是某个 broker 在 100 ms 内一言不发就挂断，建立的连接都断了
rule-GROUP_PROTOCOL_MISMATCH = 消费组拒绝了客户端，因为另一个成员用的是别的分配器或协议；或 fetcher 不加入消费组，而该组有成员
rule-AUTHORIZATION_DENIED = 缺少主题或消费组的某项权限，需要它的操作此后都没有成功
rule-TOPIC_MISSING = 元数据中两次没有这个主题，相隔 1 s
rule-TOPIC_RECREATED = 主题 ID 与分配时不同；分区重新开始之后的 10 min 内也算
rule-CLUSTER_UNREACHABLE = 客户端没有连上任何 broker，而且它自己这样说，或探查失败
rule-POLL_INTERVAL_EXCEEDED = 客户端说它在 max.poll.interval.ms 内没有被轮询，且没有重新加入；或它已有这么久没有被轮询
rule-NO_GROUP = 从外部：协调者不知道这个消费组，也从未有过它的提交
rule-NO_COORDINATOR = 客户端已有 10 s 没有协调者；稳定的成员，以及不加入消费组而持有该分区的 fetcher，会继续读取，那时只作为附带结论
rule-NO_MEMBER = 从外部：消费组没有成员；有消息等待它时 5 s 后为故障（从未见过成员时为 10 s），不知道是否有消息等待时为未知，否则为提示；它的提交仍在前进时只附在别的结论旁
rule-REBALANCING = 无人持有该分区，消费组有协调者，且再平衡正在进行；5 min 之内无人持有超过 60 s 即为故障
rule-PARTITION_UNOWNED = 元数据中有该分区，消费组稳定，而不超过 11 s 之前的描述中没有它的持有者；或 fetcher 不加入消费组，而它不在任何一个的分片里
rule-NOT_SUBSCRIBED = 从外部：消费组稳定且有成员，但没有成员持有该主题的分区
rule-OWNER_ELSEWHERE = 稳定，分区属于不是我们 fetcher 的成员，且 C 在前进、在末尾或未知
rule-OWNER_SILENT = 稳定，分区属于不是我们 fetcher 的成员，有消息等待，而它的 C（或没有 C 的状态）停住不动
rule-BROKER_DOWN = 需要拉取，leader 所在的 broker 不在线（记得它的地址），且对该分区的探查失败
rule-LEADER_UNAVAILABLE = 元数据中没有 leader，且对该分区的探查失败
rule-BROKER_NOT_ANSWERING = leader 的机器保持着连接，有请求在途，W + 1 s 没有应答，没有限流在等，且对该分区的探查失败
rule-OFFSET_OUT_OF_RANGE = N < L；或 N > H，H 在读到 N 之后询问，两次，相隔 2 s；或在过去 10 min 内，因 C 在 [L, H] 之外而没有从 C 开始读
rule-START_OFFSET_UNKNOWN = 已分配，5 s 还没有定出起始位点；60 s 后为故障
rule-RECORD_TOO_LARGE = 一条超过 max_record_bytes 的消息挡住了分区；或客户端说有消息超过它自己的上限，且 N < E
rule-UNDECODABLE_BATCH = 客户端无法解码该分区的一个批次，且 N 停在 E 之下，或到了 H 之外（校验和错误会造成这样）
rule-COMMIT_FAILING = 同样的提交错误已有 10 s，再平衡的错误码不算
rule-WAITING_FOR_ACK = 所有消息都在尚未确认的租约上，或已退回并等待退避结束
rule-NO_CLIENT = 有消息等待，而已有一分钟无人来取
rule-PAUSED_BACKPRESSURE = 额度用完：fetcher 已暂停该分区，或已等待额度 3 s
rule-NOT_POLLED = N > A，或有未读的消息而无人轮询；A 已停住 max(3W、2 次上报、10 s)，且没有别的原因挡住读取
rule-THROTTLED = leader 所在的 broker 施加了至少 100 ms 的限流，可能仍有效（到它结束为止，若此后没有消息则再加 60 s），且没有证据表明都已读完
rule-OPEN_TRANSACTION = read_committed，且 N = S < H，S 在 H 之后询问；超过 broker 的 transaction.max.timeout.ms（未知时为 15 min）+ 10 s 即为故障
rule-NO_VISIBLE_RECORDS = N 在过去 10 s 内增长了（此前则从 T 起），轮询已到 N（或 N 已超出收到的消息 2 s），而其中没有消息：只有控制记录、已中止的事务或压缩后的空缺
rule-WAITING_MIN_BYTES = M > 1，未读的消息比 M 字节必有的少，出现不到 W（加上两次探查之间的 1 s），且 leader 所在的 broker 在 W 内有应答
rule-ARRIVED_TOO_LATE = 消息在关闭之后才到，且有人来取过；或 N < E 不到 2 s，或 N 在动；或 N 越过了已收到的消息，刚刚发生，或发生在没有额度的时候
rule-STUCK_WITH_LAG = 新的探查表明 N < E，N 已停住 max(3W、2 次上报、10 s)，见到两次，且以上各行都不成立
rule-SKIPPED_TO_END = 按 latest 策略从大于 L 的位点开始，此后没有交付过
rule-PRODUCER_OVERDUE = 已读到末尾，静默时间超过至少 20 个已知间隔中最长者的 3 倍（间隔不均匀时为至少 60 个中最长者的 6 倍，不均匀即长于最长者三分之一的间隔不到四分之三），且在这个时段不寻常；或超过操作者给的 max_silence
rule-PRODUCER_SLOWER_THAN_TIMEOUT = 已读到末尾，且主题通常的间隔（全部时间有一半处于不短于它的间隔中）比 T 长
rule-TOPIC_EMPTY = 每个分区都是 L = H：从未写入（0），或已被清除
rule-CAUGHT_UP = N ≥ E，N 在 E 之后读到；没有消息被事务遮住、在此等待或在外；N 没有越过已收到的消息
rule-UNDETERMINED = 证据过旧或缺失，或它所指的情形尚未确认
rule-FLOWING = 这一格有数据；没有取数时：上一次刚取到
rule-CAPPED_BY_MAX_RECORDS = 这一格有数据，而 max_records 留下了消息
rule-CAPPED_BY_MAX_BYTES = 这一格有数据，而 max_bytes 留下了消息
rule-FALLING_BEHIND = 这一格有数据，而滞后（各分区 E − C 之和）已增长至少半分钟
rule-RETENTION_NEAR = 从 N 起（从外部则从 C 起）最旧的消息，剩余时间不到 retention.ms 的十分之一；只附在别的结论旁

outside-rule-AUTHORIZATION_DENIED = 缺少某项权限，没有它就无法判断消费组；这并不说明消费组本身如何
outside-rule-NO_COORDINATOR = 消费组的描述和它的提交都已 10 s 得不到应答，而各分区的 leader 有应答；20 s 之内为提示
outside-rule-REBALANCING = 消费组有成员，状态为 PreparingRebalance、CompletingRebalance 或没有名称（KIP-848），且无人持有该分区；超过 60 s 为故障
outside-rule-PARTITION_UNOWNED = 消费组处于 Stable 并持有该主题的其他分区，而无人持有这一个
outside-rule-TOPIC_RECREATED = 观察期间主题 ID 变了，在过去 10 min 内
outside-rule-BROKER_NOT_ANSWERING = 分区有 leader 且已连接，而对该分区的询问超时
outside-rule-OFFSET_OUT_OF_RANGE = C < L，C 在 L 之后读到；或 C > H，H 在 C 之后询问，两次，相隔 2 s；有成员在读而 C < L 时，max(3W、10 s、提交间隔的 1.5 倍 + 2 s) 之内为提示，提交间隔未知时为 2 min 之内
outside-rule-START_OFFSET_UNKNOWN = 没有 C，且 L < H；为提示，有消息写入、且过了提交间隔的 1.5 倍 + 2 s（未知时 2 min）仍没有 C 则为警告
outside-rule-RECORD_TOO_LARGE = C < E，两次探查 C 不变，且像任何消费者那样从 C 读起会因消息太大而失败
outside-rule-UNDECODABLE_BATCH = C < E，两次探查 C 不变，且像任何消费者那样从 C 读起会因批次无法解码而失败
outside-rule-OPEN_TRANSACTION = read_committed（未告知时作此假定），S < H，且 C = S 或 [C, S) 中没有可交付的消息；超过 broker 的 transaction.max.timeout.ms（未知时为 15 min）+ 10 s 即为故障
outside-rule-NO_VISIBLE_RECORDS = C < E，[C, E) 全部看过，没有可交付的消息：只有控制记录、已中止的事务或压缩后的空缺
outside-rule-STUCK_WITH_LAG = 新的探查表明 C < E，C 已停住 max(3W、10 s、提交间隔的 1.5 倍 + 2 s)，见到两次，且以上各行都不成立；在得知提交间隔之前为提示，最多 2 min
outside-rule-PRODUCER_SLOWER_THAN_TIMEOUT = 已告知 T，已读到末尾，且主题通常的间隔（全部时间有一半处于不短于它的间隔中）比 T 长
outside-rule-CAUGHT_UP = C = E，或 C 刚刚还在 E，未读的是此后才到的；或日志为空且没有 C
outside-rule-UNDETERMINED = 证据过旧或缺失，或它所指的情形尚未确认
outside-rule-RETENTION_NEAR = C 处的消息剩余时间不到 retention.ms 的十分之一，且有成员在读时 C 已停住 max(3W、10 s、提交间隔的 1.5 倍 + 2 s)，提交间隔未知时为 2 min；只附在别的结论旁
