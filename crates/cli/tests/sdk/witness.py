"""A client of a server that may be killed at any moment: it notes every answer, and later holds the server to them.

Reads commands on standard input, one a line, and answers each with a line of JSON. Usage: witness.py KEY_FILE
  live ADDRESS NAME   two lives of keys side by side, until their ends or until the server is gone
  use ADDRESS FILE    keys are used without end until FILE is there; no call may fail, whatever is done beside the server. FILE.rounds has
                      a byte for each round
  fill ADDRESS        makes the log of the database longer
  check ADDRESS       everything that was answered is there, nothing else is; answers with the ids of all answered requests
  answered            the ids of all answered requests
  keep FILE, load FILE, forget   what was noted
"""

import base64
import copy
import json
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path

from wire import Gone, Wire

ACCESS_KEY = Path(sys.argv[1]).read_text().split()
SECOND_SIGHT = 20  # calls of an earlier server that are sent again; of the present one it is all
PLAIN = base64.b64encode(b"what must still be readable").decode()
# How a key in each state refuses, and what makes it usable again.
STATES = {"Disabled": ("Rejected.Disabled", "EnableKey"), "PendingDeletion": ("Rejected.PendingDeletion", "CancelKeyDeletion"),
          "PendingImport": ("Rejected.PendingImport", "ImportKeyMaterial")}


class Notes:
    """What the answers say must be there."""

    def __init__(self, lives=(), answered=(), earlier=0):
        self.lives = [Life.of(life) for life in lives]
        self.answered = list(answered)
        self.earlier = earlier

    def text(self):
        return json.dumps({"lives": [vars(life) for life in self.lives], "answered": self.answered, "earlier": len(self.answered)})


class Life:
    """Keys of one name, what they look like after the last answer, and what if the call under way has happened."""

    @classmethod
    def of(cls, noted):
        life = cls(noted["name"])
        vars(life).update(noted)
        return life

    def __init__(self, name):
        self.name = name
        self.now = {"keys": {}, "aliases": {}}
        self.perhaps = None
        self.blobs = []
        self.imports = {}

    def step(self, wire, change, action, **parameters):
        self.perhaps = copy.deepcopy(self.now)
        change(self.perhaps["keys"], self.perhaps["aliases"])
        answer = wire.must(action, **parameters)
        self.now, self.perhaps = self.perhaps, None
        return answer

    def set(self, wire, key, action, _parameters=None, **fields):
        self.step(wire, lambda keys, _: keys[key].update(fields), action, KeyId=key, **(_parameters or {}))

    def make(self, wire, purpose, tags, **parameters):
        description = f"{self.name}: {purpose}"
        state = "PendingImport" if parameters.get("Origin") == "EXTERNAL" else "Enabled"
        fresh = {"KeyState": state, "Description": description, "AutomaticRotation": "Disabled", "DeletionProtection": "Disabled",
                 "dated": False, "versions": 1, "primary": None, "tags": tags}
        listed = json.dumps([{"TagKey": key, "TagValue": value} for key, value in tags.items()])
        parameters |= {"Tags": listed} if tags else {}
        made = self.step(wire, lambda keys, _: keys.update({"?": fresh}), "CreateKey", Description=description, **parameters)
        key = made["KeyMetadata"]["KeyId"]
        self.now["keys"][key] = self.now["keys"].pop("?") | {"primary": made["KeyMetadata"]["PrimaryKeyVersion"]}
        return key

    def seal(self, wire, key):
        self.blobs.append([key, wire.must("Encrypt", KeyId=key, Plaintext=PLAIN)["CiphertextBlob"]])

    def rotate(self, wire, key):
        def change(keys, _):
            keys[key].update(versions=keys[key]["versions"] + 1, primary=None)

        made = self.step(wire, change, "CreateKeyVersion", KeyId=key)
        self.now["keys"][key]["primary"] = made["KeyVersion"]["KeyVersionId"]

    def bring(self, wire, key):
        given = wire.must("GetParametersForImport", KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        self.imports[key] = {"ImportToken": given["ImportToken"], "KeyMaterialExpireUnix": "0",
                             "EncryptedKeyMaterial": wrap(given["PublicKey"], f"{self.name:.<32}".encode())}
        self.set(wire, key, "ImportKeyMaterial", self.imports[key], KeyState="Enabled")

    def live(self, wire):
        """Every kind of change, each with those before it in sight."""
        own = self.make(wire, "made here", {"team": "blue"})
        alias = f"alias/{self.name}"
        self.step(wire, lambda _, aliases: aliases.update({alias: own}), "CreateAlias", AliasName=alias, KeyId=own)
        self.seal(wire, own)
        self.rotate(wire, own)
        self.seal(wire, own)
        foreign = self.make(wire, "brought along", {}, Origin="EXTERNAL")
        self.bring(wire, foreign)
        self.seal(wire, foreign)
        self.step(wire, lambda _, aliases: aliases.update({alias: foreign}), "UpdateAlias", AliasName=alias, KeyId=foreign)
        self.set(wire, own, "DisableKey", KeyState="Disabled")
        self.set(wire, own, "EnableKey", KeyState="Enabled")
        self.set(wire, own, "UpdateKeyDescription", {"Description": f"{self.name}: used"}, Description=f"{self.name}: used")
        more = json.dumps([{"TagKey": "cost", "TagValue": "7"}])
        self.set(wire, own, "TagResource", {"Tags": more}, tags={"team": "blue", "cost": "7"})
        self.set(wire, own, "UntagResource", {"TagKeys": '["team"]'}, tags={"cost": "7"})
        self.set(wire, foreign, "DeleteKeyMaterial", KeyState="PendingImport")
        self.set(wire, foreign, "ImportKeyMaterial", self.imports[foreign], KeyState="Enabled")
        rotation = {"EnableAutomaticRotation": "true", "RotationInterval": "30d"}
        self.set(wire, own, "UpdateRotationPolicy", rotation, AutomaticRotation="Enabled")
        window = {"PendingWindowInDays": "7"}
        self.set(wire, own, "ScheduleKeyDeletion", window, KeyState="PendingDeletion", dated=True, AutomaticRotation="Suspended")
        self.set(wire, own, "CancelKeyDeletion", KeyState="Enabled", dated=False, AutomaticRotation="Enabled")
        self.rotate(wire, own)
        self.step(wire, lambda _, aliases: aliases.pop(alias), "DeleteAlias", AliasName=alias)
        self.set(wire, foreign, "DisableKey", KeyState="Disabled")
        self.set(wire, own, "ScheduleKeyDeletion", window, KeyState="PendingDeletion", dated=True, AutomaticRotation="Suspended")

    def judge(self, seen):
        """What is seen is what was answered, or that and the whole of the call under way. From now on it is what is known."""
        worlds = [world for world in (self.now, self.perhaps) if world is not None]
        assert any(self.is_like(world, seen) for world in worlds), f"{self.name}: wanted one of {worlds}, found {seen}"
        self.now, self.perhaps = seen, None

    def is_like(self, world, seen):
        keys = dict(world["keys"])
        if "?" in keys:
            new = [key for key in seen["keys"] if key not in keys]
            keys |= {key: keys["?"] for key in new[:1]}
            del keys["?"]
            if not new:
                return False
        filled = {key: look if look["primary"] else look | {"primary": seen["keys"].get(key, {}).get("primary")} for key, look in keys.items()}
        return seen == {"keys": filled, "aliases": world["aliases"]}

    def revive(self, wire):
        """What was encrypted can be decrypted, when its key has come back to life."""
        for key, blob in self.blobs:
            look = self.now["keys"][key]
            if look["KeyState"] != "Enabled":
                refusal, cure = STATES[look["KeyState"]]
                refused = wire.ask("Decrypt", CiphertextBlob=blob)
                assert refused.get("Code") == refusal, (look, refused)
                rotation = {"Suspended": "Enabled"}.get(look["AutomaticRotation"], look["AutomaticRotation"])
                parameters = self.imports[key] if cure == "ImportKeyMaterial" else {}
                self.set(wire, key, cure, parameters, KeyState="Enabled", dated=False, AutomaticRotation=rotation)
            opened = wire.must("Decrypt", CiphertextBlob=blob)
            assert opened["Plaintext"] == PLAIN and opened["KeyId"] == key, opened


def wrap(public_key, material):
    """Wraps key material as the documentation tells users to: with openssl."""
    with tempfile.TemporaryDirectory() as folder:
        public = Path(folder, "public.der")
        public.write_bytes(base64.b64decode(public_key))
        command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public]
        for option in ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"):
            command += ["-pkeyopt", option]
        return base64.b64encode(subprocess.run(command, input=material, check=True, capture_output=True).stdout).decode()


def every(wire, action, outer, inner):
    page = wire.must(action, PageSize="100")
    assert page["TotalCount"] == len(page[outer][inner]), page
    return page[outer][inner]


def look(wire, key):
    shown = wire.must("DescribeKey", KeyId=key)["KeyMetadata"]
    versions = [version["KeyVersionId"] for version in wire.must("ListKeyVersions", KeyId=key, PageSize="100")["KeyVersions"]["KeyVersion"]]
    assert shown["PrimaryKeyVersion"] in versions, (shown, versions)
    if shown["KeyState"] == "Enabled":
        assert wire.must("Encrypt", KeyId=key, Plaintext=PLAIN)["KeyVersionId"] == shown["PrimaryKeyVersion"], shown
    tags = {tag["TagKey"]: tag["TagValue"] for tag in wire.must("ListResourceTags", KeyId=key)["Tags"]["Tag"]}
    same = {name: shown[name] for name in ("KeyState", "Description", "AutomaticRotation", "DeletionProtection")}
    return same | {"dated": shown["DeleteDate"] != "", "versions": len(versions), "primary": shown["PrimaryKeyVersion"], "tags": tags}


def live(address, name, notes):
    lives = [Life(f"{name}{side}") for side in "ab"]
    notes.lives += lives
    trouble = []

    def run(life):
        try:
            life.live(Wire(address, ACCESS_KEY, notes.answered))
        except Gone as gone:
            trouble.append(str(gone))
        except Exception as error:  # noqa: BLE001: a thread's end must not be silent
            trouble.append(f"broken: {error!r}")

    side_by_side(run, lives)
    broken = [text for text in trouble if text.startswith("broken")]
    assert not broken, broken
    return {"ended": not trouble}


def use(address, stop, notes):
    """Side by side: three clients that encrypt, decrypt what was encrypted before, and now and then rotate their key."""
    lives = [Life(f"used {len(notes.lives)}{side}") for side in "abc"]
    trouble, rounds = [], []

    def run(life):
        try:
            wire = Wire(address, ACCESS_KEY, [])
            key = life.make(wire, "used", {})
            life.seal(wire, key)
            (_, first), *_ = life.blobs
            while not Path(stop).exists():
                blob = wire.must("Encrypt", KeyId=key, Plaintext=PLAIN)["CiphertextBlob"]
                for sealed in (blob, first):
                    assert wire.must("Decrypt", CiphertextBlob=sealed)["Plaintext"] == PLAIN
                rounds.append(life.name)
                with open(f"{stop}.rounds", "ab") as shown:
                    shown.write(b".")
                if len(rounds) % 20 == 0:
                    life.rotate(wire, key)
                    life.seal(wire, key)
        except Exception as error:  # noqa: BLE001: a thread's end must not be silent
            trouble.append(repr(error))

    side_by_side(run, lives)
    notes.lives += lives
    assert not trouble, trouble
    return {"rounds": len(rounds)}


def side_by_side(run, lives):
    threads = [threading.Thread(target=run, args=[life]) for life in lives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fill(address, notes):
    """One change of many pages."""
    wire = Wire(address, ACCESS_KEY, notes.answered)
    name = "full"
    if notes.lives[-1].name != name:
        notes.lives.append(Life(name))
        notes.lives[-1].make(wire, "long", {})
    life = notes.lives[-1]
    text = f"{name}: {uuid.uuid4().hex * 250}"
    life.set(wire, *life.now["keys"], "UpdateKeyDescription", {"Description": text}, Description=text)
    return {}


def check(address, notes):
    before = list(notes.answered)
    wire = Wire(address, ACCESS_KEY, notes.answered)
    for query, _ in before[max(0, notes.earlier - SECOND_SIGHT):]:
        answer = wire.send(query)
        assert answer.get("Code") == "SignatureNonceUsed", ("a request was taken a second time", query, answer)
    keys = {key["KeyId"]: look(wire, key["KeyId"]) for key in every(wire, "ListKeys", "Keys", "Key")}
    aliases = {alias["AliasName"]: alias["KeyId"] for alias in every(wire, "ListAliases", "Aliases", "Alias")}
    assert set(aliases.values()) <= set(keys), ("an alias without key", aliases, keys)
    for life in notes.lives:
        seen = {"keys": {key: keys[key] for key in keys if keys[key]["Description"].startswith(f"{life.name}: ")},
                "aliases": {name: aliases[name] for name in aliases if name == f"alias/{life.name}"}}
        life.judge(seen)
        life.revive(wire)
        keys = {key: keys[key] for key in keys if key not in seen["keys"]}
    assert not keys, ("keys that nobody asked for", keys)
    return answered(notes)


def answered(notes):
    return {"answered": [request_id for _, request_id in notes.answered]}


def main():
    notes = Notes()
    for line in sys.stdin:
        command, *words = line.split()
        said = {}
        try:
            if command == "live":
                said = live(*words, notes)
            elif command == "use":
                said = use(*words, notes)
            elif command == "fill":
                fill(*words, notes)
            elif command == "check":
                said = check(*words, notes)
            elif command == "answered":
                said = answered(notes)
            elif command == "keep":
                Path(words[0]).write_text(notes.text())
            elif command == "load":
                notes = Notes(**json.loads(Path(words[0]).read_text()))
            elif command == "forget":
                notes = Notes()
        except Exception as error:  # noqa: BLE001: the test shows it
            said = {"trouble": repr(error)}
        print(json.dumps(said), flush=True)


main()
