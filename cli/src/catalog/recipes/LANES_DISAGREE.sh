rollcall-aggregator --topic ORDERS --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 \
  --log error &
rollcall-fetcher --topic ORDERS -b 127.0.0.1:9092 -g laned \
  --aggregator http://127.0.0.1:7755,http://127.0.0.1:7757 --log off &
sleep 68
rollcall explain ORDERS --server 127.0.0.1:7755
kill %1 %2
