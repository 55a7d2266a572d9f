//! Codes of key pairs.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "KeyPair.AlreadyExist",
        ["There is a key pair of this name already.", "Choose another name."],
        ["已存在同名密钥对。", "请更换名称。"],
    ),
    (
        "InvalidKeyPairName.Malformed",
        [
            "This is not a name for a key pair.",
            "Use 2 to 128 characters: a letter first, then letters, digits and . : _ -",
        ],
        ["密钥对名称不合法。", "请使用 2–128 个字符，以字母或中文开头，可包含数字和 . : _ -。"],
    ),
    (
        "InvalidKeyPairName.NotFound",
        ["There is no such key pair in this region.", "Look at the list of key pairs."],
        ["本地域没有该密钥对。", "请查看密钥对列表。"],
    ),
    (
        "InvalidPublicKeyBody.Malformed",
        ["This is not a public key that is taken.", "Paste the one line of the file with .pub at its end."],
        ["公钥不合法。", "请粘贴 .pub 文件中的单行内容。"],
    ),
    (
        "QuotaExceed.KeyPair",
        ["This account has as many key pairs in the region as it may.", "Delete those that nobody needs."],
        ["本地域的密钥对数量已达上限。", "请删除不再需要的密钥对。"],
    ),
    (
        "InvalidKeyPairNames.ValueNotSupported",
        ["This is not the name of a key pair.", "Look at the list of key pairs."],
        ["密钥对名称不合法。", "请查看密钥对列表。"],
    ),
];
