echo one | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic PRICES
rollcall gather -t PRICES --ack
rollcall gather -t PRICES
