# Ends the processes of a run whose supervisor was killed. The supervisor holds the other end of standard input, on
# which it says:
#   command PID    the command has been started
#   stop N         the command has been asked to end, and is killed in N hundredths of a second
#   ended          nothing of the run is left
# Arguments: the run's id; how long its processes may take to end, in hundredths of a second; "session" if the command
# has a session of its own; "tied" if the kernel asks the command to end when the supervisor is gone.
trap '' HUP INT QUIT TERM PIPE
run=$1 patience=$2 session=$3 tied=$4

# The clock of /proc/uptime goes on while the machine is suspended. A leading zero would make the number octal.
now() {
    IFS=' .' read -r seconds hundredths _ < /proc/uptime
    now=$((seconds * 100 + 1$hundredths - 100))
}

# Those with the run's id in their environment or in the command's session, and the children of these. The last bracket
# ends the name, which may have spaces in it.
find_processes() {
    processes=' '
    for file in $(grep -lsF -e "$run" /proc/[0-9]*/environ); do
        process=${file#/proc/}
        processes="$processes${process%/environ} "
    done
    before=
    while [ "$processes" != "$before" ]; do
        before=$processes
        for file in /proc/[0-9]*/stat; do
            process=${file#/proc/}
            process=${process%/stat}
            case $processes in *" $process "*) continue ;; esac
            { read -r stat < "$file"; } 2> /dev/null || continue
            set -- ${stat##*) }
            case $1 in [ZX]) continue ;; esac
            if [ "$process" = "$command" ] || { [ "$session" = session ] && [ "$4" = "$command" ]; }; then
                processes="$processes$process "
            else
                case $processes in *" $2 "*) processes="$processes$process " ;; esac
            fi
        done
    done
}

command=none
kill_at=
while read -r word number; do
    case $word in
        command) command=$number ;;
        stop)
            now
            kill_at=$((now + number))
            ;;
        ended) exit 0 ;;
    esac
done

now
end=$((now + patience))
if [ -n "$kill_at" ] && [ "$kill_at" -lt "$end" ]; then end=$kill_at; fi
# A supervisor that was killed before it could tell the command's id may be starting it now.
starts_until=0
if [ "$command" = none ]; then starts_until=$((now + 100)); fi
# What cannot be killed in ten seconds is beyond a signal.
give_up=$((end + 1000))
asked=' '
if [ "$tied" = tied ]; then asked=" $command "; fi
told=

while find_processes; [ "$processes" != ' ' ] || [ "$now" -lt "$starts_until" ]; do
    now
    if [ "$now" -ge "$give_up" ]; then exit 1; fi
    if [ -z "$told" ] && [ "$processes" != ' ' ]; then
        echo 'mandate: the supervisor was killed: ending its command' >&2
        told=yes
    fi
    # Whoever is found so late that the time is over is asked too, and killed at the next look.
    for process in $processes; do
        case $asked in
            *" $process "*) if [ "$now" -ge "$end" ]; then kill -KILL "$process"; fi ;;
            *)
                asked="$asked$process "
                kill -TERM "$process"
                ;;
        esac
    done 2> /dev/null
    left=$((end - now))
    if [ "$left" -le 0 ] || [ "$left" -gt 5 ]; then left=5; fi
    sleep "0.0$left" 2> /dev/null || sleep 1
done
