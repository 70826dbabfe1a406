# Runs a kcat for each topic at once, each reading so many records within so many seconds. What they used is the second
# line of `times` (ended children: user, system).
#   kcat.sh BOOTSTRAP RECORDS SECONDS TOPIC...
bootstrap=$1
records=$2
seconds=$3
shift 3
children=""
for topic in "$@"; do
    timeout "$seconds" kcat -C -q -b "$bootstrap" -t "$topic" -o beginning -c "$records" \
        -X queued.min.messages=1000000 >/dev/null &
    children="$children $!"
done
for child in $children; do
    wait "$child" || exit 1
done
times
