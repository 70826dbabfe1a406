kafka-producer-perf-test.sh --topic ORDERS --num-records 3000 --record-size 10 --throughput 50 \
  --producer-props bootstrap.servers=127.0.0.1:9092 &
for _ in $(seq 45); do rollcall gather -t ORDERS --ack --max-records 5 \
  >/dev/null 2>&1; sleep 1; done
rollcall gather -t ORDERS -o table --max-records 300
