kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter --entity-type topics \
  --entity-name __consumer_offsets --add-config max.message.bytes=100
for i in 1 2 3 4 5; do
  echo $i | kafka-console-producer.sh --bootstrap-server 127.0.0.1:9092 --topic ORDERS
  rollcall gather -t ORDERS --ack
done
sleep 12; rollcall explain ORDERS
kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter --entity-type topics \
  --entity-name __consumer_offsets --delete-config max.message.bytes
