for i in $(seq 30); do echo $i; sleep 0.3; done |
  kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
rollcall gather -t ORDERS --ack >/dev/null
sleep 5
rollcall gather -t ORDERS
rollcall explain ORDERS
