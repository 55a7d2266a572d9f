"""Whether a key is still there. Usage: still.py HOST:PORT KEY_FILE KEY"""

import sys
from pathlib import Path

from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.utils_models import Config

endpoint, key_file, key = sys.argv[1:]
key_id, secret = Path(key_file).read_text().split()
client = Client(Config(access_key_id=key_id, access_key_secret=secret, region_id="cn-hangzhou", endpoint=endpoint, protocol="http"))
assert client.describe_key(kms.DescribeKeyRequest(key_id=key)).body.key_metadata.key_state == "Enabled"
sealed = client.encrypt(kms.EncryptRequest(key_id=key, plaintext="AAAA")).body
assert client.decrypt(kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob)).body.plaintext == "AAAA"
