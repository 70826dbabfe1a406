seq 5 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
sleep 65
rollcall explain ORDERS
