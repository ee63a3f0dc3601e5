"""From the broker onto the disk, and from the disk into InfluxDB: nothing is lost on the way."""
