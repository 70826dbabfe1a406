rollcall up -b 127.0.0.1:9092 -g missing -t NOSUCH \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 6
rollcall explain NOSUCH --server 127.0.0.1:7755
kill %1
