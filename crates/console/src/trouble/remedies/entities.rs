//! Codes of RAM: users, groups, roles and policies that are not there, are there already, or are not to be deleted yet.

use super::Row;

pub(super) const ROWS: &[Row] = &[
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
        "EntityNotExist.User",
        ["There is no such user.", "Look at the list of users."],
        ["没有该用户。", "请查看用户列表。"],
    ),
    (
        "EntityNotExist.Group",
        ["There is no such group.", "Look at the list of groups."],
        ["没有该用户组。", "请查看用户组列表。"],
    ),
    (
        "EntityNotExist.Role",
        ["There is no such role.", "Look at the list of roles."],
        ["没有该角色。", "请查看角色列表。"],
    ),
    (
        "EntityNotExist.Policy",
        ["There is no such policy.", "Look at the list of policies."],
        ["没有该授权策略。", "请查看授权策略列表。"],
    ),
    (
        "EntityNotExist.User.Policy",
        ["The policy is not attached to the user.", "Load the page again."],
        ["该用户没有此授权策略。", "请刷新页面。"],
    ),
    (
        "EntityAlreadyExists.User.Policy",
        ["The policy is attached to the user already.", "Load the page again."],
        ["该用户已有此授权策略。", "请刷新页面。"],
    ),
    (
        "LimitExceeded.User.Policy",
        ["The user has as many policies as it can have.", "Detach one first, or join several to one."],
        ["该用户的授权策略数量已达上限。", "请先移除一个授权，或合并多个策略。"],
    ),
    (
        "EntityNotExist.Group.Policy",
        ["The policy is not attached to the group.", "Load the page again."],
        ["该用户组没有此授权策略。", "请刷新页面。"],
    ),
    (
        "EntityAlreadyExists.Group.Policy",
        ["The policy is attached to the group already.", "Load the page again."],
        ["该用户组已有此授权策略。", "请刷新页面。"],
    ),
    (
        "LimitExceeded.Group.Policy",
        ["The group has as many policies as it can have.", "Detach one first, or join several to one."],
        ["该用户组的授权策略数量已达上限。", "请先移除一个授权，或合并多个策略。"],
    ),
    (
        "EntityNotExist.Role.Policy",
        ["The policy is not attached to the role.", "Load the page again."],
        ["该角色没有此授权策略。", "请刷新页面。"],
    ),
    (
        "EntityAlreadyExists.Role.Policy",
        ["The policy is attached to the role already.", "Load the page again."],
        ["该角色已有此授权策略。", "请刷新页面。"],
    ),
    (
        "LimitExceeded.Role.Policy",
        ["The role has as many policies as it can have.", "Detach one first, or join several to one."],
        ["该角色的授权策略数量已达上限。", "请先移除一个授权，或合并多个策略。"],
    ),
    (
        "LimitExceeded.User",
        ["This account has as many users as it may.", "Delete those that nobody needs."],
        ["用户数量已达上限。", "请删除不再需要的用户。"],
    ),
    (
        "LimitExceeded.Group",
        ["This account has as many groups as it may.", "Delete those that nobody needs."],
        ["用户组数量已达上限。", "请删除不再需要的用户组。"],
    ),
    (
        "LimitExceeded.Role",
        ["This account has as many roles as it may.", "Delete those that nobody needs."],
        ["角色数量已达上限。", "请删除不再需要的角色。"],
    ),
    (
        "LimitExceeded.Policy",
        ["This account has as many policies as it may.", "Delete those that nobody needs."],
        ["授权策略数量已达上限。", "请删除不再需要的授权策略。"],
    ),
    (
        "EntityNotExist.User.LoginProfile",
        ["The user has no password for the console.", "Set one on the page of the user."],
        ["该用户未设置登录密码。", "请在用户详情页设置密码。"],
    ),
    (
        "EntityAlreadyExists.User.LoginProfile",
        ["The user has a password already.", "Load the page again, and change it."],
        ["该用户已设置登录密码。", "请刷新页面后修改密码。"],
    ),
    (
        "EntityNotExist.User.AccessKey",
        ["The user has no such access key.", "Load the page again."],
        ["该用户没有此访问密钥。", "请刷新页面。"],
    ),
    (
        "EntityNotExist.User.Group",
        ["The user is not in the group.", "Load the page again."],
        ["该用户不在此用户组中。", "请刷新页面。"],
    ),
    (
        "EntityAlreadyExists.User.Group",
        ["The user is in the group already.", "Load the page again."],
        ["该用户已在此用户组中。", "请刷新页面。"],
    ),
    (
        "EntityNotExist.Policy.Version",
        ["The policy has no such version.", "Load the page again."],
        ["该策略没有此版本。", "请刷新页面。"],
    ),
    (
        "DeleteConflict.Policy.Version.Default",
        ["This version is the default one.", "Make another version the default first."],
        ["该版本为默认版本。", "请先将其他版本设为默认版本。"],
    ),
];
