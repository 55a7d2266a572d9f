//! Codes of KMS.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "Forbidden.NoPermission",
        [
            "You are not allowed to do this.",
            "Ask an administrator of the account for this right, or look at the key's policy.",
        ],
        ["您没有执行此操作的权限。", "请联系账号管理员授权，或检查密钥策略。"],
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
        "Forbidden.KeyVersionNotFound",
        ["There is no such version of the key.", "Look at the page of the key."],
        ["没有该密钥版本。", "请查看密钥详情页。"],
    ),
    (
        "Unsupported.Alias",
        ["This cannot be done by an alias.", "Open the page of the key, and do it there."],
        ["不能通过别名执行此操作。", "请在密钥详情页操作。"],
    ),
    (
        "Forbidden.Opened",
        ["The key management service is open already.", "There is nothing to do."],
        ["密钥管理服务已开通。", "无需操作。"],
    ),
    ("Rejected.Enabled", ["The key is enabled.", "Disable it first."], ["密钥处于启用状态。", "请先禁用密钥。"]),
];
