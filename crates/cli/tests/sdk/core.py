"""The Python SDK of the older generation ("core") against `reseal serve`. Usage: core.py HOST:PORT KEY_FILE

It signs with the first signature, puts parameters into the query or into a form, and reads errors in a way of its own.
"""

import base64
import hmac
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from aliyunsdkkms.request.v20160120 import CreateAliasRequest, CreateKeyRequest, DecryptRequest, DescribeKeyRequest, DisableKeyRequest
from aliyunsdkkms.request.v20160120 import EncryptRequest, GenerateDataKeyRequest

ENDPOINT, KEY_FILE = sys.argv[1:]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()


def client(key_id=ACCESS_KEY_ID, secret=ACCESS_KEY_SECRET):
    return AcsClient(key_id, secret, "cn-hangzhou")


def call(request, acs=None, **parameters):
    request.set_endpoint(ENDPOINT)
    request.set_protocol_type("http")
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    return json.loads((acs or client()).do_action_with_exception(request))


def refused(code, work):
    try:
        work()
    except ServerException as error:
        assert error.get_error_code() == code, f"wanted {code}, got {error}"
        return error
    raise AssertionError(f"not refused with {code}")


def main():
    key_id = call(CreateKeyRequest.CreateKeyRequest(), Description="older SDK")["KeyMetadata"]["KeyId"]
    call(CreateAliasRequest.CreateAliasRequest(), AliasName="alias/core", KeyId=key_id)
    plain = base64.b64encode(b"older").decode()
    context = json.dumps({"a": "1"})
    sealed = call(EncryptRequest.EncryptRequest(), KeyId="alias/core", Plaintext=plain, EncryptionContext=context)
    opened = call(DecryptRequest.DecryptRequest(), CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == plain and opened["KeyId"] == key_id, opened
    made = call(GenerateDataKeyRequest.GenerateDataKeyRequest(), KeyId=key_id, NumberOfBytes=16)
    assert len(base64.b64decode(made["Plaintext"])) == 16, made
    forms(key_id)
    call(DisableKeyRequest.DisableKeyRequest(), KeyId=key_id)
    encrypt = EncryptRequest.EncryptRequest
    refused("Rejected.Disabled", lambda: call(encrypt(), KeyId=key_id, Plaintext=plain))
    # A wrong secret must not make this SDK die of its own parser, and the answer must not repeat the plaintext.
    error = refused("SignatureDoesNotMatch", lambda: call(encrypt(), client(secret="wrong"), KeyId=key_id, Plaintext=plain))
    assert plain not in str(error), error
    refused("InvalidAccessKeyId.NotFound", lambda: call(encrypt(), client(key_id="LTAInobody"), KeyId=key_id, Plaintext=plain))
    by_hand(key_id)
    print("core: every step passed")


def forms(key_id):
    """GET, and POST with the parameters in a form."""
    for method in ("GET", "POST"):
        request = CommonRequest(domain=ENDPOINT, version="2016-01-20", action_name="DescribeKey")
        request.set_protocol_type("http")
        request.set_method(method)
        (request.add_query_param if method == "GET" else request.add_body_params)("KeyId", key_id)
        answer = json.loads(client().do_action_with_exception(request))
        assert answer["KeyMetadata"]["KeyId"] == key_id, answer


def by_hand(key_id):
    """A stale time and a nonce used twice, which no SDK sends by itself."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    stale = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    assert get(key_id, now, "nonce-1")[0] == 200
    assert get(key_id, now, "nonce-1") == (400, "SignatureNonceUsed")
    assert get(key_id, stale, "nonce-2") == (400, "InvalidTimeStamp.Expired")


def get(key_id, timestamp, nonce):
    parameters = {"Action": "DescribeKey", "Version": "2016-01-20", "Format": "JSON", "KeyId": key_id, "AccessKeyId": ACCESS_KEY_ID,
                  "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": nonce, "Timestamp": timestamp}
    quoted = urllib.parse.urlencode(sorted(parameters.items()), quote_via=urllib.parse.quote, safe="-_.~")
    text = f"GET&%2F&{urllib.parse.quote(quoted, safe='-_.~')}"
    digest = hmac.new(f"{ACCESS_KEY_SECRET}&".encode(), text.encode(), "sha1").digest()
    parameters["Signature"] = base64.b64encode(digest).decode()
    url = f"http://{ENDPOINT}/?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)["KeyMetadata"]["KeyId"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["Code"]


if __name__ == "__main__":
    main()
