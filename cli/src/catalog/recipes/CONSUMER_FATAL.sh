kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic FULL
rollcall up -b 127.0.0.1:9092 -g full -t ORDERS -t PRICES -t FULL \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 8
rollcall up -b 127.0.0.1:9092 -g full -t FULL --join \
  --listen 127.0.0.1:7757 --admin-listen 127.0.0.1:7758 >/dev/null 2>&1 &
sleep 6
rollcall explain FULL --server 127.0.0.1:7757
kill %1 %2
