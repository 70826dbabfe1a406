rollcall-aggregator --topic LONELY --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  --log error &
sleep 12
rollcall explain LONELY --server 127.0.0.1:7755
kill %1
