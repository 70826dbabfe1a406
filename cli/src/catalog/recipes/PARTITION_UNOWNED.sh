kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic GROWN
rollcall-aggregator --topic GROWN --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  --log error &
rollcall-fetcher --topic GROWN -b 127.0.0.1:9092 -g grown --group-protocol classic --log off \
  --aggregator http://127.0.0.1:7755 \
  -X topic.metadata.refresh.interval.ms=300000 -X metadata.max.age.ms=900000 &
sleep 10
kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --alter --topic GROWN --partitions 2
sleep 45
rollcall explain GROWN --server 127.0.0.1:7755
kill %1 %2
