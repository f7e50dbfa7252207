# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# native: yes
# How a run is ended from outside, and what becomes of the terminal.

# ended NAME STATUS: the run in the background ends with it
ended()
{
	( sleep 30; kill -9 "$dais_pid" ) 2>/dev/null &
	watchdog=$!
	wait "$dais_pid"
	status=$?
	kill $watchdog 2>/dev/null
	if [ $status = "$2" ]; then
		pass "$1"
	else
		fail "$1" "exit status $status, expected $2"
	fi
}

for signal in TERM INT HUP; do
	if [ $signal = HUP ] && grep -q '^SigIgn:.*[13579bdf]$' /proc/self/status; then
		skip sigHUP-asks-the-guest "under nohup dais does not heed it"
		continue
	fi
	start_guest power-key
	kill -$signal "$dais_pid"
	ended "sig$signal-asks-the-guest" 0
done

start_guest spin --cpus 2 --stop-timeout 1
kill -TERM "$dais_pid"
ended stop-timeout 1
says stop-timeout-message "did not power off within 1 s"

start_guest spin --cpus 2
kill -TERM "$dais_pid"
sleep 0.5
kill -TERM "$dais_pid"
ended second-signal 1

start_guest spin --default-devices no --device pl011
kill -TERM "$dais_pid"
ended no-power-key 1

# A reader that stops reading must not keep dais from stopping: the pipe is full from the start.
mkfifo "$work/fifo"
tail -f /dev/null <"$work/fifo" &
reader=$!
head -c 65536 /dev/zero >"$work/fifo"
dais run --kernel "$job/guest/spin.img" --memory 64M --append "how=print" --stop-timeout 1 >"$work/fifo" 2>&1 </dev/null &
dais_pid=$!
sleep 2
kill -TERM "$dais_pid"
ended blocked-console 1
kill $reader
rm "$work/fifo"

# Input from a pipe reaches the guest, and its end ends nothing.
printf 'hello\003q' | timeout 30 dais run --kernel "$job/guest/pl011-echo.img" --memory 64M --device test-device >"$out" 2>&1
status=$?
if [ $status = 0 ] && grep -q hello "$out"; then
	pass console-pipe
else
	fail console-pipe "exit status $status"
fi
expect console-file 0 dais run --kernel "$job/guest/hello.img" --memory 64M --device test-device --console "file:$work/console"
expect console-none 0 dais run --kernel "$job/guest/hello.img" --memory 64M --device test-device --console none

# The terminal is raw while the guest runs, and afterwards what it was.
if modes=$(stty -g </dev/tty 2>/dev/null); then
	# shellcheck disable=SC2016 # for that shell
	start ready sh -c 'exec "$@" </dev/tty' sh dais run --kernel "$job/guest/power-key.img" --memory 64M --device test-device
	if stty -a </dev/tty | grep -q -- '-icanon'; then
		pass terminal-raw
	else
		fail terminal-raw "it is not"
	fi
	kill -TERM "$dais_pid"
	ended terminal-run 0
	if [ "$(stty -g </dev/tty)" = "$modes" ]; then
		pass terminal-restored
	else
		fail terminal-restored "its modes are not what they were"
	fi
else
	skip terminal-raw "there is no terminal"
fi
