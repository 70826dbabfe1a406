timeout -s KILL 10 kafka-producer-perf-test.sh --topic ORDERS --num-records 100 --record-size 10 \
  --throughput 2 --transactional-id lost --transaction-duration-ms 60000 \
  --producer-props bootstrap.servers=127.0.0.1:9092 transaction.timeout.ms=15000
for _ in $(seq 25); do rollcall gather -t ORDERS --ack >/dev/null; done
