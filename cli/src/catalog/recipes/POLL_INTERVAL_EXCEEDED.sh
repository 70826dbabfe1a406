kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic ASLEEP
rollcall up -b 127.0.0.1:9092 -g asleep -t ASLEEP \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  -X max.poll.interval.ms=45000 >/dev/null 2>&1 &
sleep 6
kill -STOP %1
sleep 50
kill -CONT %1
for _ in $(seq 10); do rollcall status -o line --server 127.0.0.1:7755; sleep 0.3; done
kill %1
