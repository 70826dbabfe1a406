rollcall-aggregator --topic ORDERS --lane 0 --lanes 2 --listen 127.0.0.1:7755 \
  --admin-listen 127.0.0.1:7756 --log error &
rollcall-aggregator --topic ORDERS --lane 1 --lanes 2 --listen 127.0.0.1:7757 \
  --admin-listen 127.0.0.1:7758 --log error &
rollcall-fetcher --topic ORDERS -b 127.0.0.1:9092 -g laned \
  --aggregator http://127.0.0.1:7755,http://127.0.0.1:7757 --log error &
sleep 8
rollcall explain ORDERS --server 127.0.0.1:7757
kill %1 %2 %3
