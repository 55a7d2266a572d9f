//! What the forms of instances let choose from: images, types, key pairs.

use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shown::{Choice, list, number, text};
use crate::visit::Visit;

texts! {
    /// Words of the choices.
    ChoiceTexts {
        encrypted: "encrypted" | "已加密";
    }
}

/// Images that instances can be run from.
pub(super) async fn images(visit: &Visit, chosen: &str) -> Result<Vec<Choice>, Refusal> {
    let texts = ChoiceTexts::of(visit.language);
    let images = visit.all(Product::Ecs, "DescribeImages", &[("Status", "Available")], ("Images", "Image")).await?;
    let choice = |image: &Value| {
        let (id, name) = (text(image, "ImageId"), text(image, "ImageName"));
        let mappings = image["DiskDeviceMappings"]["DiskDeviceMapping"].as_array();
        let is_encrypted = mappings.is_some_and(|disks| disks.iter().any(|disk| disk["Encrypted"] == true));
        let encrypted = if is_encrypted { texts.encrypted } else { "" };
        Choice { text: joined(&[&name, &id, encrypted]), chosen: id == chosen, value: id }
    };
    Ok(images.iter().map(choice).collect())
}

/// Types of instances, as the server offers them.
pub(super) async fn types(visit: &Visit, chosen: &str) -> Result<Vec<Choice>, Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeInstanceTypes", &[]).await?;
    let choice = |kind: &Value| {
        let id = text(kind, "InstanceTypeId");
        let size =
            format!("{} vCPU, {} GiB", number(kind, "CpuCoreCount"), text(kind, "MemorySize").trim_end_matches(".0"));
        Choice { text: joined(&[&id, &size]), chosen: id == chosen, value: id }
    };
    Ok(list(&answer, "InstanceTypes", "InstanceType").iter().map(choice).collect())
}

/// Names of key pairs. Who may not list them chooses none.
pub(super) async fn key_pairs(visit: &Visit, chosen: &str) -> Vec<Choice> {
    let pairs = visit.all(Product::Ecs, "DescribeKeyPairs", &[], ("KeyPairs", "KeyPair")).await.unwrap_or_default();
    let names = pairs.iter().map(|pair| text(pair, "KeyPairName"));
    names.map(|name| Choice { text: name.clone(), chosen: name == chosen, value: name }).collect()
}

/// Parts of a choice, without those that are empty.
fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
