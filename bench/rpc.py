"""Signed calls of the RPC protocol over one connection: signature version 1 (HMAC-SHA1), JSON answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from process import Failed

ECS, KMS = "2014-05-26", "2016-01-20"


class Client:
    """A client with the access key of a file: id and secret on two lines."""

    def __init__(self, address: str, key_file: Path) -> None:
        self._id, self._secret = key_file.read_text().split()
        self._connection = http.client.HTTPConnection(address, timeout=600)

    def call(self, action: str, version: str = ECS, **parameters: object) -> dict:
        """The answer. A refusal ends the benchmark."""
        said = {name.replace("_", "."): str(value) for name, value in parameters.items()}
        common = {
            "Action": action, "Version": version, "Format": "JSON", "RegionId": "cn-hangzhou", "AccessKeyId": self._id,
            "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": secrets.token_hex(16),
            "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in sorted({**common, **said}.items()))
        text = f"GET&%2F&{_escaped(query)}"
        signature = base64.b64encode(hmac.digest(f"{self._secret}&".encode(), text.encode(), hashlib.sha1)).decode()
        self._connection.request("GET", f"/?{query}&Signature={_escaped(signature)}")
        with self._connection.getresponse() as response:
            answer = json.load(response)
        if response.status != 200:
            raise Failed(f"{action}: {answer}")
        return answer


def _escaped(text: str) -> str:
    return quote(text, safe="~")
