kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic LONE
rollcall up -b 127.0.0.1:9092 -g lone -t LONE \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  -X fetch.min.bytes=100000 -X fetch.wait.max.ms=20000 -X socket.timeout.ms=60000 >/dev/null 2>&1 &
sleep 6
echo one | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic LONE
for _ in 1 2 3 4 5; do rollcall gather -t LONE --server 127.0.0.1:7755; done
kill %1
