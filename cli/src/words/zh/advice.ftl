# 该怎么办，给出数字。.command 是可以直接输入的命令，用到的事实都已知时才显示。

newer-advice = 这个 rollcall 比 aggregator 旧，不认识它的建议；请看 -o json

ADVICE_CODE_NOTHING = 无需处理
ADVICE_CODE_RAISE_TIMEOUT = 或用 --timeout { $timeout_setting } 收取，空的概率降到 { $p_empty_then }（现在 { $p_empty_now }）；如果收到后立即再次收取，则用 { $timeout_in_a_row_setting }
    .short = 或用 --timeout { $timeout_setting } 收取，空的概率降到 { $p_empty_then }（现在 { $p_empty_now }）
    .shorter = 或用 --timeout { $timeout_setting } 收取
    .bare = 或把收取的等待时间调长
ADVICE_CODE_RAISE_MAX_RECORDS = 收取时把 max_records 设为 { $max_records }，或更频繁地收取
    .bare = 调大 max_records，或更频繁地收取
ADVICE_CODE_RAISE_MAX_BYTES = 收取时把 max_bytes 设为 { $max_bytes }，或更频繁地收取
    .bare = 调大 max_bytes，或更频繁地收取
ADVICE_CODE_SETTLE = 查看 { $client }：它必须确认或退回取走的消息
    .bare = 确认或退回取走的消息
ADVICE_CODE_GATHER = 启动收取这个主题的客户端，或检查它
ADVICE_CODE_TAKE_FASTER = 加快取走消息：lag 每秒增长 { $rate } 条
    .bare = 加快取走消息：更频繁地收取，或更早确认
ADVICE_CODE_START_FETCHER = 启动或检查 fetcher：{ $fetcher }，最后一次见到是 { $last_seen } 前
    .short = 启动或检查 fetcher：{ $fetcher }
    .bare = 为这个主题启动一个 fetcher，或检查它
ADVICE_CODE_CHECK_TOPIC_NAME = 与主题的负责人核对主题名
ADVICE_CODE_CHECK_CLUSTER = 检查 broker 和网络：{ $bootstrap }
    .bare = 检查 broker 和网络
ADVICE_CODE_ASK_PRODUCER = 询问写入方
ADVICE_CODE_ASK_PRODUCER-OPEN_TRANSACTION = 找到写入方并结束它的事务；增加消费者没有用
    .command = kafka-transactions.sh --bootstrap-server { $bootstrap } describe-producers --topic { $topic } --partition { $partition }
ADVICE_CODE_LOOK_AT_OWNER = 查看持有者：{ $host } 上的 { $client_id }
    .bare = 查看持有这个分区的成员
ADVICE_CODE_WAIT = 等到 { $until }
    .bare = 等待
ADVICE_CODE_LOOK_AT_FETCHER = 查看 fetcher 的日志
ADVICE_CODE_RAISE_MAX_RECORD_BYTES = 把 max_record_bytes 调到 { $record_bytes } 以上（现在 { $max_record_bytes }）
    .bare = 调大 max_record_bytes
ADVICE_CODE_ACCEPT_LOSS = 判断这 { $records } 条消息是否重要：读取会从它们之后继续
    .bare = 判断这些消息是否重要：读取会从它们之后继续
