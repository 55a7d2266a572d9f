//! Shows that the tree is the architecture: rooms depend on each other only as decided, `unsafe` stays in its modules, and files
//! stay small enough to read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which room may use which, as in the shared DESIGN.md, section 2. A new edge is a decision: it is written into ARCHITECTURE.md
/// and then here, never here alone.
const EDGES: &[(&str, &[&str])] = &[
    // All but the first two are ours: the file commands work without a server (ARCHITECTURE.md).
    ("cli", &["api", "console", "ecs", "blobs", "engine", "kms", "ram", "catalog", "crypto"]),
    // `crypto`: MACs, constant-time comparison, `Secret`, `Random`; `catalog`: only its `Clock` (ARCHITECTURE.md).
    ("api", &["ecs", "kms", "ram", "crypto", "catalog"]),
    // Its calls come as a trait that `cli` joins to `api`; `crypto`: MACs of forms, `Secret`, `Random`; `catalog`: only its `Clock`.
    ("console", &["ram", "crypto", "catalog"]),
    // `crypto`: its `Random`, for ids, SHA-256 of the parameters of a call, and `Secret`, for passphrases on their way to QEMU.
    ("ecs", &["ram", "kms", "engine", "blobs", "catalog", "crypto"]),
    ("kms", &["ram", "crypto", "catalog"]),
    ("ram", &["crypto", "catalog"]),
    ("engine", &["formats", "crypto", "blobs"]),
    ("blobs", &[]),
    ("catalog", &[]),
    ("formats", &[]),
    ("crypto", &[]),
];

/// Edges that only tests of a room need.
const TEST_EDGES: &[(&str, &[&str])] = &[("cli", &["formats"])];

/// The modules where `unsafe` is allowed; each writes its invariants down at its top.
const UNSAFE_MODULES: &[&str] = &[
    "crates/cli/src/environment.rs",
    "crates/crypto/src/asymmetric/raw_rsa.rs",
    "crates/crypto/src/locked.rs",
    "crates/crypto/src/xts/ffi.rs",
    "crates/crypto/src/xts/vaes.rs",
];

/// Longest source file, without the tests at its end.
const SOURCE_LINES_MAX: usize = 500;

#[test]
fn rooms_depend_only_on_the_rooms_that_the_design_lists() {
    let decided = table(EDGES);
    let decided_for_tests = table(TEST_EDGES);
    let mut rooms = 0;
    for package in packages() {
        let room = text(&package["name"]);
        let allowed = decided.get(room).unwrap_or_else(|| {
            panic!("room `{room}` is not in the design: add its line to EDGES and to ARCHITECTURE.md")
        });
        let allowed_for_tests = decided_for_tests.get(room).cloned().unwrap_or_default();
        for dependency in list(&package["dependencies"]).iter().filter(|dependency| dependency["path"].is_string()) {
            let target = text(&dependency["name"]);
            let only_for_tests = dependency["kind"] == "dev";
            assert!(
                allowed.contains(target) || (only_for_tests && allowed_for_tests.contains(target)),
                "`{room}` → `{target}` (kind {}) is not an edge of the design: move the code, or decide the edge first",
                dependency["kind"]
            );
        }
        rooms += 1;
    }
    assert!(rooms >= 8, "only {rooms} rooms seen: this test does not look at the workspace any more");
}

#[test]
fn every_room_takes_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = read(Path::new(text(&package["manifest_path"])));
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "`{}` does not take the workspace lints",
            text(&package["name"])
        );
    }
}

#[test]
fn unsafe_code_stays_in_the_modules_that_are_listed_for_it() {
    let found: BTreeSet<String> = sources()
        .into_iter()
        .filter(|path| has_unsafe(&read(&workspace().join(path))))
        .map(|path| path.display().to_string())
        .collect();
    let listed: BTreeSet<String> = UNSAFE_MODULES.iter().map(ToString::to_string).collect();
    assert_eq!(found, listed, "left: files with `unsafe`; right: the files where it is allowed");
}

#[test]
fn the_search_for_unsafe_sees_code_and_nothing_else() {
    for code in ["unsafe { x() }", "    unsafe impl Send for X {}", "pub unsafe fn f();", "let y = unsafe{ z };"] {
        assert!(has_unsafe(code), "missed: {code}");
    }
    for innocent in
        ["// unsafe { x() }", "/// An unsafe thing.", "#![expect(unsafe_code, reason = \"…\")]", "let unsafely = 1;"]
    {
        assert!(!has_unsafe(innocent), "false alarm: {innocent}");
    }
}

#[test]
fn source_files_stay_readable() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|path| (lines_before_tests(&read(&workspace().join(&path))), path))
        .filter(|(lines, _)| *lines > SOURCE_LINES_MAX)
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "split these where an idea ends (limit {SOURCE_LINES_MAX}): {long:#?}");
}

fn table(edges: &[(&'static str, &[&'static str])]) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    edges.iter().map(|(room, targets)| (*room, targets.iter().copied().collect())).collect()
}

/// The manifests of the workspace as cargo understands them, so that no spelling of a dependency escapes.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    list(&metadata["packages"]).clone()
}

/// Every `.rs` file under `crates/*/src`, relative to the workspace.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        entries(&workspace().join("crates")).into_iter().map(|room| room.join("src")).collect();
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry.strip_prefix(workspace()).expect("inside the workspace").to_path_buf());
            }
        }
    }
    assert!(!found.is_empty(), "no sources found");
    found
}

fn has_unsafe(source: &str) -> bool {
    source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|word| word == "unsafe")
}

fn lines_before_tests(source: &str) -> usize {
    source.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}

fn workspace() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace exists")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let listing = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    listing.map(|entry| entry.expect("a readable entry").path()).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo metadata has text here")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("cargo metadata has a list here")
}
