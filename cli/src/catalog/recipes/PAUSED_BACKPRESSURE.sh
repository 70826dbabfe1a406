rollcall gather -t ORDERS --ack
kafka-producer-perf-test.sh --topic ORDERS --num-records 200000 --record-size 1000 --throughput -1 \
  --producer-props bootstrap.servers=127.0.0.1:9092
sleep 5
rollcall explain ORDERS
