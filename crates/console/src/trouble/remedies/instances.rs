//! Codes of instances and their disks.

use super::Row;

pub(super) const ROWS: &[Row] = &[
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
        "InvalidInstanceId.NotFound",
        ["There is no such instance in this region.", "Look at the list of instances."],
        ["本地域没有该实例。", "请查看实例列表。"],
    ),
    (
        "InvalidDiskId.NotFound",
        ["There is no such disk in this region.", "Look at the page of the instance."],
        ["本地域没有该磁盘。", "请查看实例详情页。"],
    ),
    (
        "InvalidInstanceType.NotFound",
        ["There is no such type of instance.", "Choose one of the list."],
        ["没有该实例规格。", "请从列表中选择规格。"],
    ),
    (
        "InvalidEncrypted.NotMatchDiskDefaultEncryption",
        ["Disks of this account are always encrypted in this region.", "Tick Encrypt for each disk."],
        ["本账号在本地域已开启磁盘默认加密。", "请为每块磁盘勾选“加密”。"],
    ),
    (
        "InvalidSystemDiskSize.LessThanImageSize",
        ["The disk is smaller than that of the image.", "Leave the size out, or make it larger."],
        ["磁盘容量小于镜像。", "请将容量留空或调大。"],
    ),
    (
        "InvalidDiskSize.ValueNotSupported",
        ["The disk has a size that is not offered.", "Disks of instances have 1 to 32768 GiB."],
        ["磁盘容量不受支持。", "实例磁盘容量须为 1–32768 GiB。"],
    ),
    (
        "InvalidSize.ValueNotSupported",
        ["The disk has a size that is not offered.", "Disks of instances have 1 to 32768 GiB."],
        ["磁盘容量不受支持。", "实例磁盘容量须为 1–32768 GiB。"],
    ),
    (
        "InvalidDataDiskNumber",
        ["There are too many data disks.", "An instance has 16 at most."],
        ["数据盘数量过多。", "每个实例最多 16 块数据盘。"],
    ),
    (
        "InvalidParameter.SystemDisk",
        ["The disks are not those of the image.", "Open the form again from the page of the image."],
        ["磁盘与镜像不符。", "请从镜像详情页重新打开表单。"],
    ),
    (
        "QuotaExceed.Instance",
        [
            "This account has as many instances as it may.",
            "Delete instances that nobody needs, or ask the operator for more.",
        ],
        ["实例数量已达上限。", "请删除不再需要的实例，或联系管理员提高配额。"],
    ),
    (
        "InvalidInstanceName.Malformed",
        [
            "This is not a name for an instance.",
            "Use 2 to 128 characters: a letter first, then letters, digits and . : _ -",
        ],
        ["实例名称不合法。", "请使用 2–128 个字符，以字母或中文开头，可包含数字和 . : _ -。"],
    ),
    (
        "OperationDenied.NoStock",
        ["The host has nothing left for this.", "Stop or delete instances that nobody needs."],
        ["主机资源不足。", "请停止或删除不再需要的实例。"],
    ),
    (
        "OperationDenied.OtherHost",
        ["The instance is on another host.", "Use the console of that server."],
        ["实例位于其他主机。", "请使用该主机上的控制台。"],
    ),
    (
        "InvalidOperation.DiskTampered",
        [
            "A disk is not what it was: it was changed from outside, and is not opened.",
            "Keep it as it is, and ask the operator to look at it.",
        ],
        ["磁盘已被外部改动，拒绝打开。", "请保留现场，并联系管理员检查。"],
    ),
    (
        "OperationDenied.HypervisorMissing",
        [
            "This host cannot run instances. Nothing was done.",
            "Have the operator install QEMU; the message below says what is missing.",
        ],
        ["本主机无法运行实例，未执行任何操作。", "请联系管理员安装 QEMU，下方信息说明了缺少的内容。"],
    ),
    (
        "InvalidInstanceIds.ValueNotSupported",
        ["This is not the ID of an instance.", "Look at the list of instances."],
        ["实例 ID 不合法。", "请查看实例列表。"],
    ),
    (
        "InvalidDevice.InUse",
        ["Two disks have the same device.", "Open the form again."],
        ["设备名重复。", "请重新打开表单。"],
    ),
];
