//! Codes of images, their imports, exports, tags and sharing.

use super::Row;

pub(super) const ROWS: &[Row] = &[
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
        "InvalidStatus.ImageIsCreating",
        ["The image is still being made.", "Wait until it is available."],
        ["镜像正在创建中。", "请等待镜像可用。"],
    ),
    (
        "ImageStatus.NotAvailable",
        ["The image is not available.", "Wait until it is, or choose another one."],
        ["镜像不可用。", "请等待镜像可用，或选择其他镜像。"],
    ),
    (
        "ImageStatus.NotDeprecated",
        ["The image is not deprecated.", "There is nothing to do."],
        ["镜像未被弃用。", "无需操作。"],
    ),
    (
        "InvalidTagValue.Malformed",
        ["A tag is not valid.", "Use up to 128 characters that do not begin with aliyun or acs:, and hold no URL."],
        ["标签不合法。", "请使用不超过 128 个字符，不能以 aliyun 或 acs: 开头，不能包含网址。"],
    ),
    (
        "InvalidSnapshotId.NotFound",
        ["There is no such snapshot in this region.", "Look at the page of the image."],
        ["本地域没有该快照。", "请查看镜像详情页。"],
    ),
    (
        "OperationDenied.InvalidImageStatus",
        ["The image cannot be shared in its present state.", "Wait until it is available."],
        ["镜像当前状态不能共享。", "请等待镜像可用。"],
    ),
    (
        "ImageNotSupported",
        [
            "The image cannot be used for this.",
            "The message below says why: an encrypted image is not exported, and not every image can be run.",
        ],
        ["镜像不支持此操作。", "下方信息说明了原因：加密镜像不能导出，且并非所有镜像都能启动。"],
    ),
    (
        "InvalidImageFormat.Malformed",
        [
            "The format is not one that is read, or the file is damaged.",
            "The message below says what is wrong. Choose the right format, or convert the file with qemu-img.",
        ],
        ["格式不受支持，或文件已损坏。", "下方信息说明了原因。请选择正确的格式，或用 qemu-img 转换文件。"],
    ),
    (
        "InvalidOSSObject.Malformed",
        ["This is not the name of a file in the bucket.", "Write the path below the directory, without .. in it."],
        ["文件名不合法。", "请填写目录下的路径，不能包含 ..。"],
    ),
    (
        "InvalidDataDiskSize",
        ["The data disk has a size that is not taken.", "Data disks of images have 1 to 2048 GiB."],
        ["数据盘容量不符合要求。", "镜像数据盘容量须为 1–2048 GiB。"],
    ),
    (
        "InvalidPlatform.Malformed",
        [
            "The distribution is not one that is known.",
            "Leave it empty, or write it as Debian, Ubuntu, CentOS, Others Linux.",
        ],
        ["发行版不受支持。", "请留空，或填写 Debian、Ubuntu、CentOS、Others Linux 等。"],
    ),
    (
        "InvalidOSType.Malformed",
        ["The operating system is not one that is known.", "Choose Linux or Windows."],
        ["操作系统不受支持。", "请选择 Linux 或 Windows。"],
    ),
    (
        "InvalidArchitecture.Malformed",
        ["The architecture is not one that is known.", "Choose one of the list."],
        ["系统架构不受支持。", "请从列表中选择。"],
    ),
    (
        "ImportImageFailed",
        ["The image cannot be imported.", "The message below says why. Mend that, and check the file again."],
        ["无法导入镜像。", "下方信息说明了原因，请解决后重新检查文件。"],
    ),
    (
        "ImageCreatedNotFromCopy",
        ["The image was not made by a copy.", "Cancel its task instead."],
        ["该镜像并非由复制创建。", "请改为取消对应的任务。"],
    ),
];
