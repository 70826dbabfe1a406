kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic SHARED --partitions 2
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic SHARED --group shared \
  --consumer-property group.protocol=consumer >/dev/null &
sleep 6
seq 20000 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic SHARED
rollcall up -b 127.0.0.1:9092 -g shared -t SHARED --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 25
rollcall explain SHARED --server 127.0.0.1:7755
kill %1 %2
