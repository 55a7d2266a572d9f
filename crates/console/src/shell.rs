//! The frame of every page: what stands above and beside it.

use crate::assets;
use crate::language::{Language, texts};
use crate::visit::Visit;

/// Which entry of the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// Of none.
    None,
    Overview,
    Images,
    Instances,
    KeyPairs,
    Keys,
    Tasks,
    Tickets,
    Access,
    Usage,
    Audit,
}

texts! {
    /// Texts of the frame.
    ShellTexts {
        skip: "Skip to the content" | "跳到正文";
        region: "Region" | "地域";
        navigation: "Main navigation" | "主导航";
        signed_in_as: "Signed in as" | "当前身份";
        sign_out: "Sign out" | "退出登录";
        change_password: "Change password" | "修改密码";
        overview: "Overview" | "概览";
        images: "Images" | "镜像";
        instances: "Instances" | "实例";
        key_pairs: "Key pairs" | "密钥对";
        keys: "Keys" | "密钥";
        tasks: "Tasks" | "任务";
        tickets: "Tickets" | "工单";
        access: "Access control" | "访问控制";
        usage: "Usage and cost" | "用量与费用";
        audit: "Audit" | "操作审计";
        compute: "Compute" | "计算";
        security: "Security" | "安全";
        account: "Account" | "账号";
        connection_lost: "The server does not answer. This page goes on as soon as it does." | "服务器无响应，恢复后本页将自动继续。";
    }
}

/// What the layout needs.
pub(crate) struct Shell {
    pub(crate) language: Language,
    pub(crate) texts: &'static ShellTexts,
    pub(crate) section: Section,
    pub(crate) region: String,
    /// The other regions, with the address of the page's section there.
    pub(crate) other_regions: Vec<(String, String)>,
    /// The account or `account / user`.
    pub(crate) who: String,
    /// Whether it is a user with a password to change.
    pub(crate) has_password: bool,
    pub(crate) csrf: String,
    /// Path of this page, to come back to.
    pub(crate) here: String,
    pub(crate) style: String,
    pub(crate) script: String,
    pub(crate) icon: String,
}

/// A group of the navigation.
pub(crate) struct Group {
    /// Empty for the first one, which needs none.
    pub(crate) name: &'static str,
    pub(crate) entries: Vec<Entry>,
}

/// An entry of the navigation.
pub(crate) struct Entry {
    pub(crate) address: String,
    pub(crate) name: &'static str,
    /// Whether the page belongs to it.
    pub(crate) is_current: bool,
}

impl Shell {
    pub(crate) fn new(visit: &Visit, section: Section) -> Self {
        let texts = ShellTexts::of(visit.language);
        let regions = visit.shared.calls.regions().iter().filter(|region| **region != visit.region);
        Self {
            language: visit.language,
            texts,
            section,
            region: visit.region.clone(),
            other_regions: regions
                .map(|region| (region.clone(), format!("/console/{region}/{}", section.path())))
                .collect(),
            who: who(visit),
            has_password: has_password(visit),
            csrf: visit.csrf.clone(),
            here: here(visit, section),
            style: assets::style(),
            script: assets::script(),
            icon: assets::icon(),
        }
    }

    /// A frame for tests of templates.
    #[cfg(test)]
    pub(crate) fn sample(language: Language) -> Self {
        Self {
            language,
            texts: ShellTexts::of(language),
            section: Section::None,
            region: "cn-hangzhou".to_owned(),
            other_regions: Vec::new(),
            who: String::new(),
            has_password: false,
            csrf: String::new(),
            here: String::new(),
            style: String::new(),
            script: String::new(),
            icon: String::new(),
        }
    }

    /// The navigation, by groups.
    pub(crate) fn navigation(&self) -> Vec<Group> {
        let texts = self.texts;
        let group = |name, entries: &[(Section, &'static str)]| {
            let entries = entries.iter().map(|(section, name)| Entry {
                address: format!("/console/{}/{}", self.region, section.path()),
                name,
                is_current: *section == self.section,
            });
            Group { name, entries: entries.collect() }
        };
        vec![
            group("", &[(Section::Overview, texts.overview)]),
            group(
                texts.compute,
                &[
                    (Section::Images, texts.images),
                    (Section::Instances, texts.instances),
                    (Section::KeyPairs, texts.key_pairs),
                    (Section::Tasks, texts.tasks),
                ],
            ),
            group(
                texts.security,
                &[(Section::Keys, texts.keys), (Section::Access, texts.access), (Section::Audit, texts.audit)],
            ),
            group(texts.account, &[(Section::Usage, texts.usage), (Section::Tickets, texts.tickets)]),
        ]
    }
}

impl Section {
    /// The part of the path after the region.
    fn path(self) -> &'static str {
        match self {
            Self::None | Self::Overview => "overview",
            Self::Images => "images",
            Self::Instances => "instances",
            Self::KeyPairs => "key-pairs",
            Self::Keys => "keys",
            Self::Tasks => "tasks",
            Self::Tickets => "tickets",
            Self::Access => "access",
            Self::Usage => "usage",
            Self::Audit => "audit",
        }
    }
}

/// This page, or that of its section where this one is what became of a form.
fn here(visit: &Visit, section: Section) -> String {
    let page = visit.uri.path_and_query().filter(|_| !visit.is_posted);
    page.map_or_else(|| visit.path(section.path()), ToString::to_string)
}

/// Account, and user if it is one.
fn who(visit: &Visit) -> String {
    let caller = visit.session.caller.caller();
    match &caller.principal {
        ram::Principal::User { name, .. } => format!("{} / {name}", caller.account),
        _ => caller.account.to_string(),
    }
}

/// A user who signed in with a password; that of an account is changed on the command line.
fn has_password(visit: &Visit) -> bool {
    let caller = visit.session.caller.caller();
    matches!(caller.principal, ram::Principal::User { .. }) && caller.access_key_id.is_none()
}
