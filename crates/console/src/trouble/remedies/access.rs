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
        "EntityAlreadyExists.Role",
        ["There is a role of this name already.", "Choose another name."],
        ["已存在同名角色。", "请更换名称。"],
    ),
    (
        "DeleteConflict.Role.Policy",
        ["The role has policies.", "Detach them first."],
        ["该角色仍有授权策略。", "请先移除授权。"],
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
