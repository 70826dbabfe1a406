kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic HANGING --replica-assignment 2
kill -STOP $(cat target/playground/broker-2.pid)
rollcall up -b 127.0.0.1:9092 -g hanging -t HANGING --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; rollcall status -o line --server 127.0.0.1:7755; done
kill %1; kill -CONT $(cat target/playground/broker-2.pid)
