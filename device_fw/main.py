"""Measure one batch, publish it, keep it until the platform says *stored*, end.

The smallest whole device: what stands in `config.json` beside it says who it is and where the
broker is (README.md). The sensors' drivers come with the firmware proper; until then the
configuration also says what the sensor shows.
"""

import asyncio
import json
import os
import random
import sys
import time

import mqtt
from encoder import encode_batch

STORED_S = 10  # without progress for so long, the batch is sent again on a new connection
LONGEST_WAIT_S = 30
SUBSCRIBE_ID, PUBLISH_ID = 1, 2
CLOCK_IS_SET_MS = 1_700_000_000_000  # an unset clock starts in 2000 or 1970
EPOCH_MS = 946_684_800_000 if time.gmtime(0)[0] == 2000 else 0  # ESP32 counts from 2000


def now_ms():
    """Milliseconds since 1970 UTC as a whole number; None while the clock is not set."""
    ms = time.time_ns() // 1_000_000 + EPOCH_MS
    return ms if ms > CLOCK_IS_SET_MS else None


def next_boot(path):
    """Count this start. Written beside and renamed: a power cut leaves the old count, not none."""
    try:
        with open(path) as file:
            boot = int(file.read()) + 1
    except OSError:
        boot = 1
    with open(path + ".new", "w") as file:
        file.write(str(boot))
    os.rename(path + ".new", path)
    return boot


async def measure(config, boot):
    """The batch: `readings` of them, `every_ms` apart. Decimals stay `(mantissa, decimals)`."""
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in config["values"].items()
    }
    batch = []
    for seq in range(1, config.get("readings", 1) + 1):
        if batch:
            await asyncio.sleep_ms(config.get("every_ms", 1000))
        batch.append((now_ms(), seq, boot, 0, values))
    return batch


def covers(payload, boot, seq):
    """Whether this `down/stored` says that all up to `seq` of `boot` is on disk."""
    try:
        stored = json.loads(payload)
        return stored["boot"] == boot and stored["seq"] >= seq
    except (ValueError, KeyError, TypeError):
        return False


async def until_stored(link, boot, seq):
    stored = False
    while not (stored and PUBLISH_ID in link.answered):
        await link.take()
        while link.messages:
            topic, payload = link.messages.pop(0)
            stored = stored or (topic.endswith("/down/stored") and covers(payload, boot, seq))


async def deliver(config, payload, boot, seq, again):
    """One attempt on one connection; raises one of `mqtt.LOST` where it fails."""
    device = config["device"]
    link = await mqtt.connect(
        config["host"], config["port"], device, config["password"], config.get("ca", "")
    )
    orderly = False
    try:
        await link.subscribe("kenh/1/" + device + "/down/stored", SUBSCRIBE_ID)
        await link.publish("kenh/1/" + device + "/up/telemetry", payload, PUBLISH_ID, again)
        await asyncio.wait_for(until_stored(link, boot, seq), config.get("stored_s", STORED_S))
        orderly = True
    finally:
        await link.close(orderly)


async def run(config, folder):
    """True once the batch is stored; False after `tries` attempts (0, the default: no end)."""
    if "wifi" in config:
        await join(config["wifi"])
    boot = next_boot(folder + "boot")
    batch = await measure(config, boot)
    payload, seq = encode_batch(batch, oldest=1), len(batch)
    attempt, wait_s = 0, 1
    while True:
        try:
            await deliver(config, payload, boot, seq, again=attempt > 0)
            print("stored: boot", boot, "seq", seq)
            return True
        except mqtt.LOST as error:
            attempt += 1
            print("attempt", attempt, "failed:", repr(error))
        if attempt == config.get("tries", 0):
            return False
        await asyncio.sleep_ms(wait_s * 1000 + random.getrandbits(9))
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


async def join(wifi):
    """Join the network; it goes on trying by itself, so the broker's back-off is enough."""
    import network

    station = network.WLAN(network.STA_IF)
    station.active(True)
    station.connect(wifi["ssid"], wifi["password"])
    for _ in range(100):
        if station.isconnected():
            return
        await asyncio.sleep_ms(100)


def main():
    folder = __file__[: __file__.rfind("/") + 1]
    with open(folder + "config.json") as file:
        config = json.load(file)
    if not asyncio.run(run(config, folder)):
        sys.exit(1)


if __name__ == "__main__":
    main()
