# The screen of `rollcall tune`.


column-gaps = GAPS
column-gap = GAP
column-p95 = P95
column-empty-now = EMPTY / IN A ROW
column-timeout = TIMEOUT / IN A ROW

tune-head = { $target } of calls shall have a record; judged at { $timeout }. First for a call at a random moment, then for calls in a row, each as soon as the one before was answered.
tune-gaps = { $count } in { $length }
    .bare = { $count }
tune-topic = { $topic }: { $says }
tune-watch = no advice with { $known ->
        [one] { $known } gap
       *[other] { $known } gaps
    }: watch for { $length } more, until 20 are known
    .bare = no advice with { $known ->
        [one] { $known } gap
       *[other] { $known } gaps
    }: { $missing } more have to be seen, and how long that takes is not known
tune-expected-empty = expected to be empty
tune-silent = silent for { $silence }, far beyond its rhythm: P is not known, and it is not counted; its timeout is for when records come again
tune-profile-reaches = profile { $profile } fits ({ $timeout }, { $records } records): empty { $empty }, and of those that reach the target it holds records back the least ({ $delay } at most)
    .short = profile { $profile } fits ({ $timeout }, { $records } records): empty { $empty }, and it holds no record back
tune-profile-fewest-empty = no profile reaches the target; { $profile } ({ $timeout }) comes nearest with { $empty } empty
tune-profile-fewest-left = every profile leaves records behind at this rate; { $profile } ({ $timeout }, { $records } records) the fewest, { $left } a call
tune-delay = today fetch.min.bytes of { $bytes } holds a record back for up to { $delay }
tune-left = today max_records of { $records } leaves { $left ->
        [one] { $left } record
       *[other] { $left } records
    } behind in a call that lasts its whole timeout
tune-roll = At { $timeout } every topic answers in { $all } of calls at random moments, in { $row } of calls in a row (the topics taken as independent).
tune-unknown = { $count ->
        [one] One topic is left out: too little is known of it.
       *[other] { $count } topics are left out: too little is known of them.
    }
tune-left-out-silent = { $count ->
        [one] One topic is left out: it has been silent far beyond its rhythm.
       *[other] { $count } topics are left out: they have been silent far beyond their rhythm.
    }
tune-left-out-empty = { $count ->
        [one] One topic is left out: it is expected to be empty.
       *[other] { $count } topics are left out: they are expected to be empty.
    }
tune-plot = P(every topic answers | timeout): at random, in a row; # both, - only one of them
tune-mark-now = judged
tune-mark-target = target
tune-mark-target-in-a-row = target in a row
tune-paste = To paste, { $timeout } for { $target } of calls with a record from every topic, whichever caller you are:
tune-no-advice = No topic is known well enough and keeps to its rhythm: no timeout is advised; run it again later.
tune-no-timeout = No timeout up to 5 min reaches the target for all topics together: gather the rare topics apart, or expect them to be empty.
