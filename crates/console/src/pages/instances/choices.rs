//! What the forms of instances let choose from: images, types, key pairs. As much of a list as one call tells; what is not in it is typed.

use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shown::{Choice, Options, list, number, text};
use crate::visit::Visit;

texts! {
    /// Words of the choices.
    ChoiceTexts {
        encrypted: "encrypted" | "已加密";
    }
}

/// A list to choose from.
#[derive(Default)]
pub(super) struct Choices {
    pub(super) all: Options,
    /// Whether there are more than are listed.
    pub(super) has_more: bool,
}

impl Choices {
    /// `names`: how the answer nests them. What is chosen and not listed stands at the end.
    fn of(answer: &Value, (outer, inner): (&str, &str), choice: impl Fn(&Value) -> Choice, chosen: &str) -> Self {
        let mut all: Vec<Choice> = list(answer, outer, inner).iter().map(choice).collect();
        let has_more = number(answer, "TotalCount") > all.len() as u64;
        if !chosen.is_empty() && !all.iter().any(|choice| choice.chosen) {
            all.push(Choice { value: chosen.to_owned(), text: chosen.to_owned(), chosen: true });
        }
        Self { all: Options(all), has_more }
    }
}

/// Images that instances can be run from, the newest first.
pub(super) async fn images(visit: &Visit, chosen: &str) -> Result<Choices, Refusal> {
    let texts = ChoiceTexts::of(visit.language);
    let asked = [("Status", "Available"), ("PageSize", "100")];
    let answer = visit.call(Product::Ecs, "DescribeImages", &asked).await?;
    let choice = |image: &Value| {
        let (id, name) = (text(image, "ImageId"), text(image, "ImageName"));
        let mappings = image["DiskDeviceMappings"]["DiskDeviceMapping"].as_array();
        let is_encrypted = mappings.is_some_and(|disks| disks.iter().any(|disk| disk["Encrypted"] == true));
        let encrypted = if is_encrypted { texts.encrypted } else { "" };
        Choice { text: joined(&[&name, &id, encrypted]), chosen: id == chosen, value: id }
    };
    Ok(Choices::of(&answer, ("Images", "Image"), choice, chosen))
}

/// Types of instances, as the server offers them: all at once.
pub(super) async fn types(visit: &Visit, chosen: &str) -> Result<Options, Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeInstanceTypes", &[]).await?;
    let choice = |kind: &Value| {
        let id = text(kind, "InstanceTypeId");
        let size =
            format!("{} vCPU, {} GiB", number(kind, "CpuCoreCount"), text(kind, "MemorySize").trim_end_matches(".0"));
        Choice { text: joined(&[&id, &size]), chosen: id == chosen, value: id }
    };
    Ok(Options(list(&answer, "InstanceTypes", "InstanceType").iter().map(choice).collect()))
}

/// Names of key pairs. Who may not list them chooses none.
pub(super) async fn key_pairs(visit: &Visit, chosen: &str) -> Choices {
    let answer = visit.call(Product::Ecs, "DescribeKeyPairs", &[("PageSize", "100")]).await.unwrap_or_default();
    let choice = |pair: &Value| {
        let name = text(pair, "KeyPairName");
        Choice { text: name.clone(), chosen: name == chosen, value: name }
    };
    Choices::of(&answer, ("KeyPairs", "KeyPair"), choice, chosen)
}

/// Parts of a choice, without those that are empty.
fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is chosen is in the list, wherever it stands among all; nothing is chosen by itself.
    #[test]
    fn what_is_chosen_is_listed() {
        let answer = json!({ "Images": { "Image": [{ "Id": "a" }, { "Id": "b" }] }, "TotalCount": 2001 });
        for (chosen, wanted) in [("", "a b"), ("b", "a b*"), ("z", "a b z*")] {
            let choice =
                |one: &Value| Choice { value: text(one, "Id"), text: String::new(), chosen: one["Id"] == chosen };
            let choices = Choices::of(&answer, ("Images", "Image"), choice, chosen);
            let mark = |choice: &Choice| format!("{}{}", choice.value, if choice.chosen { "*" } else { "" });
            assert_eq!(choices.all.0.iter().map(mark).collect::<Vec<_>>().join(" "), wanted);
            assert!(choices.has_more);
        }
    }
}
