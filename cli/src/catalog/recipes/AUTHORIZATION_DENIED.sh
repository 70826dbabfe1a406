KAFKA_PASSWORD=alice-secret rollcall up -b 127.0.0.1:9093 -g no-rights -t ORDERS --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=PLAIN \
  -X sasl.username=alice -X sasl.password=env:KAFKA_PASSWORD >/dev/null 2>&1 &
sleep 6
rollcall explain ORDERS --server 127.0.0.1:7755
kill %1
