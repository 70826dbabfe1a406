kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic STUCK
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic STUCK --group stuck &
sleep 10; echo one | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic STUCK
sleep 6; kill -STOP %1
seq 500 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic STUCK
sleep 10; rollcall doctor -b 127.0.0.1:9092 -g stuck --app auto_commit_interval_ms=5000
kill -KILL %1
