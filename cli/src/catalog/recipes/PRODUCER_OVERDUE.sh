for i in $(seq 40); do echo $i; sleep 0.5; done |
  kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS \
    --producer-property linger.ms=0
rollcall gather -t ORDERS --ack >/dev/null
sleep 20
rollcall gather -t ORDERS
rollcall explain ORDERS
