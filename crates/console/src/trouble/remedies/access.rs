//! Codes of RAM.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "NoPermission",
        ["You are not allowed to do this.", "Ask an administrator of the account for this right."],
        ["您没有执行此操作的权限。", "请联系账号管理员授权。"],
    ),
    (
        "MalformedPolicyDocument",
        ["The policy document is not valid.", "Correct the place that is named below, and send it again."],
        ["策略内容不合法。", "请修改下方提示位置的内容后重新提交。"],
    ),
    (
        "InvalidParameter.Password.TooWeak",
        ["The password is too weak.", "Take at least 8 characters of three kinds."],
        ["密码强度不足。", "请使用至少 8 个字符，并包含三类字符。"],
    ),
    (
        "InvalidParameter.UserName.InvalidChars",
        ["This is not a name for a user.", "Use 1 to 64 letters, digits, full stops, underscores and hyphens."],
        ["用户名称不合法。", "请使用 1–64 个字符，可含字母、数字、句点、下划线和连字符。"],
    ),
    (
        "InvalidParameter.UserName.Length",
        ["This is not a name for a user.", "Use 1 to 64 letters, digits, full stops, underscores and hyphens."],
        ["用户名称不合法。", "请使用 1–64 个字符，可含字母、数字、句点、下划线和连字符。"],
    ),
    (
        "InvalidParameter.RoleName.InvalidChars",
        ["This is not a name for a role.", "Use 1 to 64 letters, digits and hyphens."],
        ["角色名称不合法。", "请使用 1–64 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.RoleName.Length",
        ["This is not a name for a role.", "Use 1 to 64 letters, digits and hyphens."],
        ["角色名称不合法。", "请使用 1–64 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.GroupName.InvalidChars",
        ["This is not a name for a group.", "Use 1 to 64 letters, digits and hyphens."],
        ["用户组名称不合法。", "请使用 1–64 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.GroupName.Length",
        ["This is not a name for a group.", "Use 1 to 64 letters, digits and hyphens."],
        ["用户组名称不合法。", "请使用 1–64 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.PolicyName.InvalidChars",
        ["This is not a name for a policy.", "Use 1 to 128 letters, digits and hyphens."],
        ["授权策略名称不合法。", "请使用 1–128 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.PolicyName.Length",
        ["This is not a name for a policy.", "Use 1 to 128 letters, digits and hyphens."],
        ["授权策略名称不合法。", "请使用 1–128 个字符，可含字母、数字和连字符。"],
    ),
    (
        "InvalidParameter.DisplayName.Length",
        ["The display name is too long.", "Use 128 characters at most."],
        ["显示名称过长。", "请使用不超过 128 个字符。"],
    ),
    (
        "InvalidParameter.Comments.Length",
        ["The comments are too long.", "Use 128 characters at most."],
        ["备注过长。", "请使用不超过 128 个字符。"],
    ),
    (
        "InvalidParameter.Description.Length",
        ["The description is too long.", "Use 1024 characters at most."],
        ["描述过长。", "请使用不超过 1024 个字符。"],
    ),
    (
        "InvalidParameter.NewPassword.TooWeak",
        ["The new password is too weak.", "Take at least 8 characters of three kinds."],
        ["新密码强度不足。", "请使用至少 8 个字符，并包含三类字符。"],
    ),
    (
        "InvalidParameter.NewPassword.ReusePrevention",
        ["The new password is the present one.", "Choose another."],
        ["新密码与当前密码相同。", "请使用其他密码。"],
    ),
    (
        "InvalidParameter.OldPassword.Incorrect",
        ["The present password is not right.", "Type it again. After some wrong ones you have to wait."],
        ["当前密码不正确。", "请重新输入；多次错误后需要等待。"],
    ),
    (
        "NotSupport.Account",
        [
            "The password of the account itself is not changed here.",
            "On the host of the server, run: reseal account password",
        ],
        ["主账号密码不能在此修改。", "请在服务器主机上执行 reseal account password。"],
    ),
    (
        "InvalidParameter.PolicyType",
        ["This is not a kind of policy.", "Go back to the list of policies."],
        ["策略类型不合法。", "请返回策略列表。"],
    ),
    (
        "InvalidParameter.VersionId.Format",
        ["This is not a version of a policy.", "Go back to the page of the policy."],
        ["策略版本不合法。", "请返回策略详情页。"],
    ),
    (
        "InvalidParameter.PolicyDocument.Length",
        ["The policy document is too long.", "Divide it into several policies."],
        ["策略内容过长。", "请拆分为多个策略。"],
    ),
];
