//! One user: access keys, password, policies, groups.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;

use super::attached::{Attached, Holder};
use super::{AccessWords, CHOICES_MAX, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::form::Fields;
use crate::language::texts;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the page.
    UserTexts {
        users: "Users" | "用户";
        user_id: "User ID" | "用户 ID";
        display_name: "Display name" | "显示名称";
        access_keys: "Access keys" | "访问密钥（AccessKey）";
        access_keys_about: "For programs and the command line. The secret is shown once, when a key is made." | "用于程序和命令行。AccessKey Secret 仅在创建时显示一次。";
        no_access_keys: "This user has no access key." | "该用户没有访问密钥。";
        access_key_id: "AccessKey ID" | "AccessKey ID";
        last_used: "Last used" | "最后使用时间";
        never_used: "Never" | "从未使用";
        active: "Active" | "已启用";
        inactive: "Disabled" | "已禁用";
        enable: "Enable" | "启用";
        disable: "Disable" | "禁用";
        create_key: "Create an access key" | "创建访问密钥";
        secret_title: "The new access key" | "新的访问密钥";
        secret_once: "Copy the secret now: it is not shown again, and nobody can look it up." | "请立即保存 AccessKey Secret：此后无法再次查看。";
        secret: "AccessKey secret" | "AccessKey Secret";
        copy: "Copy" | "复制";
        copied: "Copied" | "已复制";
        back: "Back to the user" | "返回用户详情";
        password: "Console password" | "控制台登录密码";
        has_password: "This user can sign in to the console with a password." | "该用户可使用密码登录控制台。";
        no_password: "This user cannot sign in with a password." | "该用户未设置登录密码。";
        new_password: "New password" | "新密码";
        password_hint: "At least 8 characters of three kinds: lower case, upper case, digits, others." | "至少 8 个字符，且包含小写字母、大写字母、数字、其他字符中的三种。";
        must_change: "Must be changed at the next sign-in" | "下次登录时必须修改密码";
        set_password: "Set the password" | "设置密码";
        change_password: "Change the password" | "修改密码";
        take_password: "Take the password away" | "禁止密码登录";
        groups: "Groups" | "所属用户组";
        no_groups: "This user is in no group." | "该用户不属于任何用户组。";
        add_to_group: "Add to the group" | "加入用户组";
        group: "Group" | "用户组";
        delete: "Delete the user" | "删除用户";
        delete_hint: "A user with access keys, a password, policies or groups is not deleted: take these away first." | "删除前需先移除该用户的访问密钥、登录密码、授权策略和用户组。";
    }
}

#[derive(Template)]
#[template(path = "access/user.html")]
struct UserPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UserTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    user_id: String,
    display_name: String,
    comments: String,
    created: Time,
    access_keys: Result<Vec<AccessKey>, Trouble>,
    has_password: Result<bool, Trouble>,
    attached: Result<Attached, Trouble>,
    groups: Result<Groups, Trouble>,
    /// Address of the page.
    here: String,
    /// Of the form that makes an access key.
    token: String,
}

struct AccessKey {
    id: String,
    is_active: bool,
    created: Time,
    used: Time,
}

/// The groups that a user is in, and the names of the others.
struct Groups {
    of_user: Vec<String>,
    others: Vec<String>,
}

pub(super) async fn detail(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    let page = look(&visit, &name, None).await;
    visit.show(Section::Access, page)
}

/// The page of a user with what stood in the way of a change.
pub(super) async fn with_trouble(visit: &Visit, name: &str, refusal: &Refusal) -> Response {
    let page = look(visit, name, Some(visit.told(refusal))).await;
    visit.answer(Section::Access, page, Some(refusal))
}

async fn look(visit: &Visit, name: &str, trouble: Option<Trouble>) -> Result<UserPage, Refusal> {
    let answer = visit.call(Product::Ram, "GetUser", &[("UserName", name)]).await?;
    let user = &answer["User"];
    let told = |refusal: Refusal| visit.told(&refusal);
    let changes = visit.path(format_args!("access/users/{name}/change"));
    let (access_keys, has_password, attached, groups) = tokio::join!(
        access_keys(visit, name),
        has_password(visit, name),
        Attached::look(visit, Holder::User, name, changes),
        groups(visit, name),
    );
    Ok(UserPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Users),
        texts: UserTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        name: text(user, "UserName"),
        user_id: text(user, "UserId"),
        display_name: text(user, "DisplayName"),
        comments: text(user, "Comments"),
        created: Time::of(user, "CreateDate"),
        access_keys: access_keys.map_err(told),
        has_password: has_password.map_err(told),
        attached: attached.map_err(told),
        groups: groups.map_err(told),
        here: visit.path(format_args!("access/users/{name}")),
        token: visit.form_token(&Fields::default()),
    })
}

async fn access_keys(visit: &Visit, name: &str) -> Result<Vec<AccessKey>, Refusal> {
    let answer = visit.call(Product::Ram, "ListAccessKeys", &[("UserName", name)]).await?;
    let mut keys = Vec::new();
    for key in list(&answer, "AccessKeys", "AccessKey") {
        let id = text(key, "AccessKeyId");
        let asked = [("UserAccessKeyId", id.as_str()), ("UserName", name)];
        let used = visit.call(Product::Ram, "GetAccessKeyLastUsed", &asked).await?;
        keys.push(AccessKey {
            is_active: key["Status"] == "Active",
            created: Time::of(key, "CreateDate"),
            used: Time::of(&used["AccessKeyLastUsed"], "LastUsedDate"),
            id,
        });
    }
    Ok(keys)
}

async fn has_password(visit: &Visit, name: &str) -> Result<bool, Refusal> {
    match visit.call(Product::Ram, "GetLoginProfile", &[("UserName", name)]).await {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.code == "EntityNotExist.User.LoginProfile" => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

async fn groups(visit: &Visit, name: &str) -> Result<Groups, Refusal> {
    let names = |answer: &Value| -> Vec<String> {
        list(answer, "Groups", "Group").iter().map(|group| text(group, "GroupName")).collect()
    };
    let of_user = names(&visit.call(Product::Ram, "ListGroupsForUser", &[("UserName", name)]).await?);
    // Who may not see what groups there are has none to choose from.
    let all = visit.call(Product::Ram, "ListGroups", &[("MaxItems", CHOICES_MAX)]).await.unwrap_or_default();
    let others = names(&all).into_iter().filter(|group| !of_user.contains(group)).collect();
    Ok(Groups { of_user, others })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// A name with markup is text in both languages: nothing of it becomes an element.
    #[test]
    fn names_are_text() {
        let evil = "<script>alert(1)</script>\"'";
        for language in [Language::English, Language::Chinese] {
            let page = UserPage {
                shell: Shell::sample(language),
                tabs: Tabs { texts: super::super::TabTexts::of(language), links: Vec::new() },
                texts: UserTexts::of(language),
                words: AccessWords::of(language),
                trouble: None,
                name: evil.to_owned(),
                user_id: evil.to_owned(),
                display_name: evil.to_owned(),
                comments: evil.to_owned(),
                created: Time::default(),
                access_keys: Ok(vec![AccessKey {
                    id: evil.to_owned(),
                    is_active: true,
                    created: Time::default(),
                    used: Time::default(),
                }]),
                has_password: Ok(true),
                attached: Err(Trouble::of_form(language, evil, evil)),
                groups: Ok(Groups { of_user: vec![evil.to_owned()], others: vec![evil.to_owned()] }),
                here: evil.to_owned(),
                token: String::new(),
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;alert"), "{html}");
            assert!(!html.contains("</script>\"'"), "quotes end no attribute");
            assert!(html.contains(UserTexts::of(language).access_keys));
        }
    }
}
