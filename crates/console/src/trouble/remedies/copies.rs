//! Codes of copies, and of the keys that they are to be under.

use super::Row;

pub(super) const ROWS: &[Row] = &[
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
            "There is no such key in the region.",
            "Choose a key of the region where the disk or the copy shall be, or create one there.",
        ],
        ["该地域没有此密钥。", "请选择磁盘或副本所在地域的密钥，或先在该地域创建。"],
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
        "SourceRegion.NotFound",
        ["The region of the source does not exist.", "Open the image again from the list of images."],
        ["源地域不存在。", "请从镜像列表重新打开镜像。"],
    ),
    (
        "DestinationRegion.NotFound",
        ["The destination region does not exist.", "Choose a region of the list."],
        ["目标地域不存在。", "请从列表中选择地域。"],
    ),
    (
        "InvalidDevice.NotFound",
        ["The image has no such disk.", "Open the dialog again: the disks of the image have changed."],
        ["镜像没有该磁盘。", "镜像磁盘已变化，请重新打开复制页面。"],
    ),
    (
        "InvalidDevice.Malformed",
        ["This is not the name of a device.", "Open the dialog again."],
        ["设备名不合法。", "请重新打开该页面。"],
    ),
];
