#!/bin/sh
# Process 1 of the broker's container, started in the broker's folder: broker.sh mosquitto.conf
# It waits until broker-users has written the password file (the last file that it writes), and
# starts mosquitto again when it dies. So its container lives on, and with it broker-users, whose
# container stands on this one's process ids.
set -u

child=""
stopping=""
stop() {
    stopping=yes
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT

until [ -s passwd ] || [ -n "$stopping" ]; do sleep 0.2; done

while [ -z "$stopping" ]; do
    mosquitto -c "$1" &
    child=$!
    # A signal ends the first wait; mosquitto then still saves its sessions.
    wait "$child"
    wait "$child" 2>/dev/null
    [ -n "$stopping" ] || sleep 0.5
done
