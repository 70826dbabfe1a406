kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic LEFT
kafka-consumer-groups.sh --bootstrap-server 127.0.0.1:9092 --group left --topic LEFT \
  --reset-offsets --to-earliest --execute
seq 10 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic LEFT
rollcall doctor -b 127.0.0.1:9092 -g left
