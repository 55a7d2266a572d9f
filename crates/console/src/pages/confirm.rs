//! The question before something is deleted for good. A form that asks for a deletion and does not say that its sender is sure is answered with this
//! page, which sends the same form again. So it needs no script, and no page of its own for each kind of thing.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::form::Fields;
use crate::language::texts;
use crate::shell::{Section, Shell};
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the question.
    ConfirmTexts {
        sure: "I know that this cannot be undone." | "我已了解此操作无法撤销。";
        sure_for_now: "I know what comes of it." | "我已了解此操作的影响。";
        delete: "Delete for good" | "确认删除";
        cancel: "Cancel" | "取消";
        key_pair: "Delete the key pair" | "删除密钥对";
        key_pair_about: "Instances cannot be given it any more. Guests that know its public key go on taking it." | "此后创建实例时无法再绑定该密钥对。已保存其公钥的客户机仍可用它登录。";
        access_key: "Delete the access key" | "删除访问密钥";
        access_key_about: "Programs that use it are refused from now on. Its secret cannot be had again." | "使用该密钥的程序将立即被拒绝，AccessKey Secret 无法找回。";
        password: "Take the password away" | "禁止密码登录";
        password_about: "The user is signed out at once, and cannot sign in with a password until somebody sets a new one." | "该用户将立即退出登录，重新设置密码之前无法使用密码登录。";
        user: "Delete the user" | "删除用户";
        user_about: "A new user of the same name is another one: policies of keys and records of the audit speak of the old one." | "同名新用户是另一个用户：密钥策略和审计记录中的用户仍指原用户。";
        group: "Delete the group" | "删除用户组";
        group_about: "Its members keep their own policies, and lose those of the group." | "成员保留各自的授权，失去用户组的授权。";
        role: "Delete the role" | "删除角色";
        role_about: "Whoever has assumed it loses its rights. Without its role, ECS cannot use your keys: copies and instances under them fail." | "已扮演该角色的主体将失去其权限。删除 ECS 服务角色后，ECS 无法使用您的密钥，相关复制和实例将失败。";
        policy: "Delete the policy" | "删除策略";
        policy_about: "All of its versions go with it." | "策略的所有版本将一并删除。";
        attached_policy_about: "All of its versions go with it, and every user, group and role that has it loses what it allows." | "策略的所有版本将一并删除，已被授权该策略的所有用户、用户组和角色都将失去相应权限。";
        version: "Delete the version of the policy" | "删除策略版本";
        version_about: "Its text cannot be had again." | "该版本的内容无法找回。";
        alias: "Remove the alias" | "移除别名";
        alias_about: "Programs and commands that name the key by it are refused, until a key has this alias again." | "通过该别名使用密钥的程序和命令将被拒绝，直至有密钥重新使用该别名。";
    }
}

/// What is to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletion {
    KeyPair,
    AccessKey,
    Password,
    User,
    Group,
    Role,
    Policy,
    /// With whatever it is attached to.
    AttachedPolicy,
    PolicyVersion,
    Alias,
}

/// What the question says.
struct Words {
    title: &'static str,
    /// What comes of it.
    about: &'static str,
    /// Beside the box that must be ticked.
    sure: &'static str,
    button: &'static str,
}

impl Deletion {
    fn words(self, texts: &'static ConfirmTexts) -> Words {
        let for_good = |title, about| Words { title, about, sure: texts.sure, button: texts.delete };
        // A new password can be set, and the alias given again.
        let for_now = |title, about| Words { title, about, sure: texts.sure_for_now, button: title };
        match self {
            Self::KeyPair => for_good(texts.key_pair, texts.key_pair_about),
            Self::AccessKey => for_good(texts.access_key, texts.access_key_about),
            Self::Password => for_now(texts.password, texts.password_about),
            Self::User => for_good(texts.user, texts.user_about),
            Self::Group => for_good(texts.group, texts.group_about),
            Self::Role => for_good(texts.role, texts.role_about),
            Self::Policy => for_good(texts.policy, texts.policy_about),
            Self::AttachedPolicy => for_good(texts.policy, texts.attached_policy_about),
            Self::PolicyVersion => for_good(texts.version, texts.version_about),
            Self::Alias => for_now(texts.alias, texts.alias_about),
        }
    }
}

/// The box that must be ticked.
const SURE: &str = "sure";

#[derive(Template)]
#[template(path = "confirm.html")]
struct Question {
    shell: Shell,
    texts: &'static ConfirmTexts,
    words: Words,
    /// Name or id of what is to be deleted.
    subject: String,
    /// Where the form goes: where it came.
    action: String,
    fields: Vec<(String, String)>,
    /// Address to go back to.
    back: String,
}

/// The question, unless the form brings the answer. `back`: path of the page that the form is on.
pub(super) fn ask(
    visit: &Visit,
    section: Section,
    (deletion, subject): (Deletion, &str),
    fields: &Fields,
    back: &str,
) -> Option<Response> {
    if fields.is_on(SURE) {
        return None;
    }
    let texts = ConfirmTexts::of(visit.language);
    let page = Question {
        shell: visit.shell(section),
        texts,
        words: deletion.words(texts),
        subject: subject.to_owned(),
        action: visit.uri.path().to_owned(),
        fields: fields.sent(),
        back: visit.path(back),
    };
    Some(rendered(StatusCode::OK, &page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// The form comes back as it was, to be sent where it was sent; what stands in it is text.
    #[test]
    fn the_form_is_sent_again_as_it_was() {
        for language in [Language::English, Language::Chinese] {
            let texts = ConfirmTexts::of(language);
            let page = Question {
                shell: Shell::sample(language),
                texts,
                words: Deletion::Role.words(texts),
                subject: "<b>".to_owned(),
                action: "/console/r/access/roles/a/change/delete".to_owned(),
                fields: vec![("Name".to_owned(), "\"><script>".to_owned())],
                back: "/console/r/access/roles/a".to_owned(),
            };
            let html = page.render().unwrap();
            assert!(html.contains("action=\"/console/r/access/roles/a/change/delete\""), "{html}");
            assert!(
                html.contains("name=\"Name\" value=\"&#34;&#62;&#60;script&#62;\"") && !html.contains("<b>"),
                "{html}"
            );
            assert!(
                html.contains("name=\"sure\" value=\"true\" required") && html.contains(texts.role_about),
                "{html}"
            );
        }
    }

    /// What can be had again does not say that it cannot.
    #[test]
    fn only_what_is_gone_for_good_is_said_to_be() {
        let texts = ConfirmTexts::of(Language::English);
        for (deletion, is_for_good) in [
            (Deletion::KeyPair, true),
            (Deletion::Password, false),
            (Deletion::AttachedPolicy, true),
            (Deletion::Alias, false),
        ] {
            let words = deletion.words(texts);
            assert_eq!(
                (words.sure == texts.sure, words.button == texts.delete),
                (is_for_good, is_for_good),
                "{deletion:?}"
            );
        }
    }
}
