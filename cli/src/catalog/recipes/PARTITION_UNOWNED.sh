kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --alter --topic PRICES --partitions 2
sleep 4
rollcall explain PRICES
