rollcall up -b 127.0.0.1:9999 -g nowhere -t ORDERS --join \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 8
rollcall explain ORDERS --server 127.0.0.1:7755
kill %1
