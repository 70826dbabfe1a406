kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic FAR --replica-assignment 2
kill -STOP $(cat target/playground/broker-1.pid)
rollcall up -b 127.0.0.1:9102 -g headless -t FAR --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 15
rollcall explain FAR --server 127.0.0.1:7755
kill %1; kill -CONT $(cat target/playground/broker-1.pid)
