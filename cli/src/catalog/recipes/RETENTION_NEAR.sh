kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic KEPT --config retention.ms=100000
rollcall up -b 127.0.0.1:9092 -g kept -t KEPT -X queued.max.messages.kbytes=1024 \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 8
kafka-producer-perf-test.sh --topic KEPT --num-records 60000 --record-size 1000 --throughput -1 \
  --producer-props bootstrap.servers=127.0.0.1:9092
sleep 92; rollcall explain KEPT --server 127.0.0.1:7755
kill %1
