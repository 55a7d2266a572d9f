//! Keys of single disks in the copy dialog, for an image that has several. Ours: the vendor's dialog has one key for all.

use super::super::disk::Disk;
use super::super::image::Image;
use super::key_choice::{SERVICE_ALIAS, Service, service_key};
use crate::form::Fields;
use crate::language::{Language, fill, texts};
use crate::pages::own_keys::{KeyOption, KeyOptions};

texts! {
    /// Texts of the lists.
    DiskKeyTexts {
        title: "Keys of single disks" | "各磁盘的密钥";
        hint: "A disk for which a key is chosen here is encrypted in any case." | "在此选择了密钥的磁盘一律加密。";
        as_all: "As chosen above" | "与上方选择一致";
        keep: "Keep the present key ({})" | "保留当前密钥（{}）";
    }
}

/// Most disks of an image. Source: ecs-images.md 5.
const DISKS_MAX: usize = 17;

/// What the form sends for a disk that keeps its key or comes under the service's: it is listed, and no key is named for it.
const UNNAMED: &str = "unnamed";

/// The list of one disk.
pub(super) struct DiskKeys {
    /// Number of its parameters, from 1.
    pub(super) number: usize,
    pub(super) device: String,
    /// System or data, in words.
    pub(super) kind: &'static str,
    pub(super) options: KeyOptions,
}

impl DiskKeys {
    /// One list a disk; none for an image of one disk, whose key is that of the image.
    pub(super) fn all(
        image: &Image,
        (service, own): (Service, &[KeyOption]),
        fields: &Fields,
        language: Language,
    ) -> Vec<Self> {
        if image.disks.len() < 2 {
            return Vec::new();
        }
        let texts = DiskKeyTexts::of(language);
        let list = |(number, disk): (usize, &Disk)| {
            let chosen = fields.get(&name(number, "KMSKeyId"));
            let mut options = unnamed(disk, service, texts, language);
            options.extend(own.iter().cloned());
            let options = KeyOptions::of(options, chosen);
            Self { number, device: disk.device.clone(), kind: disk.kind, options }
        };
        (1..=DISKS_MAX).zip(&image.disks).map(list).collect()
    }
}

/// What may be chosen besides the account's keys.
fn unnamed(disk: &Disk, service: Service, texts: &DiskKeyTexts, language: Language) -> Vec<KeyOption> {
    let usable = |value: &str, text: String| KeyOption { value: value.to_owned(), text, usable: true };
    let mut options = vec![usable("", texts.as_all.to_owned())];
    match &disk.key {
        Some(key) if service != Service::Moves => {
            options.push(usable(UNNAMED, fill(texts.keep, &[&key.name])));
            options.extend((service == Service::StaysBeside).then(|| service_key(SERVICE_ALIAS, language)));
        }
        _ => options.push(service_key(UNNAMED, language)),
    }
    options
}

/// Devices of the disks for which something is chosen, each with its key; the key is empty where none is named.
pub(super) fn chosen(fields: &Fields) -> Vec<(&str, &str)> {
    let of_disk = |number| {
        let [device, choice] = ["Device", "KMSKeyId"].map(|field| fields.get(&name(number, field)));
        let key = if choice == UNNAMED { "" } else { choice };
        (!device.is_empty() && !choice.is_empty()).then_some((device, key))
    };
    (1..=DISKS_MAX).filter_map(of_disk).collect()
}

/// The parameters of CopyImage for these disks.
pub(super) fn parameters(fields: &Fields) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    for (number, (device, key)) in (1..).zip(chosen(fields)) {
        let given = [("Device", device), ("Encrypted", "true"), ("KMSKeyId", key)];
        let given = given.into_iter().filter(|(_, value)| !value.is_empty());
        parameters.extend(given.map(|(field, value)| (name(number, field), value.to_owned())));
    }
    parameters
}

/// Takes back what was chosen: in another region the keys are others.
pub(super) fn clear(fields: &mut Fields) {
    for number in 1..=DISKS_MAX {
        fields.clear(&name(number, "KMSKeyId"));
    }
}

fn name(number: usize, field: &str) -> String {
    format!("DiskDeviceMapping.{number}.{field}")
}

#[cfg(test)]
mod tests {
    use super::super::super::image::tests::answered;
    use super::*;
    use crate::pages::own_keys::KeyNames;

    /// An image of a plain system disk and a data disk under a key.
    fn image() -> Image {
        Image::read(&answered(), &KeyNames::default(), Language::English)
    }

    fn fields() -> Fields {
        let form = b"DiskDeviceMapping.1.Device=/dev/xvda&DiskDeviceMapping.1.KMSKeyId=&DiskDeviceMapping.2.Device=/dev/xvdb\
            &DiskDeviceMapping.2.KMSKeyId=unnamed&DiskDeviceMapping.3.Device=/dev/xvdc&DiskDeviceMapping.3.KMSKeyId=k-1";
        Fields::read(form).expect("a form")
    }

    /// Each disk has its list: first that it goes by the choice for all, then what comes of naming no key for it, then the keys.
    #[test]
    fn each_disk_has_its_list() {
        let own = [KeyOption { value: "k-1".to_owned(), text: "k-1".to_owned(), usable: true }];
        let lists = |service| {
            let lists = DiskKeys::all(&image(), (service, &own), &fields(), Language::English);
            let values = |list: DiskKeys| {
                let texts = list.options.all.into_iter().map(|option| format!("{}={}", option.value, option.text));
                (list.number, list.device, list.options.chosen, texts.collect::<Vec<_>>().join(" | "))
            };
            lists.into_iter().map(values).collect::<Vec<_>>()
        };
        let of = |number, device: &str, chosen: &str, options: &str| {
            (number, device.to_owned(), chosen.to_owned(), options.to_owned())
        };
        let plain = of(1, "/dev/xvda", "", "=As chosen above | unnamed=Default Service CMK | k-1=k-1");
        let kept =
            "=As chosen above | unnamed=Keep the present key (key-1) | alias/acs/ecs=Default Service CMK | k-1=k-1";
        assert_eq!(lists(Service::StaysBeside), [plain.clone(), of(2, "/dev/xvdb", "unnamed", kept)]);
        let moved = "=As chosen above | unnamed=Default Service CMK | k-1=k-1";
        assert_eq!(lists(Service::Moves), [plain, of(2, "/dev/xvdb", "unnamed", moved)]);
        let mut single = image();
        single.disks.truncate(1);
        assert!(DiskKeys::all(&single, (Service::StaysBeside, &own), &fields(), Language::English).is_empty());
    }

    /// Only disks for which something is chosen are sent, and always to be encrypted.
    #[test]
    fn only_chosen_disks_are_sent() {
        let mut form = fields();
        assert_eq!(chosen(&form), [("/dev/xvdb", ""), ("/dev/xvdc", "k-1")]);
        let sent: Vec<String> = parameters(&form).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            sent,
            [
                "DiskDeviceMapping.1.Device=/dev/xvdb",
                "DiskDeviceMapping.1.Encrypted=true",
                "DiskDeviceMapping.2.Device=/dev/xvdc",
                "DiskDeviceMapping.2.Encrypted=true",
                "DiskDeviceMapping.2.KMSKeyId=k-1",
            ]
        );
        clear(&mut form);
        assert!(parameters(&form).is_empty());
    }
}
