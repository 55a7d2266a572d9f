//! Two accounts on one server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use api::Product;
use ram::system::DISK_ENCRYPT_ROLE;
use serde_json::Value;

use crate::caller::Caller;
use crate::made::Made;
use crate::running::{Place, Server};

impl Made {
    fn at(&self, server: &Server) -> Caller {
        Caller::new(server, &self.id, &self.secret)
    }
}

/// Shows that an account can be made beside a running server, that it begins with nothing, and that it opens KMS and makes the role that
/// ECS needs by the calls of the API.
#[test]
fn a_second_account_sets_itself_up() {
    let place = Place::new();
    let server = place.serve();
    let second = Made::by(&place, "account create second").at(&server);
    assert_eq!(second.kms("DescribeAccountKmsStatus", &[])["AccountStatus"], "NotEnabled");
    assert_eq!(second.kms_refuses("CreateKey", &[]), "Forbidden.KmsServiceNotEnabled");
    second.kms("OpenKmsService", &[]);
    second.kms("CreateKey", &[]);

    let role = ("RoleName", DISK_ENCRYPT_ROLE.name);
    assert_eq!(second.ask(Product::Ram, "GetRole", &[role]), Err("EntityNotExist.Role".to_owned()));
    second.ram("CreateRole", &[role, ("AssumeRolePolicyDocument", DISK_ENCRYPT_ROLE.trust)]);
    second.ram("AttachPolicyToRole", &[role, ("PolicyType", "System"), ("PolicyName", DISK_ENCRYPT_ROLE.policy)]);
    let made = second.ram("GetRole", &[role]);
    assert_eq!(made["Role"]["AssumeRolePolicyDocument"], DISK_ENCRYPT_ROLE.trust);
    let attached = second.ram("ListPoliciesForRole", &[role]);
    assert_eq!(attached["Policies"]["Policy"][0]["PolicyName"], DISK_ENCRYPT_ROLE.policy);
    server.stop();
}

/// Shows that keys, aliases and users of one account are not there for the other, whatever name or ciphertext it brings.
#[test]
fn accounts_are_kept_apart() {
    let place = Place::new();
    let server = place.serve();
    let second = Made::by(&place, "account create second").at(&server);
    second.kms("OpenKmsService", &[]);
    let callers = [Caller::first(&server), second];
    let alias = ("AliasName", "alias/same");
    let (alice, key_of_alias) = (("UserName", "alice"), ("KeyId", "alias/same"));
    let keys = callers.each_ref().map(|caller| {
        let key = caller.kms("CreateKey", &[])["KeyMetadata"].clone();
        caller.kms("CreateAlias", &[alias, ("KeyId", text(&key["KeyId"]))]);
        caller.ram("CreateUser", &[alice]);
        key
    });
    let blobs = callers.each_ref().map(|caller| caller.kms("Encrypt", &[key_of_alias, ("Plaintext", "aGVsbG8=")]));
    for (mine, others) in [(0, 1), (1, 0)] {
        let caller = &callers[mine];
        assert_eq!(blobs[mine]["KeyId"], keys[mine]["KeyId"], "an alias is the account's own");
        let listed = caller.kms("ListKeys", &[]);
        assert_eq!(
            (&listed["TotalCount"], &listed["Keys"]["Key"][0]["KeyId"]),
            (&Value::from(1), &keys[mine]["KeyId"])
        );
        assert_eq!(caller.kms("ListAliases", &[])["TotalCount"], 1);
        let (id, arn) = (text(&keys[others]["KeyId"]), text(&keys[others]["Arn"]));
        let blob = ("CiphertextBlob", text(&blobs[others]["CiphertextBlob"]));
        let refusals = [
            caller.kms_refuses("DescribeKey", &[("KeyId", id)]),
            caller.kms_refuses("DescribeKey", &[("KeyId", arn)]),
            caller.kms_refuses("DisableKey", &[("KeyId", id)]),
            caller.kms_refuses("Encrypt", &[("KeyId", arn), ("Plaintext", "aGVsbG8=")]),
            caller.kms_refuses("Decrypt", &[blob]),
        ];
        let known = ["Forbidden.KeyNotFound", "Forbidden.NoPermission"];
        assert!(refusals.iter().all(|code| known.contains(&code.as_str())), "{refusals:?}");
        assert_eq!(
            caller.kms("Decrypt", &[("CiphertextBlob", text(&blobs[mine]["CiphertextBlob"]))])["Plaintext"],
            "aGVsbG8="
        );
    }
    callers[1].ram("DeleteUser", &[alice]);
    callers[0].ram("GetUser", &[alice]);
    server.stop();
}

/// Shows that the host lists the accounts and gives the owner of one a new access key, in place of the old one.
#[test]
fn the_host_lists_accounts_and_resets_their_owners() {
    let place = Place::new();
    place.serve().stop();
    let second = Made::by(&place, "account create second");
    let listed = place.run("account list --json");
    let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let names: Vec<&str> = listed.as_array().expect("a list").iter().map(|one| text(&one["account"])).collect();
    assert!(names.len() == 2 && names.contains(&"1000000000000001") && names.contains(&second.account.as_str()));

    let renewed = Made::by(&place, &format!("account reset-root --account {}", second.account));
    assert_eq!(renewed.account, second.account);
    let nobody = place.run("account reset-root --account 9999999999999999");
    let said = String::from_utf8_lossy(&nobody.stderr);
    assert!(!nobody.status.success() && said.contains("9999999999999999 does not exist"), "{said}");

    let server = place.serve();
    renewed.at(&server).kms("OpenKmsService", &[]);
    assert_eq!(second.at(&server).kms_refuses("ListKeys", &[]), "InvalidAccessKeyId.NotFound");
    Caller::first(&server).kms("ListKeys", &[]);
    server.stop();
}

/// Shows that the host sets the password of an account beside a running server, that a weak one is refused, and that no file of the
/// data directory holds the password, but one its hash.
#[test]
fn the_host_sets_the_password_of_an_account() {
    let place = Place::new();
    let server = place.serve();
    let file = place.path().join("password");
    for (password, wanted) in [("too weak", "three of"), ("Example_1234\n", "with the new password")] {
        fs::write(&file, password).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        let done = place.run("account password --password-file password");
        let said = [done.stdout, done.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains(wanted), "{}", String::from_utf8_lossy(&said));
    }
    server.stop();
    let holding = |text: &str| {
        let files = fs::read_dir(place.data()).expect("a directory").map(|entry| entry.expect("an entry").path());
        let files = files.filter(|path| path.is_file()).map(|path| fs::read(path).expect("a file"));
        files.filter(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes())).count()
    };
    assert_eq!(holding("Example_1234"), 0);
    assert!(holding("$argon2id$v=19$m=19456,t=2,p=1$") > 0);
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
