kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic FORMER
kafka-consumer-groups.sh --bootstrap-server 127.0.0.1:9092 --group moved --topic FORMER \
  --reset-offsets --to-earliest --execute
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic PRICES --group moved &
sleep 12
rollcall doctor -b 127.0.0.1:9092 -g moved
kill %1
