kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic LARGE
head -c 200000 /dev/zero | tr '\0' x |
  kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic LARGE
rollcall up -b 127.0.0.1:9092 -g large -t LARGE \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  -X fetch.max.bytes=50000 -X message.max.bytes=50000 -X receive.message.max.bytes=60000 \
  >/dev/null 2>&1 &
sleep 8
rollcall explain LARGE --server 127.0.0.1:7755
kill %1
