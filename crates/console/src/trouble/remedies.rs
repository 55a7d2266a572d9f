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
    (
        "NoPermission",
        ["You are not allowed to do this.", "Ask an administrator of the account for this right."],
        ["您没有执行此操作的权限。", "请联系账号管理员授权。"],
    ),
    (
        "Forbidden.NoPermission",
        [
            "You are not allowed to do this with this key.",
            "Ask an administrator of the account for this right, or look at the key's policy.",
        ],
        ["您没有对该密钥执行此操作的权限。", "请联系账号管理员授权，或检查密钥策略。"],
    ),
    (
        "Forbidden.KmsServiceNotEnabled",
        ["This account does not use the key management service yet.", "Open it on the page Keys."],
        ["本账号尚未开通密钥管理服务。", "请在“密钥”页面开通。"],
    ),
    (
        "Forbidden.KeyNotFound",
        ["There is no such key in this region.", "Keys live in one region: look in the others, or in the list."],
        ["本地域中不存在该密钥。", "密钥仅在所属地域可用，请切换地域或返回列表查看。"],
    ),
    (
        "Forbidden.AliasNotFound",
        ["There is no such alias in this region.", "Look at the list of keys."],
        ["本地域中不存在该别名。", "请返回密钥列表查看。"],
    ),
    (
        "AliasAlreadyExists",
        ["Another key has this alias.", "Choose another alias, or remove it from that key first."],
        ["该别名已被其他密钥使用。", "请更换别名，或先从原密钥移除。"],
    ),
    ("Rejected.Disabled", ["The key is disabled.", "Enable it first."], ["密钥已被禁用。", "请先启用密钥。"]),
    (
        "Rejected.PendingDeletion",
        ["The key waits for its deletion.", "Cancel the deletion first."],
        ["密钥处于待删除状态。", "请先取消计划删除。"],
    ),
    (
        "Rejected.PendingImport",
        ["The key has no material.", "Import its material first."],
        ["密钥没有密钥材料。", "请先导入密钥材料。"],
    ),
    (
        "Rejected.StateModifiedFailed",
        [
            "The key cannot be changed so at the moment.",
            "The message below says why: its state, its protection from deletion, or what is encrypted under it.",
        ],
        ["当前无法对密钥执行此变更。", "下方信息说明了原因：密钥状态、删除保护，或有资源正在使用该密钥。"],
    ),
    (
        "Rejected.LimitExceeded",
        ["This account has as many of these as it may in this region.", "Delete what is not needed any more."],
        ["已达到本账号在该地域的数量上限。", "请删除不再需要的密钥或别名。"],
    ),
    (
        "UnsupportedOperation",
        ["This cannot be done with a key of this kind.", "Service keys and imported keys are not changed so."],
        ["该类密钥不支持此操作。", "服务密钥和外部导入的密钥不支持此类变更。"],
    ),
    (
        "Unsupported.Origin",
        ["This key takes no material of your own.", "Create a key whose material is imported."],
        ["该密钥不支持导入密钥材料。", "请创建来源为外部导入的密钥。"],
    ),
    (
        "InvalidKeyMaterial",
        [
            "The material does not fit: it was not encrypted under this wrapping key with this algorithm, has the wrong length, or is not the material that the key had before.",
            "Run the commands again. A key only takes back the material that it had.",
        ],
        [
            "密钥材料无效：未使用该公钥和算法加密、长度不符，或与此前导入的密钥材料不同。",
            "请重新执行加密命令。重新导入时必须使用相同的密钥材料。",
        ],
    ),
    (
        "InvalidImportToken",
        [
            "The import token is not one of this key.",
            "Use the token and the wrapping key of the same step, or start again.",
        ],
        ["导入令牌与该密钥不匹配。", "请使用同一步骤获取的公钥和导入令牌，或重新开始。"],
    ),
    (
        "ExpiredImportToken",
        ["The import token is older than 24 hours.", "Start again: wrapping key and token are made anew."],
        ["导入令牌已超过 24 小时有效期。", "请重新获取公钥和导入令牌。"],
    ),
    (
        "MalformedPolicyDocument",
        ["", "Correct the place that is named, and send it again."],
        ["", "请修改提示位置的内容后重新提交。"],
    ),
    (
        "EntityAlreadyExists.User",
        ["There is a user of this name already.", "Choose another name."],
        ["已存在同名用户。", "请更换名称。"],
    ),
    (
        "EntityAlreadyExists.Group",
        ["There is a group of this name already.", "Choose another name."],
        ["已存在同名用户组。", "请更换名称。"],
    ),
    (
        "EntityAlreadyExists.Policy",
        ["There is a policy of this name already.", "Choose another name, or make a new version of it."],
        ["已存在同名授权策略。", "请更换名称，或为该策略新建版本。"],
    ),
    (
        "DeleteConflict.User.AccessKey",
        ["The user has access keys.", "Delete them first."],
        ["该用户仍有访问密钥。", "请先删除访问密钥。"],
    ),
    (
        "DeleteConflict.User.Policy",
        ["The user has policies.", "Detach them first."],
        ["该用户仍有授权策略。", "请先移除授权。"],
    ),
    (
        "DeleteConflict.User.Group",
        ["The user is in a group.", "Remove the user from it first."],
        ["该用户仍属于用户组。", "请先将其移出用户组。"],
    ),
    (
        "DeleteConflict.User.LoginProfile",
        ["The user can sign in with a password.", "Take the password away first."],
        ["该用户仍可使用密码登录。", "请先禁止密码登录。"],
    ),
    (
        "DeleteConflict.Group.User",
        ["There are users in the group.", "Remove them first."],
        ["用户组中仍有成员。", "请先移除成员。"],
    ),
    (
        "DeleteConflict.Group.Policy",
        ["The group has policies.", "Detach them first."],
        ["用户组仍有授权策略。", "请先移除授权。"],
    ),
    (
        "DeleteConflict.Policy.User",
        ["The policy is attached to users.", "Detach it first, or tick the box above the button."],
        ["该策略仍授权给用户。", "请先移除授权，或勾选按钮上方的选项。"],
    ),
    (
        "DeleteConflict.Policy.Group",
        ["The policy is attached to groups.", "Detach it first, or tick the box above the button."],
        ["该策略仍授权给用户组。", "请先移除授权，或勾选按钮上方的选项。"],
    ),
    (
        "DeleteConflict.Policy.Role",
        ["The policy is attached to roles.", "Detach it first, or tick the box above the button."],
        ["该策略仍授权给角色。", "请先移除授权，或勾选按钮上方的选项。"],
    ),
    (
        "DeleteConflict.Policy.Version",
        ["The policy has other versions.", "Delete them first, or tick the box above the button."],
        ["该策略仍有其他版本。", "请先删除其他版本，或勾选按钮上方的选项。"],
    ),
    (
        "LimitExceeded.User.AccessKey",
        ["A user has two access keys at most.", "Delete one first."],
        ["每个用户最多拥有两个访问密钥。", "请先删除一个访问密钥。"],
    ),
    (
        "LimitExceeded.Policy.Version",
        ["A policy has five versions at most.", "Delete one, or have the oldest deleted by ticking the box."],
        ["每个策略最多五个版本。", "请删除一个版本，或勾选自动删除最早版本。"],
    ),
    (
        "InvalidParameter.Password.TooWeak",
        ["The password is too weak.", "Take at least 8 characters of three kinds."],
        ["密码强度不足。", "请使用至少 8 个字符，并包含三类字符。"],
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each code stands once, with a remedy in both languages; words are there in both or in neither.
    #[test]
    fn every_row_is_complete() {
        let codes: BTreeSet<&str> = ROWS.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), ROWS.len(), "a code stands twice");
        for (code, english, chinese) in ROWS {
            assert!(!english[1].is_empty() && !chinese[1].is_empty(), "{code}");
            assert_eq!(english[0].is_empty(), chinese[0].is_empty(), "{code}");
        }
    }
}
