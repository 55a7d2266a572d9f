"""Requests to KMS without an SDK: quick, and with an eye on what was answered."""

import base64
import hmac
import http.client
import json
import time
import urllib.parse
import uuid


class Gone(Exception):
    """The server did not answer, or that it could not: what was asked has happened or has not."""


class Wire:
    """A connection. Notes the calls that were answered."""

    def __init__(self, address, access_key, answered):
        self.access_key = access_key
        self.connection = http.client.HTTPConnection(address, timeout=20)
        self.answered = answered

    def send(self, query):
        try:
            self.connection.request("GET", f"/?{query}")
            answer = json.loads(self.connection.getresponse().read())
        except (OSError, http.client.HTTPException) as error:
            raise Gone(repr(error)) from error
        if answer.get("Code") in ("InternalFailure", "ServiceUnavailableTemporary"):
            raise Gone(answer["Code"])
        return answer

    def ask(self, action, **parameters):
        """An answer that may be a refusal."""
        query = signed(self.access_key, Action=action, **parameters)
        answer = self.send(query)
        self.answered.append([query, answer["RequestId"]])
        return answer

    def must(self, action, **parameters):
        answer = self.ask(action, **parameters)
        assert "Code" not in answer, (action, parameters, answer)
        return answer


def signed(access_key, **parameters):
    """The query of a request of the first signature."""
    key_id, secret = access_key
    parameters |= {"Version": "2016-01-20", "Format": "JSON", "AccessKeyId": key_id, "SignatureMethod": "HMAC-SHA1",
                   "SignatureVersion": "1.0", "SignatureNonce": str(uuid.uuid4()),
                   "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    quoted = urllib.parse.urlencode(sorted(parameters.items()), quote_via=urllib.parse.quote, safe="-_.~")
    text = f"GET&%2F&{urllib.parse.quote(quoted, safe='-_.~')}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), "sha1").digest()
    return f"{quoted}&Signature={urllib.parse.quote(base64.b64encode(digest).decode(), safe='')}"
