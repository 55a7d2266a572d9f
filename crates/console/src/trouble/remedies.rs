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
        "IncorrectInstanceStatus",
        ["The instance does not take this in its present state.", "Wait until its state changes, or stop it first."],
        ["实例当前状态不支持该操作。", "请等待状态变化，或先停止实例。"],
    ),
    (
        "InvalidOperation.DeletionProtection",
        ["The instance is protected from deletion.", "Switch the protection off on its page, then delete it."],
        ["实例已开启删除保护。", "请先在实例详情页关闭删除保护。"],
    ),
    (
        "InvalidEncrypted.NotMatchSnapshot",
        ["A disk that is made from an encrypted image is always encrypted.", "Tick Encrypt, or leave the choice to the image."],
        ["由加密镜像创建的磁盘始终加密。", "请勾选“加密”，或不作选择以沿用镜像设置。"],
    ),
    (
        "ImageNotSupportInstanceType",
        ["Bare-metal types cannot run from an encrypted image.", "Choose another type."],
        ["裸金属规格不支持加密镜像。", "请选择其他规格。"],
    ),
    (
        "InvalidParameter.EncryptedIllegal",
        ["An encrypted image stays encrypted, and a key can only be named for an encrypted copy.", "Tick Encrypt, or leave the key out."],
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
