kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic MOVING --partitions 2
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic MOVING --group moving \
  --consumer-property group.protocol=consumer &
sleep 10
kill -STOP %1
rollcall up -b 127.0.0.1:9092 -g moving -t MOVING --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 3
rollcall explain MOVING --server 127.0.0.1:7755
kill -KILL %1; kill %2
