kafka-producer-perf-test.sh --topic ORDERS --num-records 2000 --record-size 10 --throughput 100 \
  --producer-props bootstrap.servers=127.0.0.1:9092 &
sleep 8
for _ in $(seq 10); do rollcall gather -t ORDERS --ack --timeout 1ms >/dev/null; done
