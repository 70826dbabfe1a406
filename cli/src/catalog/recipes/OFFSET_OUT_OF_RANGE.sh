kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic SHORT
rollcall up -b 127.0.0.1:9092 -g short -t SHORT \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 6; kill %1; wait
seq 100 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic SHORT
echo '{"version": 1, "partitions": [{"topic": "SHORT", "partition": 0, "offset": 60}]}' \
  > /tmp/cut.json
kafka-delete-records.sh --bootstrap-server 127.0.0.1:9092 --offset-json-file /tmp/cut.json
rollcall up -b 127.0.0.1:9092 -g short -t SHORT --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 8
rollcall explain SHORT --server 127.0.0.1:7755
kill %2
