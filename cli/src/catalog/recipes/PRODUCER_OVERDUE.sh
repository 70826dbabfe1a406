for i in $(seq 60); do echo $i; sleep 0.5; done |
  kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS \
    --producer-property linger.ms=0 &
for _ in $(seq 75); do rollcall gather -t ORDERS --ack >/dev/null; done
rollcall explain ORDERS
