"""Requests before and after the server was killed. Usage: replay.py HOST:PORT KEY_FILE before|after FILE"""

import base64
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ENDPOINT, KEY_FILE, STEP, KEPT = sys.argv[1:]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()


def signed(nonce, **parameters):
    """The query of a request of the first signature."""
    parameters |= {"Version": "2016-01-20", "Format": "JSON", "AccessKeyId": ACCESS_KEY_ID, "SignatureMethod": "HMAC-SHA1",
                   "SignatureVersion": "1.0", "SignatureNonce": nonce, "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    quoted = urllib.parse.urlencode(sorted(parameters.items()), quote_via=urllib.parse.quote, safe="-_.~")
    text = f"GET&%2F&{urllib.parse.quote(quoted, safe='-_.~')}"
    digest = hmac.new(f"{ACCESS_KEY_SECRET}&".encode(), text.encode(), "sha1").digest()
    return f"{quoted}&Signature={urllib.parse.quote(base64.b64encode(digest).decode(), safe='')}"


def get(query):
    try:
        with urllib.request.urlopen(f"http://{ENDPOINT}/?{query}") as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def main():
    kept = Path(KEPT)
    if STEP == "before":
        queries = [signed(f"before-{number}", Action="CreateKey", Description=str(number)) for number in range(20)]
        keys = [get(query)["KeyMetadata"]["KeyId"] for query in queries]
        kept.write_text(json.dumps({"queries": queries, "keys": keys}))
        return
    before = json.loads(kept.read_text())
    for number, key in enumerate(before["keys"]):
        found = get(signed(f"after-{number}", Action="DescribeKey", KeyId=key))
        assert found["KeyMetadata"]["Description"] == str(number), found
    for query in before["queries"]:
        assert get(query)["Code"] == "SignatureNonceUsed", "a request was taken a second time"


main()
