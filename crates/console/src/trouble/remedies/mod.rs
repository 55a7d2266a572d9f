//! Plain words and a remedy for the codes that a visitor of the console meets. A code that is not here is shown with the API's message alone.

mod access;
mod key_pairs;
mod keys;

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

/// Codes of ECS, and those of several products.
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
        ["账号已欠费。", "请联系管理员充值。"],
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
        ["账号已欠费。", "请联系管理员充值。"],
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
];

/// All rows.
fn all() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(keys::ROWS).chain(key_pairs::ROWS).chain(access::ROWS)
}

/// What is known of `code`.
pub(crate) fn of(code: &str, language: Language) -> Known {
    let Some((_, english, chinese)) = all().find(|(known, ..)| *known == code) else { return Known::default() };
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

    /// Each code stands once; words and remedy are there in both languages or in neither, and one of them is there.
    #[test]
    fn every_row_is_complete() {
        let codes: BTreeSet<&str> = all().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), all().count(), "a code stands twice");
        for (code, english, chinese) in all() {
            assert_eq!(english.map(str::is_empty), chinese.map(str::is_empty), "{code}");
            assert!(!english.concat().is_empty(), "{code}");
        }
    }
}
