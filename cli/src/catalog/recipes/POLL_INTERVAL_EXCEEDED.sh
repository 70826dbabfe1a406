kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --create --topic UNPOLLED
rollcall up -b 127.0.0.1:9092 -g unpolled -t UNPOLLED -X max.poll.interval.ms=12000 \
  --listen 127.0.0.1:7755 --admin-listen 127.0.0.1:7756 >/dev/null 2>&1 &
sleep 8
python3 -c 'import ctypes, sys, time; hold = ctypes.CDLL(None).ptrace
for what in (0x4206, 0x4207): hold(what, int(sys.argv[1]), None, None)
time.sleep(60)' $(basename $(dirname $(grep -l "^poll " /proc/$!/task/*/comm))) &
sleep 15
rollcall explain UNPOLLED --server 127.0.0.1:7755
kill %2 %1
