# 结论。消息本身是屏幕上的一句话；.short 和 .bare 是缺少事实时的说法。
# .meaning、.known、.todo 属于目录（`rollcall verdicts CODE`）。

FETCHER_UNREACHABLE = 这个主题的 fetcher 已有 { $pulse_age } 没有上报
    .bare = 没有 fetcher 在供给这个主题
    .meaning = 没有 fetcher 供给这个主题，或者它不再上报状态。主题本身的情况无从得知：沉默不等于健康。
    .known = 这个主题没有打开的供给连接，或者所有连接都有 3 个周期（3 s）没有上报，而且没有 fetcher 因通道数被拒绝。aggregator 启动后的前 10 s 内结论是 UNDETERMINED：fetcher 可能还在路上。
    .todo = 启动 fetcher，或查看它的日志：它在运行吗？能连上 aggregator 吗？两边的主题名一致吗？不会丢消息：消费组的提交停在确认到的地方。

LANES_DISAGREE = fetcher 认为有 { $lanes_of_the_fetcher } 条通道，这个 aggregator 认为有 { $lanes } 条
    .bare = fetcher 与 aggregator 的通道数不同
    .meaning = fetcher 与 aggregator 按通道分担分区：分区号对通道数取余。两边的通道数不一致，因此 aggregator 拒绝这个供给连接：否则分区会送错 aggregator，或者谁也收不到。
    .known = fetcher 每次打开供给连接时所说的通道数都与 aggregator 自己的不同，已有 60 s，而且没有别的 fetcher 认领这个分区。更改通道数的过程中，结论是 UNDETERMINED。
    .todo = 让 fetcher 与 aggregator 使用相同的通道数（ROLLCALL_LANES，以及 fetcher 的 ROLLCALL_AGGREGATOR 中同样多的地址），并重启还在用旧值的那些。其间的消息留在 Kafka 里等待。

NOT_IN_THIS_LANE = 这个主题没有属于本通道的分区：请询问通道 { $in_lanes }
    .bare = 这个主题没有属于本通道的分区
    .meaning = 这个 aggregator 是多条通道之一，主题没有分区属于它。消息由其他通道收取。
    .known = 主题的 fetcher 所说的、元数据里的分区数：分区 p 属于通道 p 对通道数取余。
    .todo = 无需处理。向它所在的通道询问，或者同时询问所有通道：rollcall 会合并它们的回答。收取时不等待这样的主题。
    .reproduce = playground 的两个主题都只有一个分区，属于通道 0。

CONSUMER_FATAL = Kafka 客户端已彻底放弃：{ $error }
    .bare = Kafka 客户端已彻底放弃
    .meaning = librdkafka 报告了一个其他结论没有涵盖的致命错误，例如成员被隔离（fenced）。这样的客户端不会再工作；fetcher 会放弃它认领的分区，换一个新的客户端。
    .known = 客户端报告、由 fetcher 转述的错误，直到新的客户端有进展为止。
    .todo = 阅读事实中的错误。如果每个新客户端都再次出错，说明外部有东西在争用同一个身份：另一个配置相同的进程，或拒绝该协议的 broker。
    .reproduce = playground 的消费组最多有三个成员（broker 的 group.consumer.max.size），第一个 rollcall 占满三个。第四个被拒绝时 librdkafka 会彻底放弃；fetcher 会用新的客户端再试。

AUTHENTICATION_FAILED = broker 拒绝这个客户端的凭据：{ $error }
    .bare = broker 拒绝这个客户端的凭据
    .meaning = SASL 或 TLS 拒绝了客户端。它读不到消息，一两秒后就不再报错；rollcall 会记住。
    .known = 客户端的认证或 TLS 错误，一直记到连接成功为止。
    .todo = 对照监听端口的要求检查 security.protocol、sasl.mechanisms、用户名、密码和 CA。只要有一次拉取成功，这个结论就会自动消失。
    .reproduce = playground 的 9093 端口要求 SASL；因为无法先查看消费组，所以用 --join。

PROTOCOL_MISMATCH = broker 一言不发就断开连接：{ $error }
    .bare = broker 一言不发就断开连接
    .meaning = 客户端连上了，broker 立刻关闭连接。要求 TLS 或 SASL 的监听端口遇到明文客户端时就是这样。没有任何错误会说明这一点；而宕机的 broker 会拒绝连接。
    .known = 没有任何连接在线，客户端日志的最后一条说明对端在 100 ms 内挂断，此后没有出现拒绝连接。
    .todo = 对照 bootstrap.servers 所指的监听端口检查 security.protocol：PLAINTEXT、SSL、SASL_PLAINTEXT 还是 SASL_SSL。

GROUP_PROTOCOL_MISMATCH = 消费组拒绝了这个客户端：{ $error }
    .bare = 消费组拒绝了这个客户端
    .meaning = 消费组的另一个成员使用的再均衡协议或分配器与 rollcall 的 fetcher 不同。后来者会被拒绝，而且只有它自己知道。或者 fetcher 不加入消费组（membership 为 fixed），而该组有成员：它不接受来自组外的提交。
    .known = 客户端加入消费组时得到的错误，一直记到它成为成员为止；不加入消费组的 fetcher 则依据消费组的描述，每 2 s 询问一次，直到没有成员。
    .todo = 停掉其他成员，或给 rollcall 一个单独的消费组。原来的消费者以后可以用同一个 group id 回来。

AUTHORIZATION_DENIED = 缺少对 { $denied_on } 的权限：{ $error }
    .short = 缺少对 { $denied_on } 的权限
    .bare = 缺少对主题或消费组的权限
    .meaning = 凭据没有问题，但客户端无权读取主题，或无权使用消费组。很可能有消息在等。
    .known = 客户端的授权错误，其中指明了主题或消费组，一直记到同一凭据拉取成功为止。
    .todo = 给 fetcher 的用户授予主题的 READ 和 DESCRIBE、消费组的 READ。授权后几秒内就会生效。
    .reproduce = playground 的用户 alice 在用 kafka-acls.sh 授权之前没有任何权限。

TOPIC_MISSING = 集群里没有这个名称的主题
    .meaning = 集群的元数据里没有这个主题：从未创建、已被删除、名称写错，或者没有权限看到它。
    .known = 连续两次元数据应答（间隔至少 1 s）都没有这个主题。不等客户端报错：主题在运行中被删除时客户端不会报错。
    .todo = 与主题的负责人逐字核对名称。如果主题应当存在，就创建它：几秒内会自动开始读取。

TOPIC_RECREATED = 主题被删除后又以同名重建
    .meaning = 主题的 id 与开始读取时不同：名称相同，日志却是另一个。若沿用旧位点，会悄悄跳过最前面的消息，所以从头读起。
    .known = Kafka 的 topic id 与分配分区时不同。只看位点是看不出来的。
    .todo = 新主题无需处理。如果旧消息重要，它们已随旧主题消失：问一问是谁删除的。

CLUSTER_UNREACHABLE = { $bootstrap } 上没有 broker 应答
    .bare = 没有 broker 应答
    .meaning = fetcher 连不上集群的任何 broker。消费组可能仍显示稳定、已分配；那是旧的画面。
    .known = 客户端没有一条连接是通的，使用独立连接的探测也失败。
    .todo = 从 fetcher 所在机器检查 broker、网络和 bootstrap.servers。集群恢复后几秒内会自动继续读取。

POLL_INTERVAL_EXCEEDED = 客户端已有 { $polled_ago } 没有被轮询，已离开消费组
    .bare = 客户端太久没有被轮询，已离开消费组
    .meaning = 成员超过 max.poll.interval.ms 没有被轮询就会离开消费组，它的分区会交给别人。不会丢消息：没有提交的会重新读取。
    .known = 客户端这样报告，且此后没有分区；或 fetcher 自己记录的轮询线程时间。
    .todo = 查看 fetcher 所在的机器：被暂停或得不到 CPU 的进程不会轮询。它会自己重新加入。
    .reproduce = 像调试器那样停住轮询线程，python3 结束后它继续运行。需要 Linux、python3 和跟踪其他进程的权限：root，或 kernel.yama.ptrace_scope=0。整个进程停住时也不会上报，结论是 FETCHER_UNREACHABLE。

NO_COORDINATOR = 消费组没有协调器
    .meaning = 管理这个消费组的 broker 没有应答，所以消费组无法形成，提交也在等待。已经稳定的成员会继续读取，不加入消费组而持有该分区的 fetcher 也一样，这时它只列在结论旁边。
    .known = 客户端自己的消费组状态显示已寻找协调器 10 s。
    .todo = 检查 broker：__consumer_offsets 中这个消费组所在分区的 leader 已宕机或挂起。
    .reproduce = playground 的所有消费组都由节点 1 协调；冻结节点 1，而主题在节点 2 上。

REBALANCING = 消费组正在分配分区，已持续 { $rebalancing_for }
    .bare = 消费组正在分配分区
    .meaning = 消费组在成员之间移动分区期间，这个分区没有持有者。通常一两秒内自行结束。
    .known = 分区没有分配，消费组正在进行一轮再均衡。如果 5 分钟内无主超过 60 s，就变成故障：成员加入和离开得太频繁，或者有成员死掉了。
    .todo = 等待。如果一直不结束：找出反复加入和离开的成员，或者被强杀而会话还没到期的成员。
    .reproduce = 冻结持有两个分区的成员，于是它必须让出一个分区的那一轮再均衡结束不了。直到消费组认定该成员已离开为止都能看到。

PARTITION_UNOWNED = 消费组已有 { $unowned_for } 没有把这个分区分给任何成员
    .short = 已有 { $in_no_shard_for } 没有 fetcher 认领这个分区：它们的分片（{ $shards }）都不包含它
    .bare = 这个分区无人持有
    .meaning = 分区存在，消费组稳定，却没有成员拥有它。新增的分区在成员刷新元数据之前就是这样；若起始策略是 latest，它最初的消息会被跳过。或者 fetcher 不加入消费组（membership 为 fixed），而该分区不在任何一个现有 fetcher 的分片里。
    .known = 元数据里有这个分区，而消费组的描述没有它的持有者；或者没有 fetcher 认领它，而按它们所说的分片，也不会有。
    .todo = 等半分钟：fetcher 会按这个频率刷新元数据。如果一直如此，查看 fetcher 的日志，以及元数据过旧的其他成员。若 fetcher 使用分片：启动缺少的那一个，并让所有 fetcher 的分片总数一致。
    .reproduce = 在 classic 协议的消费组里，leader 要刷新元数据之后才会分配新增的分区；这里把刷新间隔设为五分钟。

NO_MEMBER = 消费组没有成员
    .meaning = 消费组里没有人：应用没有运行，或无法加入。如果有消息在等，就没有人读取。只用于由其他软件运行的消费组。
    .known = 消费组的协调器说它是空的。没有消息在等时只是提示；有消息在等时，5 s 后成为故障。
    .todo = 启动应用，或查明它为什么离开：可能崩溃了、被缩容到零，或因没有及时 poll 被移出。

NO_GROUP = 没有这个消费组，也从未为它提交过任何位移
    .meaning = 集群不认识这个名字的消费组：名字写错了、连错了集群，或它的提交已经过期。不存在的读取者无从判断。
    .known = 协调器说这个消费组已不存在，而且没有它对任何主题的提交。
    .todo = 检查消费组名和集群：用 `kafka-consumer-groups.sh --list` 列出消费组。新开始的消费组会自行出现。

NOT_SUBSCRIBED = 消费组的成员在读其他主题，没有成员读这个主题
    .meaning = 消费组稳定而且有成员，但没有成员持有这个主题的分区：这是以前读过它的应用留下的旧提交，或是按名字加进来的主题。
    .known = 协调器对消费组的描述：没有任何成员的分配里有这个主题。
    .todo = 如果这个主题本来就不再读取，什么都不用做；旧提交会自行过期。否则检查应用的主题列表。

OWNER_ELSEWHERE = 由消费组的另一个成员读取：{ $owner_host } 上的 { $owner_client_id }
    .bare = 由消费组的另一个成员读取
    .meaning = 消费组把分区分给了不是 rollcall 的成员，而且它在读取。消息都去了那里。
    .known = 消费组稳定，消费组描述指明了持有者，它的提交在前进或已到末尾。
    .todo = 如果那个成员是你正在迁出的应用，停掉它，分区就会过来；否则给 rollcall 一个单独的消费组。

OWNER_SILENT = 消费组的另一个成员持有分区却不读取：{ $owner_host } 上的 { $owner_client_id }
    .bare = 消费组的另一个成员持有分区却不读取
    .meaning = 消费组把分区分给了不是 rollcall 的成员，而它不读取：消息在等。它可能卡住了，或者已经死掉而会话还没到期。
    .known = 消费组稳定，消费组描述指明了持有者，它的提交停在末尾之前至少 10 s 没有变化。
    .todo = 检查那个进程；它退出后，消费组会在会话超时后把分区交给别人。

BROKER_DOWN = 分区的 leader { $last_leader } 已宕机 { $leader_down_for }
    .short = 分区的 leader { $last_leader } 已宕机
    .bare = 分区的 leader 已宕机
    .meaning = 分区的 leader 所在 broker 连不上，也没有别的 broker 接替。其他分区不受影响。
    .known = 需要拉取，到 leader 的连接断开，对这个分区的探测也失败。普通的主从切换约需 10 s，在此之前只作提示。
    .todo = 检查那台 broker。如果主题只有一个副本，消息要等 broker 恢复才回来；别无他法。
    .reproduce = 这会杀死 playground 的节点 2；之后请重新启动 playground。

LEADER_UNAVAILABLE = 分区没有 leader；上一个是 { $last_leader }
    .bare = 分区没有 leader
    .meaning = 集群知道这个分区，但没有 leader：唯一的（同步）副本所在 broker 不在了。
    .known = 客户端和探测得到的元数据都这样说。选举需要时间，所以 30 s 内只作提示。
    .todo = 恢复副本所在的 broker。kafka-topics.sh --describe --unavailable-partitions 会显示是哪一台。
    .reproduce = 在 rollcall 启动之前杀死 playground 的节点 2，这样就没有可记住的 leader；之后请重新启动 playground。

BROKER_NOT_ANSWERING = 分区的 leader { $last_leader } 连接着，却已有 { $last_response } 没有应答
    .short = 分区的 leader 已有 { $last_response } 没有应答
    .bare = 分区的 leader 连接着，却不应答
    .meaning = 连接还在，请求在里面等，什么也没有回来：broker 挂起，或网络吞掉了数据包。客户端自己要到 socket.timeout.ms 之后才会发现。
    .known = 有请求在途，broker 沉默的时间超过一次拉取允许的等待（W + 1 s），没有配额可以解释，而且对这个分区的探测失败。
    .todo = 查看那个 broker：进程被暂停了吗？磁盘卡住了吗？网络断了吗？换了 leader 的话，几秒内就会发现。
    .reproduce = 进程被冻结后连接仍在。在集群放弃这个节点（9 s）之前都能看到。

OFFSET_OUT_OF_RANGE = { $lost_records_at_most } 条消息在读取之前就没有了
    .bare = 读取位置不在日志范围内
    .meaning = 本应继续读取的位置已不在日志里：保留策略或 DeleteRecords 在读取之前删掉了消息，或者日志被截断。丢失的范围会被列出，绝不悄悄跳过。
    .known = 在读到位置之后发起的探测表明，位置落在日志起点与末尾之外；或者提交的位点在日志之外，读取不是从它开始的。
    .todo = 判断列出的消息是否重要；rollcall 会从它们之后继续。如果再次发生，说明保留时间短于最长的停机时间：调大 retention.ms。

START_OFFSET_UNKNOWN = 分区已分配，但从哪里开始已有 { $unresolved_for } 不明
    .bare = 分区已分配，但从哪里开始不明
    .meaning = 分区归我们，但读不到提交位点或日志两端，所以还没有开始读取。猜测可能会丢消息。
    .known = fetcher 自己的台账：分区已分配而起始位点未定，超过 5 s。
    .todo = 需要消费组的协调器和分区的 leader：两者都检查一下。期间会一直重试。
    .reproduce = 在 fetcher 开始之前冻结分区的 leader，于是问不到日志的两端。它出现在第 5 秒之后，到集群放弃这个 leader（9 s）为止。

RECORD_TOO_LARGE = 位点 { $record_offset } 处一条 { $record_bytes } 字节的消息挡住了分区
    .bare = 一条超过上限的消息挡住了分区
    .meaning = 一条消息大于 fetcher 或其 Kafka 客户端的上限。不会跳过它，因为那样会丢消息；它所在的分区在等。
    .known = fetcher 量过这条消息，或者客户端报告应答超过 receive.message.max.bytes。
    .todo = 把 max_record_bytes（以及 receive.message.max.bytes）调到消息大小以上；如果它是垃圾数据，就确认它的位点，从它之后继续。

UNDECODABLE_BATCH = 日志中有一个批次无法解读：{ $error }
    .bare = 日志中有一个批次无法解读
    .meaning = 客户端无法解码这个分区的一个批次：校验和不对，或者压缩格式未知或已损坏。读取停在它前面，因为它后面的内容也可能损坏。
    .known = 客户端的解码错误，为该分区记住，同时读取位置一直在末尾之前。
    .todo = 检查该分区各副本的磁盘。若要越过这个批次，确认到它之后的位点；其中的消息就丢失了。

COMMIT_FAILING = 提交失败：{ $error }
    .bare = 提交失败
    .meaning = 消息在流动也有确认，但消费组的提交位点没有跟上。重启后这些消息会再来一次。
    .known = 每次提交都从 Kafka 得到同样的错误，持续 10 s；属于再均衡的错误不算。
    .todo = 阅读错误：缺少消费组的权限、协调器宕机，或者分区被别的成员拿走了。
    .reproduce = 让保存消费组位点的主题暂时不接受这么大的消息。

WAITING_FOR_ACK = { $unacked } 条消息已交给 { $leased_to } { $leased_for }，仍未确认
    .short = 消息被退回，{ $back_off_ends_in } 后重新发放
    .bare = 现有的消息都在租约中，没有人确认
    .meaning = 能发放的都已在租约中：某个客户端取走了消息，既没有确认也没有退回。在它这样做之前，或租约到期之前，这些消息不会给别人。
    .known = aggregator 自己的账目：哪个租约、归谁、从何时起。
    .todo = 查看列出的客户端：它是慢、卡住了，还是忘了确认？租约到期后，消息会重新发给来收取的人。

NO_CLIENT = { $buffered } 条消息在等，已有 { $last_gathered } 没有人来收取
    .short = { $buffered } 条消息在等，从来没有人来收取
    .bare = 消息在等，没有人来收取
    .meaning = 消息已经在这里，但一分钟内没有人要过这个主题。窥看（peek）不算：它不取走任何东西。
    .known = aggregator 自己的账目：缓冲中的消息，以及上一次要过这个主题的收取时间。
    .todo = 启动负责收取的客户端，或检查它。它的请求里有这个主题吗？
    .reproduce = 需要等一分钟。

PAUSED_BACKPRESSURE = 读取已暂停 { $paused_for }：读到的消息取走得不够快
    .bare = 读取已暂停：读到的消息取走得不够快
    .meaning = 这个主题的缓冲已满，所以 fetcher 停止读取。不会丢消息；一有空间就继续。
    .known = fetcher 自己的暂停台账，以及 aggregator 的额度账目。
    .todo = 加快取走消息：更频繁地收取、调大 max_records、更早确认；如果只是短时突发，就调大缓冲上限。

NOT_POLLED = 已拉取的消息有 { $handed_over_unchanged_for } 没有交出
    .bare = 已拉取的消息没有交出
    .meaning = Kafka 客户端已经拉取了消息，fetcher 却没有取走，尽管没有任何东西限制它。fetcher 进程里有什么停住了。
    .known = 下一个拉取位点超过了轮询到达的位点，而且后者在没有反压的情况下至少 10 s 没有变化。
    .todo = 查看 fetcher：CPU、日志、是否被暂停。重启不会丢消息。请用 `rollcall explain TOPIC -o json` 报告这个问题。
    .reproduce = 像调试器那样停住轮询线程，python3 结束后它继续运行。需要 Linux、python3 和跟踪其他进程的权限：root，或 kernel.yama.ptrace_scope=0。整个进程停住时也不会上报，结论是 FETCHER_UNREACHABLE。

THROTTLED = { $throttled_by } 的配额限制了这个客户端：{ $throttle }
    .short = 配额限制了这个客户端：{ $throttle }
    .bare = 配额限制了这个客户端
    .meaning = 客户端取得的超过配额允许的量，broker 推迟应答。长时间限流之后，它可能再沉默最多一分钟。取消配额并不会结束正在进行的限流。
    .known = 客户端统计里的限流时间，至少 100 ms；它只出现一次，会一直记到结束为止。
    .todo = 为这个 client id 或用户提高 consumer_byte_rate 或 request_percentage（kafka-configs.sh --describe --entity-type clients），或少读一些。

OPEN_TRANSACTION = 一个自 { $open_since } 起打开（{ $open_for }）的事务挡住了 { $hidden } 条消息；在它之前的都已读完
    .short = 一个打开了至少 { $open_at_least_for } 的事务挡住了 { $hidden } 条消息；在它之前的都已读完
    .shorter = 一个未结束的事务挡住了 { $hidden } 条消息；在它之前的都已读完
    .bare = 一个未结束的事务挡住了消息；在它之前的都已读完
    .meaning = 消费者只读已提交的消息，第一个未结束的事务之前的都已读完。它之后的消息，包括普通消息，都要等这个事务结束才看得到。
    .known = 读取位置 = 最后稳定位点（LSO）< 高水位，并且 LSO 是在高水位之后查询的。打开时间取自 LSO 处那条消息的时间戳，读取时不考虑事务。
    .todo = 找到写入方并结束它的事务：kafka-transactions.sh describe-producers。增加消费者没有用。最迟在 transaction.max.timeout.ms 之后，broker 会结束它。

NO_VISIBLE_RECORDS = 读取位置越过了 { $offsets_without_records } 个没有可读消息的位点
    .bare = 读取位置越过了没有可读消息的位点
    .meaning = 日志增长了，也读过了，但没有可交付的内容：控制记录、中止的事务，或压缩留下的空档。
    .known = 读取位置在最近几秒内增长，轮询已到达那里，途中没有交出任何消息。
    .todo = 无需处理。如果本应有消息，问一问生产者为什么中止事务。
    .reproduce = 杀死生产者，broker 在事务开始 15 s 后中止它。

WAITING_MIN_BYTES = broker 要等到 { $fetch_min_bytes } 字节才应答，最多等 { $fetch_wait }
    .bare = broker 要等到 fetch.min.bytes 才应答
    .meaning = 有几条消息，broker 把它们扣住，直到凑够 fetch.min.bytes，或拉取等待结束。这是该设置的代价，不是故障。
    .known = fetch.min.bytes 大于 1，等待的消息少于那么多字节所能容纳的，等待时间不到一次拉取等待，而且 broker 在应答。
    .todo = 无需处理，或降低 fetch.min.bytes：设为 1 时单条消息立即送达。
    .reproduce = 在 broker 等待期间都能看到。

ARRIVED_TOO_LATE = 消息已在路上，没赶上这次收取
    .meaning = 消息比这次收取晚到了一点。下一次就能取到。
    .known = 收取结束时读取位置还在末尾之前并且在前进，或者有批次在传输中。
    .todo = 再收取一次。如果经常发生，把等待时间稍微调长就能赶上。
    .reproduce = 上一次收取结束之后到达的消息，会一直这样报告，直到有人再次收取；一分钟后结论是 NO_CLIENT。

STUCK_WITH_LAG = { $readable } 条消息在等，读取位置已有 { $position_unchanged_for } 没有前进
    .short = { $readable } 条消息在等，读取位置不前进
    .bare = 消息在等，读取位置不前进
    .meaning = 有消息可读却没有读，而其他结论都解释不了。
    .known = 两次新的探测都表明，读取位置之后有消息，而位置至少 10 s 没有变化（普通的主从切换需 9.9 s）。
    .todo = 查看 fetcher 中这个主题的日志。这是排除其他所有结论之后剩下的一个：请附上 `rollcall explain TOPIC -o json` 的输出报告给我们。
    .reproduce = 对别的软件运行的消费组：读取方被冻结，只有它的提交能说明。对 rollcall 自己的 fetcher，则是所有能人为造成的原因都排除之后剩下的。

SKIPPED_TO_END = 按策略从末尾开始；有意跳过了 { $records } 条更早的消息
    .bare = 按策略从末尾开始；有意跳过了更早的消息
    .meaning = 没有提交位点，起始策略是 `latest`：从末尾开始读，之前的消息不读。
    .known = fetcher 自己确定了起点，并数过跳过的消息；此后没有收到消息。
    .todo = 如果本意如此，无需处理。否则把起始策略设为 `earliest` 并换一个新的消费组，或用 kafka-consumer-groups.sh --reset-offsets 回退这个消费组。

PRODUCER_OVERDUE = 已沉默 { $silence }；间隔中位数 { $gap_median }，最长 { $gap_longest }（共 { $gap_count } 个间隔）；读取方已追平
    .short = 已沉默 { $silence }，远超以往；读取方已追平
    .bare = 沉默的时间远超以往；读取方已追平
    .meaning = 消息都已读完，而主题沉默的时间远远超过它自己的历史。读取方没有问题；写入方可能有。
    .known = 已知至少 20 个间隔，当前沉默超过一两天内最长间隔的 3 倍，并且在日志能追溯到的范围内，昨天或一周前的同一时段并非如此。间隔不均匀时（长于最长者三分之一的间隔不到四分之三），须已知 60 个间隔，且为 6 倍：突发或重尾的少数几个间隔说明不了下一个。
    .todo = 询问谁在写这个主题。如果沉默是预期的，就告诉 rollcall：设置该主题的 max_silence 或 expect_empty。

PRODUCER_SLOWER_THAN_TIMEOUT = 约每 { $gap_usual } 写入一次，所以等待 { $timeout } 的收取有 { $p_empty } 是空的
    .short = 写入间隔长于收取的等待时间：{ $p_empty } 是空的
    .bare = 写入间隔长于收取的等待时间
    .meaning = 消息都已读完，而主题的写入间隔长于收取的等待时间。大多数空结果都是对的。
    .known = 由新的探测得知末尾，再把主题的常见间隔与生效的等待时间相比。
    .todo = 无需处理；如果值得多等一会儿来减少空结果，就用建议的等待时间收取。

TOPIC_EMPTY = { $never_written ->
        [yes] 从未写入过
       *[other] 所有消息都已被清除
    }
    .bare = 日志里没有消息
    .meaning = 日志是空的。位点为 0 说明从未写入过；不为 0 说明消息已被清除。
    .known = 日志起点 = 末尾，两者都探测过。
    .todo = 如果应当有消息：与负责人核对名称，以及生产者写到了哪里。

CAUGHT_UP = 已全部读完；已沉默 { $silence }
    .bare = 已全部读完
    .meaning = 没有可读的消息：每个分区都已读到末尾。空就是正确的回答。
    .known = 在探测末尾之后读到的位置不低于末尾，也没有跳过任何无法解释的内容。
    .todo = 无需处理。

UNDETERMINED = 尚未确认：可能是 { $suspected }，{ $confirmed_in } 后可知
    .short = 缺少证据：{ $missing_evidence }
    .shorter = aggregator 在 { $starting_for } 前启动，正在等 fetcher
    .bare = 证据过旧或缺失
    .meaning = 说不出主题为什么沉默，因为缺少必须知道的东西。这不会被当作健康报告。
    .known = 要找的事实显示未知，或者旧到不能据以判断。
    .todo = 过一两秒再问：刚启动时证据还在路上。如果一直如此，查看 fetcher 的日志。

FLOWING = 有消息
    .meaning = 这次取到了消息，没有受到任何限制。
    .known = 收取本身。
    .todo = 无需处理。

CAPPED_BY_MAX_RECORDS = 被 max_records 截断；还有 { $waiting } 条在等
    .bare = 被 max_records 截断；还有消息在等
    .meaning = 取到的消息数已达收取对每个主题的上限，还有更多在等。
    .known = 收取本身，以及它发放之后剩下的积压。
    .todo = 积压在减少就无需处理。否则更频繁地收取，或调大 max_records。

CAPPED_BY_MAX_BYTES = 被 max_bytes 截断；还有 { $waiting } 条在等
    .bare = 被 max_bytes 截断；还有消息在等
    .meaning = 应答的字节数已达收取对所有主题合计的上限，还有更多消息在等。
    .known = 收取本身，以及它发放之后剩下的积压。
    .todo = 积压在减少就无需处理。否则更频繁地收取，或调大 max_bytes。

FALLING_BEHIND = 滞后在 { $watched_for } 内从 { $lag_before } 增长到 { $lag } 条；按此速率永远读不完
    .bare = 滞后在增长：到来的消息多于取走的
    .meaning = 这次取到了消息，但在最近的时间窗口内，到来的多于取走的。
    .known = 时间窗口开始和结束时的积压，由探测得到。
    .todo = 加快取走消息：更频繁地收取、调大 max_records、更早确认，或分担工作。

RETENTION_NEAR = 最旧的未读消息将在 { $expires_in } 后过期
    .bare = 最旧的未读消息即将过期
    .meaning = 不久之后，保留策略会删除客户端尚未拉取的最旧消息（其他软件运行的消费组：尚未提交的）。它只会附在说明未读原因的结论旁边。客户端已经拉取的消息不在此列，未结束事务之后的消息也不在此列：前者会送到，后者在事务结束之前无法查看。
    .known = 主题的 retention.ms，以及读取位置处那条消息的时间戳（等待满 10 s 后才去查看）：剩余时间不到保留时间的十分之一。broker 按整段删除，所以它可能活得更久，不会更短。
    .todo = 消除原因，或在消除之前为主题设置更长的 retention.ms。
    .reproduce = 需要一分半钟，结果列在“同时”一行：消息只保留 100 s，客户端放不下全部，也没有人收取。
