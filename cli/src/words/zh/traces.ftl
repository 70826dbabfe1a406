# 关于记录：写入记录，以及离线重新判断。

trace-judged = 根据记录重新判断（由 rollcall { $version } 写入），消费组 { $group }，时间点 { $at }
trace-cut = 记录在第 { $line } 行中断：仅按已有内容判断，截至 { $at }
trace-skipped = { $count } 行属于本版本 rollcall 不认识的类型，已跳过
trace-state = 记录开头的状态来自其他版本：之前已知的内容缺失
trace-missed = 缺少 { $count } 行：写入记录的一方太慢
trace-differs = { $all } 次判断中有 { $count } 次与当时不同；首次在 { $at }：当时为 { $then }，现在为 { $now }

recording = 正在写入 { $file }；按 Ctrl-C 结束
recorded = { $file }：{ $topics } 个主题，时长 { $length }，{ $lines } 行，{ $kilobytes } kB；其中不含消息内容

column-gather = 收取
column-at = 时间
column-closed = 关闭方式
column-took = 用时
column-empty = 空
column-client = 客户端
column-until = 截止
column-lasted = 持续
until-now = 现在
of-partitions = { $some }/{ $all }
no-verdict-yet = 尚无结论
in-turn = 交替
history-in-turn = 交替：结论在此项与上一项之间来回变化，次数如所示，每次都不到一分钟。
history-outside = 从外部观察了 { $watched }：此前的情况未知；收取记录只存在于运行中的 rollcall。
