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
doctor-normal = 正常 { $count } 个
doctor-groups = { $count } 个消费组：{ $tally }

doctor-groups-so-far = 目前 { $all } 个消费组中的 { $count } 个：{ $tally }

doctor-deeds = 没有加入任何消费组，没有提交，读取了 { $bytes }。
doctor-deeds-nothing = 没有加入任何消费组，没有提交，没有读取。
doctor-deeds-forbidden = 没有加入任何消费组，没有提交，没有读取（--no-read）。
doctor-rhythm = 每 { $gap } 一条消息，最长间隔 { $longest }（{ $gaps } 个间隔；{ $source }）
doctor-rhythm-unknown = 节奏未知
doctor-unseen = 从外部看不到的：已拉取而尚未处理的消息、暂停、客户端自身的错误、它的设置（用 --app 告知）、成员是否仍在轮询。
doctor-progress = { $total } 个结论中 { $settled } 个已确认，已观察 { $watched }，最多 { $limit }
doctor-progress-endless = { $total } 个结论中 { $settled } 个已确认，已观察 { $watched }
doctor-progress-none-endless = 正在查看 { $bootstrap }，已用 { $watched }
doctor-progress-none = 正在查看 { $bootstrap }，已用 { $watched }，最多 { $limit }
doctor-no-group = 在 { $bootstrap } 上没有看到所要的消费组：不存在，或者还没有 broker 应答（用更长的 --for 继续等待）。
doctor-idle = { $names }：已理解，但目前不影响任何判断
doctor-nobody = { $bootstrap } 向此客户端显示的 { $count } 个消费组都与所要的无关。
doctor-no-match = { $count } 个消费组中没有与 { $regex } 匹配的
doctor-left-out = { $names }：对从外部观察没有意义，已略去

outside-STUCK_WITH_LAG = { $readable_total } 条消息在等待，最早的已等待 { $oldest_unread }；提交的位点已有 { $position_unchanged_for } 没有移动
    .short = { $readable_total } 条消息在等待；提交的位点已有 { $position_unchanged_for } 没有移动
    .shorter = { $readable_total } 条消息在等待，提交的位点不动
    .bare = 有消息在等待，提交的位点不动
    .hidden = 从外部看，暂停、阻塞和出错是一样的。
outside-PRODUCER_SLOWER_THAN_TIMEOUT = 每 { $gap_usual } 一条消息，因此等待 { $timeout } 的调用有 { $p_empty } 是空的
    .bare = 写入间隔比一次调用等待的时间还长
outside-TOPIC_EMPTY = { $never_written ->
        [yes] 从未写入（日志起点 = 终点 = 0）
       *[other] 所有消息都已被清除（日志起点 = 终点）
    }
    .bare = 日志中没有消息

outside-ADVICE_CODE_RAISE_TIMEOUT = 或设 timeout_ms={ $timeout_millis }，空的比例降至 { $p_empty_then }
    .bare = 或用更长的等待时间调用
outside-ADVICE_CODE_RAISE_MAX_RECORDS = 提高 max_poll_records，或更频繁地调用
outside-ADVICE_CODE_LOOK_AT_FETCHER = 查看应用的日志
outside-ADVICE_CODE_LOOK_AT_OWNER = 查看该进程
