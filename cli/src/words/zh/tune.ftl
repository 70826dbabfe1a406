# `rollcall tune` 的屏幕。

column-gaps = 间隔数
column-gap = 间隔
column-p95 = P95
column-empty-now = 空 / 连续
column-timeout = 等待 / 连续

tune-head = { $target } 的收取应当有消息；按 { $timeout } 评估。前一个数针对随机时刻的收取，后一个数针对连续收取（前一次一有结果就再次收取）。
tune-gaps = { $count }，{ $length } 内
    .bare = { $count }
tune-topic = { $topic }：{ $says }
tune-watch = 只有 { $known } 个间隔，不给建议：再观察 { $length }，直到有 20 个
    .bare = 只有 { $known } 个间隔，不给建议：还要看到 { $missing } 个，需要多久还不知道
tune-expected-empty = 预期为空
tune-silent = 已静默 { $silence }，远超其节奏：概率未知，不计入；其等待时间适用于消息恢复之后
tune-profile-reaches = 方案 { $profile } 合适（{ $timeout }，{ $records } 条）：空 { $empty }，在达到目标的方案中延迟最小（最多 { $delay }）
    .short = 方案 { $profile } 合适（{ $timeout }，{ $records } 条）：空 { $empty }，且不推迟任何消息
tune-profile-fewest-empty = 没有方案达到目标；{ $profile }（{ $timeout }）最接近，空 { $empty }
tune-profile-fewest-left = 以现在的速率，每个方案都会留下消息；{ $profile }（{ $timeout }，{ $records } 条）留下最少，每次 { $left } 条
tune-delay = 现在 fetch.min.bytes 为 { $bytes }，一条消息最多被推迟 { $delay }
tune-left = 现在 max_records 为 { $records }，等满时间的一次收取会留下 { $left } 条
tune-roll = 等待 { $timeout } 时，随机时刻的收取有 { $all } 每个主题都有消息，连续收取有 { $row }（视各主题为相互独立）。
tune-unknown = { $count } 个主题未计入：对它们所知太少。
tune-left-out-silent = { $count } 个主题未计入：静默时间远超其节奏。
tune-left-out-empty = { $count } 个主题未计入：预期为空。
tune-plot = 每个主题都有消息的概率与等待时间：随机，连续；# 两者，- 只有其一
tune-mark-now = 评估
tune-mark-target = 目标
tune-mark-target-in-a-row = 连续收取的目标
tune-paste = 可直接粘贴：等待 { $timeout }，无论哪种收取方式，{ $target } 的收取每个主题都有消息：
tune-no-advice = 没有所知足够且仍保持节奏的主题，无法建议等待时间；请稍后再试。
tune-no-timeout = 5 分钟以内没有等待时间能让所有主题一起达到目标：把少写的主题分开收取，或设为预期为空。
