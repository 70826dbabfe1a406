# Runs a command that must not outlive the process that holds the other end of standard input.
# That end closes when its holder dies, however it dies; the watcher below then kills the command.
# A line on standard input instead of the end says: the command was reaped already, its pid is no longer ours.
exec 3<&0
command_pid=$$
(
    trap '' HUP INT TERM
    read -r _released <&3 || kill -KILL "$command_pid"
) >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
