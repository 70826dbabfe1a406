# A second terminal: the lines of a recipe ($1) in a shell with job control. `setsid` gave it a session of its own. All
# that still runs in it is killed when the other end of standard input closes, however its holder ends; standard output
# closes when that is done, and has nothing else to say.
end_session() {
    local stat line state session pid found=1
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        # Behind the name, which may hold anything: state, parent, process group, session.
        read -r state _ _ session _ <<<"${line##*) }"
        pid=${stat//[!0-9]/}
        if [ "$session" = "$$" ] && [ "$state" != Z ] && [ "$pid" != "$BASHPID" ]; then
            kill -KILL "$pid" && found=0
        fi
    done
    return "$found"
}
exec 3<&0 </dev/null
(
    trap '' HUP INT TERM
    read -r _ <&3
    # Again, for what began while the others were found.
    for _ in $(seq 50); do end_session || break; sleep 0.05; done
) 2>/dev/null &
exec bash -c 'set -m; source "$1"' terminal "$1" >&2 3<&-
