kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic DAMAGED --replica-assignment 1
seq 100 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic DAMAGED
printf X | dd of=target/playground/data-1/DAMAGED-0/00000000000000000000.log bs=1 seek=100 \
  conv=notrunc
rollcall up -b 127.0.0.1:9092 -g damaged -t DAMAGED \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 10
rollcall explain DAMAGED --server 127.0.0.1:7755
kill %1
