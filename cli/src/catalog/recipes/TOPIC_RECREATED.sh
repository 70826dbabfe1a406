kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --delete --topic ORDERS
kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic ORDERS
sleep 6
rollcall explain ORDERS
