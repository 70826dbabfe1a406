# 表格和结论四周的文字。

newer-verdict = 这个 rollcall 比 aggregator 旧，不认识这个结论；请看 -o json
nothing = 无
yes = 是
no = 否
never = 从未
unknown = 未知
ago = { $length } 前

# 列举、分句、句子之间的符号。
between-things = 、
between-clauses = ；
between-sentences = { "" }

# 段落左侧的标签。
label-rule = 规则
label-holds = 范围
label-becomes = 将变为
label-lost = 丢失
label-ruled-out = 已排除
label-also = 同时
label-gone = 已离开
label-standby = 待命
label-do = 处理
label-meaning = 含义
label-severity = 级别
label-known = 依据
label-confirmed = 确认
label-outside = 从外部
label-outside-rule = 外部规则
label-reproduce = 重现
reproduce-beside = 在 `make playground` 旁边的另一个终端里：

# 列名：仅限 rollcall 自己的列，Kafka 工具的列名不译。
column-topic = 主题
column-verdict = 结论
column-got = 取到
column-backlog = 积压
column-unacked = 未确认
column-last-record = 最近消息
column-partitions = 分区
column-since = 起始
column-median-gap = 间隔中位数
column-p-empty = 空的概率
column-fetchers = fetcher
column-in-short = 简述
column-fact = 事实
column-whole = 主题
column-source = 来源
column-age = 距今
column-condition = 条件

# 多项中的一项。
fact-phrase = { $name } { $value }（P{ $partition }）
    .bare = { $name } { $value }
fact-line = { $phrase }（{ $source }，{ $age } 前）
    .bare = { $phrase }（{ $source }）
lost-range = P{ $partition } 位点 { $first } 至 { $last }（{ $count }）
ruled-out-one = { $code }：{ $because }。
    .bare = { $code }。
also-one = { $severity } { $code }：{ $sentence }。
topic-says = { $topic }：{ $sentence }。处理：{ $advice }
    .bare = { $topic }：{ $sentence }。
topic-ghost = { $topic }：{ $says }
fetcher-gone = { $fetcher }（已离开）
fetcher-standby = { $fetcher }（待命）
was = （原为 { $verdict }）

demo = DEMO（内嵌 broker，消息为虚构）

last-gather = 第 { $id } 次收取，{ $age } 前，{ $close } { $timeout }：{ $records } 条消息，交给 { $client }
    .short = 第 { $id } 次收取，{ $age } 前，{ $close } { $timeout }：{ $records } 条消息
    .shorter = 最近一次收取，{ $age } 前，{ $close } { $timeout }：{ $records } 条消息，交给 { $client }
    .bare = 最近一次收取，{ $age } 前，{ $close } { $timeout }：{ $records } 条消息
no-gather-yet = 尚未有过收取
this-gather = 第 { $id } 次收取，{ $close } { $timeout }，用时 { $took }：{ $topics } 个主题共 { $records } 条消息
    .bare = 收取，{ $close } { $timeout }，用时 { $took }：{ $topics } 个主题共 { $records } 条消息
over-lanes = { $lanes } 条通道
one-lane = 仅通道 { $lane }（共 { $lanes } 条）
lane-away = 有一个被询问者没有回答：{ $why }
lane-said = { $server } 是通道 { $lane }（共 { $lanes } 条）
lanes-disagree = 被询问者对通道数的说法不一致（{ $said }）；请重启通道数不对的那些
lane-twice = 不止一个自称通道 { $lane }（共 { $lanes } 条）：{ $servers }；只留一个，或给其余的各自的编号
lane-missing = 缺少 { $count } 条通道：{ $missing }（共 { $lanes } 条）；回答的是其他通道（{ $servers }）；以下内容不含缺少的部分
group = 消费组 { $group }
group-unknown = 消费组未知
empty-roll = 名册为空：aggregator 没有要等的主题

faults = { $count } 个故障
warnings = { $count } 个警告
notes = { $count } 个提示
unknowns = { $count } 个未知
oks = { $count } 个正常
unconfirmed = { $count } 个尚未确认（…）
tally = { $counts }。

next = 下一步：{ $command }
exit = （退出码 { $code }）
partitions = { $all } 个分区中的 { $some } 个
more-partitions = 另有 { $count } 个分区：{ $verdicts }
since = 自 { $time } 起（{ $length }）
rhythm = 每 { $gap } 一条消息，最长间隔 { $longest }
timestamps-missing = 消息没有可用的时间戳，所以节奏取自到达时间
timestamps-ahead = 时间戳比本机时钟早 { $length } 到来（在未来），所以节奏取自到达时间
timestamps-behind = 消息到达时时间戳已旧 { $length }，所以节奏取自到达时间
buffered = 缓冲 { $used }，上限 { $budget }
counters = 启动以来：{ $counters }
standby = { $host } 上的 fetcher { $client } 在等待另一个 fetcher 持有的 { $count } 个分区
ghost = { $host } 上的 fetcher { $client }；消费组最晚到 { $end } 才释放它的分区
    .bare = { $host } 上的 fetcher { $client }
outcome-holds = 成立
outcome-failed = 不成立
outcome-unknown = 未知
whole-topic = 整个主题
has-verdict = { $partitions }：结论是 { $verdict }
no-rule = 所问的 aggregator 没有 { $verdict } 的规则
confirmed-at-once = 立即
confirmed-after = { $length } 后
confirmed-transaction = 超过 broker 的 transaction.max.timeout.ms（未知时按 15 分钟）+ 10 s 后
confirmed-frozen = 位点被认定不动后（10 s 或更久）
confirmed-commit-due = 提交逾期后（在得知多久提交一次之前为 2 分钟）
severity-at-once = { $severity }
severity-after = { $length } 后为 { $severity }
severity-transaction = 超过 broker 的 transaction.max.timeout.ms（未知时按 15 分钟）+ 10 s 后为 { $severity }
severity-as-it-says = 按其条件所述为 { $severity }
severity-frozen = 位点被认定不动后（10 s 或更久）为 { $severity }
severity-commit-due = 提交逾期后（在得知多久提交一次之前为 2 分钟）为 { $severity }
becomes = 若持续到 { $time }，级别变为 { $severity }

gathering = 最多收取 { $timeout }；按 Ctrl-C 结束
aggregator-is-back = aggregator 已恢复
stream-ended = aggregator 结束了数据流
last-picture = 正在重试，以下是最后一次的画面：{ $why }
trying-again = { $why }；正在重试

demo-offsets = DEMO：位点来自内嵌 broker
demo-title = DEMO（内嵌 broker，消息为虚构）：gRPC { $grpc }，admin http://{ $admin }
demo-starting = 正在启动：第一次收取需要一秒
demo-try = 在另一个终端里：
demo-ends = { $left ->
        [never] 按 Ctrl-C 结束。
       *[other] 按 Ctrl-C 结束，否则 { $left } 后结束。
    }
up-title = rollcall { $version }：gRPC { $grpc }，admin http://{ $admin }
up-joined = 已加入消费组 { $group }，{ $count } 个主题各有一个 fetcher；客户端确认之前不会提交任何消息；按 Ctrl-C 停止
up-look-waits = { $bootstrap } 尚无应答，已等待 { $waited }
up-look = 正在查看 { $bootstrap } 上的消费组 { $group }
up-stopping = 正在停止：提交已确认的消息，离开消费组
up-stopped = 已停止；提交过的只有起始位点和客户端已确认的消息

# 作为文档的目录。
labelled = { $label }：{ $text }
catalog-title = 结论
catalog-intro = rollcall 的全部结论，按判断的先后排列：第一个成立的就是结论，其余的列在旁边。主题的多个分区中，最差的一个代表主题。尚未确认的结论以 … 结尾，绝不会使退出码为 1。
catalog-letters = 规则用文字说明，对应的公式见英文版。
catalog-playground = 要重现某个结论，在一个终端里运行 `make playground`：它在 127.0.0.1:9092 启动真实的 Kafka，旁边运行 `rollcall up`，读取 ORDERS 和 PRICES。下面的命令在项目目录下一个新开的终端里执行，PATH 用第一个终端打印的值。在自己的 Kafka 上，只要配置允许，结果相同；对 KIP-848 组，playground 在 6 s 后认定成员已死，普通的 Kafka 是 45 s；classic 组的成员自己规定多久（默认 45 s）。
catalog-generated = 本页由 `make verdicts-doc` 生成，与 `rollcall verdicts CODE --lang zh` 的内容相同。`make reproduce` 原样执行每个结论的重现命令，最近一次的结果见 [REPRODUCED.md](REPRODUCED.md)。
lag-nothing = 还不知道任何分区；有 fetcher 连接吗？见 `rollcall status`
