kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic GONE --replica-assignment 2
kill -KILL $(cat target/playground/broker-2.pid)
sleep 12
rollcall up -b 127.0.0.1:9092 -g leaderless -t GONE \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 40
rollcall explain GONE --server 127.0.0.1:7755
kill %1
