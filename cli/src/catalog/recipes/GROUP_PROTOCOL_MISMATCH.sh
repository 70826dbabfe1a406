assignor=org.apache.kafka.clients.consumer.RoundRobinAssignor
kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS --group mixed \
  --consumer-property partition.assignment.strategy=$assignor &
rollcall-aggregator --topic ORDERS --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  --log error &
sleep 15
rollcall-fetcher --topic ORDERS -b 127.0.0.1:9092 -g mixed --group-protocol classic \
  --aggregator http://127.0.0.1:7755 --log off &
sleep 6
rollcall explain ORDERS --server 127.0.0.1:7755
kill %1 %2 %3
