"""The Python SDKs of the present generation against `reseal serve`. Usage: tea.py HOST:PORT KEY_FILE v1|v3

Every step is a plain use of the SDK; a difference from what the documentation says ends the program with an assertion.
"""

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_ram20150501 import models as ram
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi import utils_models

ENDPOINT, KEY_FILE, SIGNATURE = sys.argv[1:]
ACCESS_KEY_ID, ACCESS_KEY_SECRET = Path(KEY_FILE).read_text().split()


def config(key_id=ACCESS_KEY_ID, secret=ACCESS_KEY_SECRET, token=None):
    algorithm = {"v1": "v2", "v3": None}[SIGNATURE]  # the SDK calls the first signature "v2"
    return utils_models.Config(access_key_id=key_id, access_key_secret=secret, security_token=token, region_id="cn-hangzhou",
                               endpoint=ENDPOINT, protocol="http", signature_algorithm=algorithm)


def refused(code, call, *args):
    """The call is refused with this code. Returns the error."""
    try:
        call(*args)
    except Exception as error:  # noqa: BLE001: each SDK generation has its own base class
        found = getattr(error, "code", None)
        assert found == code, f"wanted {code}, got {found}: {error}"
        return error
    raise AssertionError(f"not refused with {code}")


def main():
    client, people, tokens = Kms(config()), Ram(config()), Sts(config())
    key_id = keys(client)
    ciphertexts(client, key_id)
    data_keys(client, key_id)
    own_material(client)
    rotation(client)
    signatures(client)
    states(client)
    one_key_only(client, people, key_id)
    role(client, people, tokens, key_id)
    strangers(client)
    print("tea: every step passed")


def keys(client):
    made = client.create_key(kms.CreateKeyRequest(description="a key of the SDK", key_usage="ENCRYPT/DECRYPT", origin="Aliyun_KMS")).body
    key_id = made.key_metadata.key_id
    assert made.request_id and made.key_metadata.key_state == "Enabled", made
    client.create_alias(kms.CreateAliasRequest(alias_name="alias/tea", key_id=key_id))
    shown = client.describe_key(kms.DescribeKeyRequest(key_id="alias/tea")).body.key_metadata
    assert shown.key_id == key_id and shown.description == "a key of the SDK", shown
    listed = client.list_keys(kms.ListKeysRequest(page_number=1, page_size=100)).body
    assert key_id in [key.key_id for key in listed.keys.key], listed
    aliases = client.list_aliases(kms.ListAliasesRequest(page_number=1, page_size=100)).body
    assert "alias/tea" in [alias.alias_name for alias in aliases.aliases.alias], aliases
    client.update_key_description(kms.UpdateKeyDescriptionRequest(key_id=key_id, description="ключ 密钥"))
    assert client.describe_key(kms.DescribeKeyRequest(key_id=key_id)).body.key_metadata.description == "ключ 密钥"
    client.tag_resource(kms.TagResourceRequest(key_id=key_id, tags=json.dumps([{"TagKey": "team", "TagValue": "blue"}])))
    tags = client.list_resource_tags(kms.ListResourceTagsRequest(key_id=key_id)).body.tags.tag
    assert [(tag.tag_key, tag.tag_value) for tag in tags] == [("team", "blue")], tags
    error = refused("Forbidden.KeyNotFound", client.describe_key, kms.DescribeKeyRequest(key_id="01234567-89ab-4cde-8f01-23456789abcd"))
    assert "01234567-89ab-4cde-8f01-23456789abcd" in str(error), error
    return key_id


def ciphertexts(client, key_id):
    plain = base64.b64encode(b"what nobody else may read").decode()
    context = {"image": "m-1", "purpose": "test"}
    sealed = client.encrypt(kms.EncryptRequest(key_id="alias/tea", plaintext=plain, encryption_context=context)).body
    assert sealed.key_id == key_id and base64.b64decode(sealed.ciphertext_blob)[:36].decode() == sealed.key_version_id, sealed
    opened = client.decrypt(kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob, encryption_context=dict(reversed(context.items())))).body
    assert opened.plaintext == plain and opened.key_id == key_id, opened
    for other in ({}, {"image": "m-2", "purpose": "test"}):
        refused("InvalidParameter", client.decrypt, kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob, encryption_context=other))
    second = client.create_key(kms.CreateKeyRequest(description="second")).body.key_metadata.key_id
    moved = client.re_encrypt(kms.ReEncryptRequest(ciphertext_blob=sealed.ciphertext_blob, source_encryption_context=context,
                                                   destination_key_id=second)).body
    assert client.decrypt(kms.DecryptRequest(ciphertext_blob=moved.ciphertext_blob)).body.plaintext == plain
    too_long = base64.b64encode(bytes(6145)).decode()
    refused("InvalidParameter", client.encrypt, kms.EncryptRequest(key_id=key_id, plaintext=too_long))


def data_keys(client, key_id):
    made = client.generate_data_key(kms.GenerateDataKeyRequest(key_id=key_id, key_spec="AES_256")).body
    assert len(base64.b64decode(made.plaintext)) == 32, made
    assert client.decrypt(kms.DecryptRequest(ciphertext_blob=made.ciphertext_blob)).body.plaintext == made.plaintext
    made = client.generate_data_key(kms.GenerateDataKeyRequest(key_id=key_id, number_of_bytes=7, key_spec="AES_128")).body
    assert len(base64.b64decode(made.plaintext)) == 7, "NumberOfBytes wins over KeySpec"
    hidden = client.generate_data_key_without_plaintext(kms.GenerateDataKeyWithoutPlaintextRequest(key_id=key_id)).body
    assert len(base64.b64decode(client.decrypt(kms.DecryptRequest(ciphertext_blob=hidden.ciphertext_blob)).body.plaintext)) == 32


def wrap(public_key, material, algorithm):
    """Wraps as the documentation tells users to: with openssl."""
    options = {
        "RSAES_PKCS1_V1_5": ["rsa_padding_mode:pkcs1"],
        "RSAES_OAEP_SHA_1": ["rsa_padding_mode:oaep", "rsa_oaep_md:sha1", "rsa_mgf1_md:sha1"],
        "RSAES_OAEP_SHA_256": ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"],
    }[algorithm]
    with tempfile.TemporaryDirectory() as folder:
        public, plain = Path(folder, "public.der"), Path(folder, "material")
        public.write_bytes(base64.b64decode(public_key))
        plain.write_bytes(material)
        command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public, "-in", plain]
        for option in options:
            command += ["-pkeyopt", option]
        return base64.b64encode(subprocess.run(command, check=True, capture_output=True).stdout).decode()


def own_material(client):
    for algorithm in ("RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"):
        made = client.create_key(kms.CreateKeyRequest(origin="EXTERNAL", description=algorithm)).body.key_metadata
        assert made.key_state == "PendingImport", made
        refused("Rejected.PendingImport", client.encrypt, kms.EncryptRequest(key_id=made.key_id, plaintext="AAAA"))
        request = kms.GetParametersForImportRequest(key_id=made.key_id, wrapping_algorithm=algorithm, wrapping_key_spec="RSA_2048")
        given = client.get_parameters_for_import(request).body
        material = algorithm.encode().ljust(32, b".")[:32]

        def import_request(material, token=given.import_token):
            return kms.ImportKeyMaterialRequest(key_id=made.key_id, encrypted_key_material=wrap(given.public_key, material, algorithm),
                                                import_token=token, key_material_expire_unix=0)

        refused("InvalidKeyMaterial", client.import_key_material, import_request(material[:31]))
        client.import_key_material(import_request(material))
        sealed = client.encrypt(kms.EncryptRequest(key_id=made.key_id, plaintext="AAAA")).body
        client.delete_key_material(kms.DeleteKeyMaterialRequest(key_id=made.key_id))
        refused("Rejected.PendingImport", client.decrypt, kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob))
        refused("InvalidKeyMaterial", client.import_key_material, import_request(bytes(32)))
        refused("InvalidImportToken", client.import_key_material, import_request(material, "AAAA" + given.import_token[4:]))
        client.import_key_material(import_request(material))
        assert client.decrypt(kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob)).body.plaintext == "AAAA"


def rotation(client):
    made = client.create_key(kms.CreateKeyRequest(enable_automatic_rotation=True, rotation_interval="30d")).body.key_metadata
    assert made.automatic_rotation == "Enabled" and made.rotation_interval == "2592000s" and made.next_rotation_date, made
    before = client.encrypt(kms.EncryptRequest(key_id=made.key_id, plaintext="AAAA")).body
    version = client.create_key_version(kms.CreateKeyVersionRequest(key_id=made.key_id)).body.key_version
    after = client.encrypt(kms.EncryptRequest(key_id=made.key_id, plaintext="AAAA")).body
    assert after.key_version_id == version.key_version_id != before.key_version_id, (before, after, version)
    assert client.decrypt(kms.DecryptRequest(ciphertext_blob=before.ciphertext_blob)).body.plaintext == "AAAA"
    versions = client.list_key_versions(kms.ListKeyVersionsRequest(key_id=made.key_id)).body
    assert versions.total_count == 2 and len(versions.key_versions.key_version) == 2, versions
    client.update_rotation_policy(kms.UpdateRotationPolicyRequest(key_id=made.key_id, enable_automatic_rotation=False))
    assert client.describe_key(kms.DescribeKeyRequest(key_id=made.key_id)).body.key_metadata.automatic_rotation == "Disabled"


def signatures(client):
    digest = base64.b64encode(bytes(range(32))).decode()
    for spec, algorithm in (("RSA_2048", "RSA_PSS_SHA_256"), ("RSA_2048", "RSA_PKCS1_SHA_256"), ("EC_P256", "ECDSA_SHA_256"), ("EC_P256K", "ECDSA_SHA_256")):
        made = client.create_key(kms.CreateKeyRequest(key_spec=spec, key_usage="SIGN/VERIFY")).body.key_metadata
        version = made.primary_key_version
        signed = client.asymmetric_sign(kms.AsymmetricSignRequest(key_id=made.key_id, key_version_id=version, algorithm=algorithm, digest=digest)).body
        for value, wanted in ((signed.value, True), (base64.b64encode(bytes(64)).decode(), False)):
            request = kms.AsymmetricVerifyRequest(key_id=made.key_id, key_version_id=version, algorithm=algorithm, digest=digest, value=value)
            assert client.asymmetric_verify(request).body.value is wanted, (spec, algorithm)
        public = client.get_public_key(kms.GetPublicKeyRequest(key_id=made.key_id, key_version_id=version)).body.public_key
        assert public.startswith("-----BEGIN PUBLIC KEY-----"), public
    made = client.create_key(kms.CreateKeyRequest(key_spec="RSA_2048", key_usage="ENCRYPT/DECRYPT")).body.key_metadata
    names = {"key_id": made.key_id, "key_version_id": made.primary_key_version, "algorithm": "RSAES_OAEP_SHA_256"}
    sealed = client.asymmetric_encrypt(kms.AsymmetricEncryptRequest(plaintext="AAAA", **names)).body
    assert client.asymmetric_decrypt(kms.AsymmetricDecryptRequest(ciphertext_blob=sealed.ciphertext_blob, **names)).body.plaintext == "AAAA"


def states(client):
    made = client.create_key(kms.CreateKeyRequest(description="to be ended")).body.key_metadata
    sealed = client.encrypt(kms.EncryptRequest(key_id=made.key_id, plaintext="AAAA")).body
    client.disable_key(kms.DisableKeyRequest(key_id=made.key_id))
    error = refused("Rejected.Disabled", client.decrypt, kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob))
    assert made.key_id in str(error), error
    client.enable_key(kms.EnableKeyRequest(key_id=made.key_id))
    assert client.decrypt(kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob)).body.plaintext == "AAAA"
    client.schedule_key_deletion(kms.ScheduleKeyDeletionRequest(key_id=made.key_id, pending_window_in_days=7))
    refused("Rejected.PendingDeletion", client.decrypt, kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob))
    refused("Rejected.StateModifiedFailed", client.enable_key, kms.EnableKeyRequest(key_id=made.key_id))
    client.cancel_key_deletion(kms.CancelKeyDeletionRequest(key_id=made.key_id))
    assert client.describe_key(kms.DescribeKeyRequest(key_id=made.key_id)).body.key_metadata.key_state == "Enabled"


def policy(actions, resource):
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]})


def one_key_only(client, people, key_id):
    arn = client.describe_key(kms.DescribeKeyRequest(key_id=key_id)).body.key_metadata.arn
    user = f"tea-{SIGNATURE}"
    people.create_user(ram.CreateUserRequest(user_name=user, display_name="One key only"))
    access = people.create_access_key(ram.CreateAccessKeyRequest(user_name=user)).body.access_key
    theirs = Kms(config(access.access_key_id, access.access_key_secret))
    denied = refused("Forbidden.NoPermission", theirs.encrypt, kms.EncryptRequest(key_id=key_id, plaintext="AAAA"))
    for part in ("kms:Encrypt", user, key_id):
        assert part in str(denied), denied
    people.create_policy(ram.CreatePolicyRequest(policy_name=f"one-key-{SIGNATURE}", policy_document=policy(["kms:Encrypt", "kms:Decrypt"], arn)))
    people.attach_policy_to_user(ram.AttachPolicyToUserRequest(policy_type="Custom", policy_name=f"one-key-{SIGNATURE}", user_name=user))
    sealed = theirs.encrypt(kms.EncryptRequest(key_id=key_id, plaintext="AAAA")).body
    assert theirs.decrypt(kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob)).body.plaintext == "AAAA"
    other = client.create_key(kms.CreateKeyRequest()).body.key_metadata.key_id
    refused("Forbidden.NoPermission", theirs.encrypt, kms.EncryptRequest(key_id=other, plaintext="AAAA"))
    refused("Forbidden.NoPermission", theirs.create_key, kms.CreateKeyRequest())
    people.update_access_key(ram.UpdateAccessKeyRequest(user_name=user, user_access_key_id=access.access_key_id, status="Inactive"))
    refused("Forbidden.AccessKey", theirs.encrypt, kms.EncryptRequest(key_id=key_id, plaintext="AAAA"))


def role(client, people, tokens, key_id):
    who = tokens.get_caller_identity().body
    account = who.account_id
    trust = json.dumps({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{account}:root"]}}]})
    name = f"tea-role-{SIGNATURE}"
    made = people.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=trust)).body.role
    people.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=policy("kms:*", "*")))
    people.attach_policy_to_role(ram.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=name, role_name=name))
    user = f"assumer-{SIGNATURE}"
    people.create_user(ram.CreateUserRequest(user_name=user))
    people.attach_policy_to_user(ram.AttachPolicyToUserRequest(policy_type="System", policy_name="AliyunSTSAssumeRoleAccess", user_name=user))
    access = people.create_access_key(ram.CreateAccessKeyRequest(user_name=user)).body.access_key
    theirs = Sts(config(access.access_key_id, access.access_key_secret))
    given = theirs.assume_role(sts.AssumeRoleRequest(role_arn=made.arn, role_session_name="session",
                                                     policy=policy("kms:Encrypt", "*"))).body.credentials
    session = Kms(config(given.access_key_id, given.access_key_secret, given.security_token))
    sealed = session.encrypt(kms.EncryptRequest(key_id=key_id, plaintext="AAAA")).body
    refused("Forbidden.NoPermission", session.decrypt, kms.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob))
    broken = Kms(config(given.access_key_id, given.access_key_secret, given.security_token[:-6] + "AAAAAA"))
    refused("InvalidSecurityToken.Malformed", broken.encrypt, kms.EncryptRequest(key_id=key_id, plaintext="AAAA"))
    identity = Sts(config(given.access_key_id, given.access_key_secret, given.security_token)).get_caller_identity().body
    assert identity.account_id == account and name in identity.arn, identity


def strangers(client):
    request = kms.DescribeKeyRequest(key_id="alias/tea")
    refused("SignatureDoesNotMatch", Kms(config(secret="wrong")).describe_key, request)
    refused("InvalidAccessKeyId.NotFound", Kms(config(key_id="LTAInobody")).describe_key, request)


if __name__ == "__main__":
    main()
