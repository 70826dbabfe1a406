for i in $(seq 8); do echo $i; sleep 4; done |
  kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS &
sleep 27
rollcall gather -t ORDERS --ack
rollcall gather -t ORDERS --ack
rollcall explain ORDERS
