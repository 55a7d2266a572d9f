//! What a copy does to the source's disks, in sentences. The rules are the API's (docs/api-coverage.md); here they only get words, and only once a
//! dry run has passed.

use super::super::disk::Disk;
use super::super::image::Image;
use crate::language::{fill, texts};

texts! {
    /// The sentences.
    OutcomeTexts {
        stays_plain: "Stays plain: the copy shares the source's bytes and is there at once." | "保持未加密：副本与源镜像共享数据，立即可用。";
        moves_plain: "Stays plain: all data is copied to {}." | "保持未加密：全部数据复制到 {}。";
        encrypts: "New key: all data is encrypted under {}." | "使用新密钥：全部数据以{}加密。";
        keeps: "Stays under key {}: nothing is rewritten, and the copy is there at once." | "保持使用密钥 {}：数据不重写，副本立即可用。";
        reencrypts: "New key: all data is re-encrypted under {}. The old key opens nothing of the copy." | "使用新密钥：全部数据以{}重新加密，旧密钥无法打开副本。";
        rewraps: "Only the data key is wrapped anew, under {}. The data stays as it is: whoever has the old data key can still read the copy." | "仅以{}重新封装数据密钥，数据不变：持有旧数据密钥者仍可读取副本。";
        of_plain: "Plain disks: {}" | "未加密磁盘：{}";
        of_encrypted: "Encrypted disks: {}" | "加密磁盘：{}";
        of_disk: "{}: {}" | "{}：{}";
        service_key: "the Default Service CMK" | "默认服务密钥（Default Service CMK）";
        key: "key {}" | "密钥 {} ";
    }
}

/// What the form asks for.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) encrypt: bool,
    /// Name of the key; empty if none is named.
    pub(super) key: &'a str,
    pub(super) rewrap: bool,
    /// The other region; `None` for a copy in the same.
    pub(super) to: Option<&'a str>,
}

/// One sentence for an image whose disks are alike, else one for each kind of disk; one for each disk where some are `listed`: by device, with
/// the name of a key, or with none.
pub(super) fn sentences(image: &Image, wish: &Wish<'_>, listed: &[(&str, &str)], texts: &OutcomeTexts) -> Vec<String> {
    if !listed.is_empty() {
        return image.disks.iter().map(|disk| of_disk(disk, wish, listed, texts)).collect();
    }
    let encrypted = image.disks.iter().filter(|disk| disk.is_encrypted).count();
    let present = image.keys().iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
    match encrypted {
        0 => vec![of_plain(wish, texts)],
        all if all == image.disks.len() => vec![of_encrypted(&present, wish, texts)],
        _ => vec![
            fill(texts.of_plain, &[&of_plain(wish, texts)]),
            fill(texts.of_encrypted, &[&of_encrypted(&present, wish, texts)]),
        ],
    }
}

fn of_disk(disk: &Disk, wish: &Wish<'_>, listed: &[(&str, &str)], texts: &OutcomeTexts) -> String {
    let own = listed.iter().find(|(device, _)| *device == disk.device);
    let wish = own.map_or(*wish, |(_, key)| Wish { encrypt: true, key, ..*wish });
    let sentence = match &disk.key {
        Some(key) => of_encrypted(&key.name, &wish, texts),
        None => of_plain(&wish, texts),
    };
    fill(texts.of_disk, &[&disk.device, &sentence])
}

fn of_plain(wish: &Wish<'_>, texts: &OutcomeTexts) -> String {
    match (wish.encrypt, wish.to) {
        (true, _) => fill(texts.encrypts, &[&new_key(wish, texts)]),
        (false, Some(region)) => fill(texts.moves_plain, &[&region]),
        (false, None) => texts.stays_plain.to_owned(),
    }
}

/// In another region what is encrypted comes under a key of that region, whatever was asked for.
fn of_encrypted(present: &str, wish: &Wish<'_>, texts: &OutcomeTexts) -> String {
    if wish.key.is_empty() && wish.to.is_none() {
        return fill(texts.keeps, &[&present]);
    }
    // Only the key that is named wraps anew what another one wrapped.
    let text = if wish.rewrap && !wish.key.is_empty() { texts.rewraps } else { texts.reencrypts };
    fill(text, &[&new_key(wish, texts)])
}

fn new_key(wish: &Wish<'_>, texts: &OutcomeTexts) -> String {
    if wish.key.is_empty() { texts.service_key.to_owned() } else { fill(texts.key, &[&wish.key]) }
}

#[cfg(test)]
mod tests {
    use super::super::super::image::tests::answered;
    use super::*;
    use crate::language::Language;
    use crate::pages::own_keys::KeyNames;

    fn image(encrypted: [bool; 2]) -> Image {
        let mut found = answered();
        for (n, is_encrypted) in encrypted.into_iter().enumerate() {
            found["DiskDeviceMappings"]["DiskDeviceMapping"][n]["Encrypted"] = is_encrypted.into();
            found["Reseal"]["Disks"]["Disk"][n]["KMSKeyId"] = if is_encrypted { "A" } else { "" }.into();
        }
        Image::read(&found, &KeyNames::default(), Language::English)
    }

    /// The rows of DESIGN.md 1 in words, within a region and across.
    #[test]
    fn every_copy_is_said_in_a_sentence() {
        let plain = |encrypt, key, to| (image([false; 2]), Wish { encrypt, key, rewrap: false, to });
        let sealed = |encrypt, key, rewrap, to| (image([true; 2]), Wish { encrypt, key, rewrap, to });
        for ((image, wish), begins) in [
            (plain(false, "", None), "Stays plain: the copy shares"),
            (plain(false, "", Some("cn-b")), "Stays plain: all data is copied to cn-b"),
            (plain(true, "", None), "New key: all data is encrypted under the Default Service CMK."),
            (plain(true, "B", None), "New key: all data is encrypted under key B."),
            (sealed(false, "", false, None), "Stays under key A:"),
            (sealed(true, "", false, None), "Stays under key A:"),
            (sealed(true, "B", false, None), "New key: all data is re-encrypted under key B."),
            (sealed(true, "B", true, None), "Only the data key is wrapped anew, under key B."),
            (
                sealed(false, "", false, Some("cn-b")),
                "New key: all data is re-encrypted under the Default Service CMK.",
            ),
        ] {
            let said = sentences(&image, &wish, &[], OutcomeTexts::of(Language::English));
            assert!(said.len() == 1 && said[0].starts_with(begins), "{said:?}, not {begins}");
        }
    }

    /// Of an image whose disks differ, each kind has its sentence, also in Chinese.
    #[test]
    fn disks_that_differ_are_said_apart() {
        let wish = Wish { encrypt: true, key: "", rewrap: false, to: None };
        let said = sentences(&image([false, true]), &wish, &[], OutcomeTexts::of(Language::Chinese));
        assert_eq!(
            said,
            [
                "未加密磁盘：使用新密钥：全部数据以默认服务密钥（Default Service CMK）加密。",
                "加密磁盘：保持使用密钥 A：数据不重写，副本立即可用。",
            ]
        );
    }
    /// Where a disk has a key of its own, each is said by itself.
    #[test]
    fn disks_with_keys_of_their_own_are_said_one_by_one() {
        let texts = OutcomeTexts::of(Language::English);
        let said = |encrypted, wish: Wish<'_>, listed: &[(&str, &str)]| {
            let said = sentences(&image(encrypted), &wish, listed, texts);
            said.iter().map(|text| text.split('.').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let none = Wish { encrypt: false, key: "", rewrap: false, to: None };
        assert_eq!(
            said([true; 2], none, &[("/dev/xvda", "C")]),
            [
                "/dev/xvda: New key: all data is re-encrypted under key C",
                "/dev/xvdb: Stays under key A: nothing is rewritten, and the copy is there at once",
            ]
        );
        let all = Wish { encrypt: true, key: "B", rewrap: true, to: None };
        assert_eq!(
            said([true; 2], all, &[("/dev/xvdb", "")]),
            [
                "/dev/xvda: Only the data key is wrapped anew, under key B",
                "/dev/xvdb: Stays under key A: nothing is rewritten, and the copy is there at once",
            ]
        );
        assert_eq!(
            said([false; 2], none, &[("/dev/xvdb", "")]),
            [
                "/dev/xvda: Stays plain: the copy shares the source's bytes and is there at once",
                "/dev/xvdb: New key: all data is encrypted under the Default Service CMK",
            ]
        );
    }
}
