kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic SILENT --partitions 2
kafka-consumer-groups.sh --bootstrap-server 127.0.0.1:9092 --group silent --topic SILENT \
  --reset-offsets --to-earliest --execute
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic SILENT --group silent \
  --consumer-property group.protocol=consumer --consumer-property enable.auto.commit=false \
  >/dev/null &
sleep 6
seq 20000 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic SILENT
rollcall up -b 127.0.0.1:9092 -g silent -t SILENT --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 25
rollcall explain SILENT --server 127.0.0.1:7755
kill %1 %2
