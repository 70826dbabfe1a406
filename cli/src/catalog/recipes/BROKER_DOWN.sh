kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic REMOTE --replica-assignment 2
rollcall up -b 127.0.0.1:9092 -g down -t REMOTE \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 6
kill -KILL $(cat target/playground/broker-2.pid)
sleep 14
rollcall explain REMOTE --server 127.0.0.1:7755
kill %1
