//! Access control: users with their access keys, groups, policies, roles, and who may do something.
//!
//! ```text
//! /access (users)  /access/users/<name>  /access/groups  /access/policies  /access/roles  /access/services  /access/who
//! ```

mod attached;
mod document;
mod groups;
mod held;
mod listed;
mod policies;
mod policy;
mod roles;
mod services;
mod system_policies;
mod user;
mod user_changes;
mod users;
mod who;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::language::texts;
use crate::shared::Shared;
use crate::visit::Visit;

texts! {
    /// Texts of the row of links above each page.
    TabTexts {
        title: "Access control" | "访问控制";
        users: "Users" | "用户";
        groups: "Groups" | "用户组";
        policies: "Policies" | "授权策略";
        roles: "Roles" | "角色";
        services: "Service authorisation" | "服务授权";
        who: "Who may do what" | "权限查询";
    }
}

/// The row of links above each page. Shown by `{% include "access/tabs.html" %}`.
pub(super) struct Tabs {
    texts: &'static TabTexts,
    /// Address, name, and whether it is this page's.
    links: Vec<(String, &'static str, bool)>,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Users,
    Groups,
    Policies,
    Roles,
    Services,
    Who,
}

impl Tabs {
    fn new(visit: &Visit, current: Tab) -> Self {
        let texts = TabTexts::of(visit.language);
        let links = [
            (Tab::Users, "access", texts.users),
            (Tab::Groups, "access/groups", texts.groups),
            (Tab::Policies, "access/policies", texts.policies),
            (Tab::Roles, "access/roles", texts.roles),
            (Tab::Services, "access/services", texts.services),
            (Tab::Who, "access/who", texts.who),
        ];
        let link = |(tab, path, name): (Tab, &str, &'static str)| (visit.path(path), name, tab == current);
        Self { texts, links: links.into_iter().map(link).collect() }
    }
}

texts! {
    /// Words that several of the pages have.
    AccessWords {
        system: "System" | "系统策略";
        custom: "Custom" | "自定义策略";
        name: "Name" | "名称";
        description: "Description" | "描述";
        comments: "Comments" | "备注";
        created: "Created" | "创建时间";
        changed: "Changed" | "更新时间";
        kind: "Type" | "类型";
        status: "Status" | "状态";
        actions: "Actions" | "操作";
        create: "Create" | "创建";
        delete: "Delete" | "删除";
        remove: "Remove" | "移除";
        save: "Save" | "保存";
        cancel: "Cancel" | "取消";
        policy: "Policy" | "授权策略";
        choose: "Choose a policy" | "请选择授权策略";
        attach: "Attach" | "授权";
        detach: "Detach" | "移除授权";
        attached: "Attached policies" | "已授权的策略";
        nothing_attached: "No policy is attached." | "尚未授权任何策略。";
        members: "Members" | "组成员";
    }
}

impl AccessWords {
    /// `System` or `Custom` in words.
    fn policy_type(&self, policy_type: &str) -> &'static str {
        if policy_type == "System" { self.system } else { self.custom }
    }
}

/// Entries of lists that choices are made from. The API gives no more at once.
const CHOICES_MAX: &str = "1000";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/access", get(users::list))
        .route("/access/create-user", get(users::form).post(users::create))
        .route("/access/users/{name}", get(user::detail))
        .route("/access/users/{name}/access-keys", post(user_changes::create_access_key))
        .route("/access/users/{name}/change/{what}", post(user_changes::change))
        .route("/access/groups", get(groups::list).post(groups::create))
        .route("/access/groups/{name}", get(held::detail::<groups::GroupPage>))
        .route("/access/groups/{name}/change/{what}", post(held::change::<groups::GroupPage>))
        .route("/access/policies", get(policies::list))
        .route("/access/policies/create", get(policies::form).post(policies::create))
        .route("/access/policies/{kind}/{name}", get(policy::detail))
        .route("/access/policies/{kind}/{name}/change/{what}", post(policy::change))
        .route("/access/roles", get(roles::list).post(roles::create))
        .route("/access/roles/{name}", get(held::detail::<roles::RolePage>))
        .route("/access/roles/{name}/change/{what}", post(held::change::<roles::RolePage>))
        .route("/access/services", get(services::show).post(services::authorise))
        .route("/access/who", get(who::show))
}
