seq 5 | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
grpcurl -plaintext -d '{"topics": ["ORDERS"], "client_id": "forgetful"}' 127.0.0.1:7655 \
  rollcall.v1.GatherService/Gather >/dev/null
rollcall gather -t ORDERS
rollcall explain ORDERS
