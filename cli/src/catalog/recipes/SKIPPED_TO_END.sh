kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic OLD
seq 100 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic OLD
rollcall up -b 127.0.0.1:9092 -g old -t OLD \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 -X auto.offset.reset=latest \
  >/dev/null 2>&1 &
sleep 6
rollcall explain OLD --server 127.0.0.1:7755
kill %1
