//! Plain words and a remedy for the codes that a visitor of the console meets. A code that is not here is shown with the API's message alone.

use crate::language::Language;

/// What is known of a code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Empty: the API's message says it best.
    pub(crate) words: &'static str,
    pub(crate) remedy: &'static str,
}

/// One code: English words and remedy, Chinese words and remedy.
type Row = (&'static str, [&'static str; 2], [&'static str; 2]);

const ROWS: &[Row] = &[
    (
        "Forbidden.RAM",
        ["You are not allowed to do this.", "Ask an administrator of the account for this right."],
        ["您没有执行此操作的权限。", "请联系账号管理员授权。"],
    ),
    (
        "InvalidParameter.EncryptedIllegal",
        [
            "An encrypted image stays encrypted, and a key can only be named for an encrypted copy.",
            "Tick Encrypt, or leave the key out.",
        ],
        ["已加密的镜像不能变为明文；只有加密复制才能指定密钥。", "请勾选“加密”，或不要指定密钥。"],
    ),
    (
        "Forbidden.InDebt",
        ["The account is in debt.", "Have an administrator add to its balance."],
        ["账户已欠费。", "请联系管理员充值。"],
    ),
    (
        "InvalidImageName.Duplicated",
        ["There is an image of this name already.", "Choose another name."],
        ["已存在同名镜像。", "请更换名称。"],
    ),
];

/// What is known of `code`.
pub(crate) fn of(code: &str, language: Language) -> Known {
    let Some((_, english, chinese)) = ROWS.iter().find(|(known, ..)| *known == code) else { return Known::default() };
    let [words, remedy] = match language {
        Language::English => *english,
        Language::Chinese => *chinese,
    };
    Known { words, remedy }
}
