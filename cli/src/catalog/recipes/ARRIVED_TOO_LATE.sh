rollcall gather -t ORDERS --ack
echo late | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
sleep 1
rollcall explain ORDERS
