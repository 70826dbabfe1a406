kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter --entity-type clients --entity-default \
  --add-config consumer_byte_rate=20000
kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic SLOW
kafka-producer-perf-test.sh --topic SLOW --num-records 2000 --record-size 1000 --throughput -1 \
  --producer-props bootstrap.servers=127.0.0.1:9092
rollcall up -b 127.0.0.1:9092 -g slow -t SLOW \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 6
for _ in $(seq 8); do rollcall gather -t SLOW --ack --server 127.0.0.1:7755 >/dev/null; done
rollcall explain SLOW --server 127.0.0.1:7755
kill %1
kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter --entity-type clients --entity-default \
  --delete-config consumer_byte_rate
