kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic FROZEN --replica-assignment 2
rollcall up -b 127.0.0.1:9092 -g frozen -t FROZEN \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 6
kill -STOP $(cat target/playground/broker-2.pid)
sleep 6
rollcall explain FROZEN --server 127.0.0.1:7755
kill -CONT $(cat target/playground/broker-2.pid); kill %1
