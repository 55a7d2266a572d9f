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
        [
            "A disk that is made from an encrypted image is always encrypted.",
            "Tick Encrypt, or leave the choice to the image.",
        ],
        ["由加密镜像创建的磁盘始终加密。", "请勾选“加密”，或不作选择以沿用镜像设置。"],
    ),
    (
        "ImageNotSupportInstanceType",
        ["Bare-metal types cannot run from an encrypted image.", "Choose another type."],
        ["裸金属规格不支持加密镜像。", "请选择其他规格。"],
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
        "InvalidParameter.RekeyMode",
        [
            "A data key is re-wrapped only where an encrypted image gets another key.",
            "Choose a key other than the present one, or re-encrypt.",
        ],
        ["仅在为加密镜像更换密钥时才能重新封装数据密钥。", "请选择另一个密钥，或选择重新加密。"],
    ),
    (
        "OperationDeined.EncryptedSnapshot",
        [
            "An encrypted image stays in its region, and is not shared with other accounts.",
            "Copy it within its region. The operator can allow copies to other regions.",
        ],
        ["加密镜像不能复制到其他地域，也不能共享给其他账号。", "请在同一地域内复制；管理员可开启跨地域复制加密镜像。"],
    ),
    (
        "OperationDenied.SameRegionOnly",
        [
            "An image of another account is copied within its region only.",
            "Copy it here first; then copy your own image to the other region.",
        ],
        ["共享镜像只能在所在地域内复制。", "请先在本地域复制，再将自己的镜像复制到其他地域。"],
    ),
    (
        "InvalidParameter.KmsNotEnabled",
        ["KMS is not opened for this account.", "Open it under Keys."],
        ["本账号尚未开通密钥管理服务（KMS）。", "请在“密钥”页面开通。"],
    ),
    (
        "InvalidParameter.KMSKeyId.NotFound",
        [
            "There is no such key in the destination region.",
            "Choose a key of the destination region, or create one there.",
        ],
        ["目标地域没有该密钥。", "请选择目标地域的密钥，或先在该地域创建。"],
    ),
    (
        "InvalidParameter.KMSKeyId.CMKNotEnabled",
        [
            "The key cannot be used in its present state.",
            "Enable the key, import its material, or cancel its deletion, under Keys.",
        ],
        ["密钥当前状态不可用。", "请在“密钥”页面启用该密钥、导入密钥材料或取消删除。"],
    ),
    (
        "InvalidParameter.KMSKeyId.KMSUnauthorized",
        [
            "ECS, or you, may not use this key.",
            "Authorise the ECS role under Access control, or ask an administrator for the right to use the key.",
        ],
        ["ECS 或您无权使用该密钥。", "请在“访问控制”中为 ECS 角色授权，或联系管理员授予密钥使用权限。"],
    ),
    (
        "InvalidParameter.KMSKeyId.CMKUnauthorized",
        ["ECS may not mark this key as one of disks.", "Authorise the ECS role under Access control."],
        ["ECS 无权为该密钥添加标签。", "请在“访问控制”中为 ECS 角色授权。"],
    ),
    (
        "InvalidParameter.KMSKeyId.Kind",
        ["This key cannot encrypt disks.", "Choose a symmetric key."],
        ["该密钥不能用于加密磁盘。", "请选择对称密钥。"],
    ),
    (
        "SizeExceed.Image",
        ["The image is larger than this account may copy.", "Open a ticket and ask for a larger limit."],
        ["镜像大小超过本账号可复制的上限。", "请提交工单申请提高上限。"],
    ),
    (
        "QuotaExceed.Image",
        [
            "This account has as many images in the region as it may.",
            "Delete images that nobody needs, or ask the operator for more.",
        ],
        ["本地域的镜像数量已达上限。", "请删除不再需要的镜像，或联系管理员提高配额。"],
    ),
    (
        "InvalidImageName.Malformed",
        [
            "This is not a name for an image.",
            "Use 2 to 128 characters: a letter first, then letters, digits and . : _ -",
        ],
        ["镜像名称不合法。", "请使用 2–128 个字符，以字母或中文开头，可包含数字和 . : _ -。"],
    ),
    (
        "InvalidDescription.Malformed",
        ["This is not a description.", "Use 2 to 256 characters that do not begin with http:// or https://."],
        ["描述不合法。", "请使用 2–256 个字符，且不能以 http:// 或 https:// 开头。"],
    ),
    (
        "InvalidImageId.NotFound",
        ["There is no such image in this region, or it is no longer shared with you.", "Look into the list of images."],
        ["本地域没有该镜像，或它已不再共享给您。", "请查看镜像列表。"],
    ),
    (
        "IncorrectImageStatus",
        ["The status of the image does not allow this.", "Wait until it is available; delete one that failed."],
        ["镜像当前状态不允许此操作。", "请等待镜像可用；创建失败的镜像请删除。"],
    ),
    (
        "OperationDenied.ImageCopying",
        ["The image is being copied.", "Wait for the copy, or cancel it."],
        ["镜像正在复制中。", "请等待复制完成，或取消复制。"],
    ),
    (
        "ImageIsImporting",
        ["The image is being imported.", "Wait for the import, or cancel its task."],
        ["镜像正在导入中。", "请等待导入完成，或取消任务。"],
    ),
    (
        "ImageIsExporting",
        ["The image is being exported.", "Wait for the export, or cancel its task."],
        ["镜像正在导出中。", "请等待导出完成，或取消任务。"],
    ),
    (
        "ImageUseShared",
        ["The image is shared with other accounts.", "Stop sharing it, or tick that it is deleted all the same."],
        ["镜像已共享给其他账号。", "请先取消共享，或勾选强制删除。"],
    ),
    (
        "ImageUsingByInstance",
        [
            "Instances have disks of this image.",
            "Delete the instances, or tick that it is deleted all the same: they keep their disks.",
        ],
        ["有实例正在使用此镜像。", "请先删除实例，或勾选强制删除（实例的磁盘会保留）。"],
    ),
    (
        "Account.Arrearage",
        ["The account is in debt.", "Have the operator add to its balance."],
        ["账户已欠费。", "请联系管理员充值。"],
    ),
    (
        "IdempotentParameterMismatch",
        ["This form was sent before, with other values.", "Open the form anew, and fill it in again."],
        ["该表单已用其他内容提交过。", "请重新打开表单并填写。"],
    ),
    (
        "InvalidImageSize",
        ["The disk has a size that is not taken.", "A system disk has 1 to 2048 GiB."],
        ["磁盘容量不符合要求。", "系统盘容量须为 1–2048 GiB。"],
    ),
    (
        "InvalidOSSBucket.NotFound",
        [
            "No bucket of this name is set up.",
            "Ask the operator for the names; they are set up by --import-directory, --export-directory or server.toml.",
        ],
        [
            "没有配置该名称的存储空间。",
            "请向管理员确认名称；通过 --import-directory、--export-directory 或 server.toml 配置。",
        ],
    ),
    (
        "InvalidOSSObject.NotFound",
        ["There is no such file in the bucket.", "Check the path; it begins below the directory."],
        ["存储空间中没有该文件。", "请检查路径（相对于配置的目录）。"],
    ),
    (
        "InvalidOSSPrefix.Malformed",
        ["This is not a prefix.", "Use up to 30 letters and digits."],
        ["前缀不合法。", "请使用最多 30 个字母或数字。"],
    ),
    (
        "InvalidAccount.NotFound",
        ["There is no such account.", "An account ID has 16 digits."],
        ["没有该账号。", "账号 ID 为 16 位数字。"],
    ),
    (
        "InvalidAccount.Forbbiden",
        ["The image is your own already.", "Name another account."],
        ["这是您自己的镜像。", "请填写其他账号。"],
    ),
    (
        "QuotaExceed.ShareImage",
        ["The image is shared with as many accounts as it can be.", "Remove an account first."],
        ["共享账号数量已达上限。", "请先移除一个账号。"],
    ),
    (
        "QuotaExceed.Tags",
        ["The image has as many tags as it can have.", "Remove a tag first."],
        ["标签数量已达上限。", "请先移除一个标签。"],
    ),
    (
        "InvalidTagKey.Malformed",
        ["This is not a tag key.", "Use 1 to 128 characters that do not begin with aliyun or acs:, and hold no URL."],
        ["标签键不合法。", "请使用 1–128 个字符，不能以 aliyun 或 acs: 开头，不能包含网址。"],
    ),
    (
        "InvalidUploadSize",
        ["The file is larger than is taken, or empty.", "Use an import directory for very large files."],
        ["文件过大或为空。", "特大文件请使用导入目录。"],
    ),
    (
        "QuotaExceed.Upload",
        ["Too many uploads are waiting.", "Import those that are complete, or wait a day: then they are removed."],
        ["待导入的上传文件过多。", "请先导入已完成的上传；未导入的文件一天后会被清除。"],
    ),
    (
        "InvalidUploadId.NotFound",
        [
            "The file that was sent is gone: it was imported, or nobody used it for a day.",
            "Choose the file and send it again.",
        ],
        ["上传的文件已不存在：可能已导入，或闲置超过一天。", "请重新选择文件并上传。"],
    ),
    (
        "IncorrectUploadStatus",
        [
            "The file is not all there, or is being imported.",
            "Choose the same file again: it goes on where it stopped.",
        ],
        ["文件尚未上传完整，或正在导入。", "请再次选择同一文件，将从中断处继续。"],
    ),
    ("InvalidTaskId.IncorrectTaskStatus", ["The task is over.", ""], ["任务已结束。", ""]),
    (
        "IncorrectTicketStatus",
        ["The ticket is not open any more.", "Open a new one."],
        ["工单已不再处理。", "请提交新的工单。"],
    ),
    (
        "InvalidTicket.Malformed",
        ["This is not a ticket.", "A size has 1 to 1048576 GiB, a text 1 to 4096 characters."],
        ["工单内容不合法。", "容量须为 1–1048576 GiB，文字须为 1–4096 个字符。"],
    ),
    (
        "QuotaExceed.Ticket",
        ["There are as many open tickets, or messages, as there can be.", "Close tickets that nobody needs."],
        ["待处理的工单或回复数量已达上限。", "请关闭不再需要的工单。"],
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
        "InvalidParameter",
        ["", "Correct the field that is named, and send it again."],
        ["", "请修改提示的字段后重新提交。"],
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
