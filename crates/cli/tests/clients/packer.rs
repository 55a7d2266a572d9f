//! Debian's Packer, a client that we did not write, in a network of its own where our server has the vendor's names.

use std::fs;
use std::path::Path;
use std::process::Command;

use ecs::Network;
use serde_json::{Value, json};

use crate::lab::{Lab, said, within};
use crate::running::{ACCESS_KEY_ID, ACCESS_KEY_SECRET};

/// In a private network nothing can leave, and port 80 is free. Packer has no option for an endpoint.
const SCRIPT: &str = r#"
set -eu
ip link set lo up
cp /etc/hosts "$1/hosts"
echo "127.0.0.1 ecs-cn-hangzhou.aliyuncs.com ecs.cn-hangzhou.aliyuncs.com ecs.aliyuncs.com location-readonly.aliyuncs.com location.aliyuncs.com" >> "$1/hosts"
mount --bind "$1/hosts" /etc/hosts
shift
"$@" --listen 127.0.0.1:80 > server.out 2> server.log &
server=$!
trap 'kill $server; wait $server' EXIT
until grep -q listening server.out; do kill -0 $server; sleep 0.05; done
packer build -color=false template.json
"#;

/// Shows that an `image_encrypted: true` build runs through with a real instance, that its image is under the service key and holds what the
/// instance's disk held, and that nothing else is left: no instance, no key pair, no plain image.
#[test]
fn packer_builds_an_encrypted_image() {
    let lab = Lab::new(17);
    let base: Value = answer(&lab, "image import bucket/disk.raw --name base --json");
    let network = Network::of(&kms::Scope::default());
    let template = json!({ "builders": [{
        "type": "alicloud-ecs",
        "access_key": ACCESS_KEY_ID,
        "secret_key": ACCESS_KEY_SECRET,
        "region": "cn-hangzhou",
        "skip_region_validation": true,
        "source_image": base["image_id"],
        "image_name": "packed",
        "image_encrypted": true,
        "instance_type": "ecs.t5-lc2m1.nano",
        "vpc_id": network.vpc_id,
        "vswitch_id": network.v_switch_id,
        "security_group_id": network.security_group_id,
        "temporary_key_pair_name": "packer_test",
        "communicator": "none",
        "ssh_private_ip": true,
        "force_stop_instance": true,
    }] });
    fs::write(lab.place.path().join("template.json"), template.to_string()).expect("a file");
    let built = within(120, &in_a_private_network(&lab));
    let log = fs::read_to_string(lab.place.path().join("server.log")).unwrap_or_default();
    assert!(built.status.success(), "{}\n--- server:\n{log}", said(&built));
    assert!(said(&built).contains("Alicloud images were created"), "{}", said(&built));
    assert!(log.contains("answered ecs CopyImage with OK"), "the copy encrypted it: {log}");
    let images: Value = answer(&lab, "image list --json");
    let names: Vec<&str> = images.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["packed", "base"], "{images}");
    let service: Value = answer(&lab, "key show alias/acs/ecs --json");
    assert_eq!(images[0]["disks"][0]["key_id"], service["key_id"], "{images} {service}");
    assert_eq!(answer(&lab, "instance list --json"), json!([]));
    holds_the_disk(&lab);
}

fn in_a_private_network(lab: &Lab) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-n", "-m", "bash", "-c", SCRIPT, "bash"]).arg(lab.place.path());
    let serving = lab.serving(lab.place.reseal());
    command.arg(serving.get_program()).args(serving.get_args());
    // Packer would look for news, and keep its own files in the user's home.
    command.env("CHECKPOINT_DISABLE", "1").env("HOME", lab.place.path()).env("NO_PROXY", "*");
    command.current_dir(lab.place.path());
    command
}

/// The one file among the blobs that opens with a key, by stock qemu-img.
fn holds_the_disk(lab: &Lab) {
    let compared = |blob: &Path| {
        let mut command = lab.place.reseal();
        command.arg("exec").arg(blob).args(["--", "qemu-img", "compare", "--object", "secret,id=s0,file={secret}"]);
        command.arg("--image-opts").arg(format!("driver=raw,file.filename={}", lab.disk().display()));
        command.arg(format!("driver=qcow2,encrypt.key-secret=s0,file.filename={}", blob.display()));
        within(60, &command)
    };
    let blobs = fs::read_dir(lab.place.data().join("regions/cn-hangzhou/blobs")).expect("a store");
    let found: Vec<_> = blobs.map(|blob| compared(&blob.expect("an entry").path())).collect();
    let equal = found.iter().filter(|output| said(output).contains("Images are identical")).count();
    assert_eq!(equal, 1, "{found:?}");
}

fn answer(lab: &Lab, words: &str) -> Value {
    let output = lab.place.run(words);
    assert!(output.status.success(), "{words}: {}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
