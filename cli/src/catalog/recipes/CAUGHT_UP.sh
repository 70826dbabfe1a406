echo one | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
rollcall gather -t ORDERS --ack
rollcall gather -t ORDERS
