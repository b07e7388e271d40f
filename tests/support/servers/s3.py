"""An S3 server (moto) in this process, and the environment obstore needs for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

_KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@contextmanager
def s3_server(bucket: str) -> Iterator[str]:
    """A bucket on a fresh server; yields its `s3://` URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        with patch.dict("os.environ", {**_KEYS, "AWS_ENDPOINT_URL": endpoint}):
            client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
            client.create_bucket(Bucket=bucket)
            yield f"s3://{bucket}"
    finally:
        server.stop()
