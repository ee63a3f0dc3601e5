"""Creating a tenant's database: the one thing that the versions of InfluxDB do differently."""

from __future__ import annotations

from ingest.influx import Denied, Influx, InfluxAddress, InfluxError, Missing, Refused, Retry

ANSWER_MS = 10_000


def create_database(client: Influx, address: InfluxAddress, database: str) -> None:
    """Create `database` (on 2.x a bucket); harmless where it is there. Raises an `InfluxError`."""
    if address.org:
        _create_bucket(address, database)
    else:
        client.query("", f'CREATE DATABASE "{database}"')


def _create_bucket(address: InfluxAddress, bucket: str) -> None:
    """A bucket is also reached as the database of its name (from 2.7 on, a virtual mapping)."""
    # Only who has a 2.x pays for loading its library.
    from influxdb_client.client.influxdb_client import InfluxDBClient
    from influxdb_client.rest import ApiException
    from urllib3.exceptions import HTTPError

    client = InfluxDBClient(
        url=address.url, token=address.password, org=address.org, timeout=ANSWER_MS
    )
    try:
        buckets = client.buckets_api()
        if buckets.find_bucket_by_name(bucket) is None:  # type: ignore[no-untyped-call]
            buckets.create_bucket(bucket_name=bucket, org=address.org)
    except ApiException as error:
        raise _classed(error.status, str(error.message or error.reason)) from None
    except HTTPError as error:
        raise Retry(f"InfluxDB at {address.url} does not answer: {error}") from None
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _classed(status: int | None, words: str) -> InfluxError:
    text = f"InfluxDB says {status}: {words}"
    match status:
        case 401 | 403:
            return Denied(f"{text}: the token must be allowed to create buckets")
        case 404:
            return Missing(f"{text}: check the organisation")
        case 400 | 422:
            return Refused(text)
    return Retry(text)
