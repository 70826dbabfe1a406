rollcall gather -t ORDERS --ack >/dev/null
kafka-producer-perf-test.sh --topic ORDERS --num-records 60 --record-size 10 --throughput 1 \
  --transactional-id forgotten --transaction-duration-ms 50000 \
  --producer-props bootstrap.servers=127.0.0.1:9092 &
sleep 20
rollcall explain ORDERS
