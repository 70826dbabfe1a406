kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --alter --topic PRICES --partitions 2 &
for _ in $(seq 40); do rollcall status -o line -t PRICES; sleep 0.3; done
