//! Groups: users that have policies together.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::attached::{Attached, Holder};
use super::{AccessWords, PAGE_SIZE, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::paging::Paging;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list as entries, text};
use crate::trouble::Trouble;
use crate::visit::{Fields, Posted, Visit, rendered};

texts! {
    /// Texts of both pages.
    GroupsTexts {
        title: "Groups" | "用户组";
        about: "Users in a group have its policies beside their own." | "用户组内的用户除自身权限外，还拥有用户组的权限。";
        none: "There is no group yet." | "暂无用户组。";
        create: "Create a group" | "创建用户组";
        no_members: "Nobody is in this group. Users are added on their own pages." | "该用户组暂无成员。请在用户详情页中将用户加入用户组。";
        more_members: "and more" | "等";
        delete: "Delete the group" | "删除用户组";
        delete_hint: "A group with members or policies is not deleted: take these away first." | "删除前需先移除成员和授权策略。";
    }
}

#[derive(Template)]
#[template(path = "access/groups.html")]
struct GroupsPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static GroupsTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    rows: Vec<Row>,
    paging: Paging,
    name: String,
    comments: String,
}

struct Row {
    name: String,
    comments: String,
    created: Time,
}

#[derive(Template)]
#[template(path = "access/group.html")]
struct GroupPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static GroupsTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    comments: String,
    members: Vec<String>,
    has_more: bool,
    attached: Result<Attached, Trouble>,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    marker: String,
}

pub(super) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = look_at_all(&visit, &asked.marker, &Fields::default(), None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    match visit.call(Product::Ram, "CreateGroup", &fields.given(&["GroupName", "Comments"])).await {
        Ok(answer) => visit.go(format_args!("access/groups/{}", text(&answer["Group"], "GroupName"))),
        Err(refusal) => match look_at_all(&visit, "", &fields, Some(Trouble::new(&refusal, visit.language))).await {
            Ok(page) => rendered(refusal.http_status(), &page),
            Err(other) => visit.trouble(Section::Access, &other),
        },
    }
}

pub(super) async fn detail(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    let page = look(&visit, &name, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn change(Path((_, name, what)): Path<(String, String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let deletion = || (what == "delete").then(|| ("DeleteGroup", vec![("GroupName", name.clone())]));
    let Some((action, parameters)) = Holder::Group.change(&what, &name, &fields).or_else(deletion) else {
        return visit.not_found();
    };
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match visit.call(Product::Ram, action, &parameters).await {
        Ok(_) if what == "delete" => visit.go("access/groups"),
        Ok(_) => visit.go(format_args!("access/groups/{name}")),
        Err(refusal) => match look(&visit, &name, Some(Trouble::new(&refusal, visit.language))).await {
            Ok(page) => rendered(refusal.http_status(), &page),
            Err(other) => visit.trouble(Section::Access, &other),
        },
    }
}

async fn look_at_all(
    visit: &Visit,
    marker: &str,
    fields: &Fields,
    trouble: Option<Trouble>,
) -> Result<GroupsPage, Refusal> {
    let mut parameters = vec![("MaxItems", PAGE_SIZE)];
    if !marker.is_empty() {
        parameters.push(("Marker", marker));
    }
    let answer = visit.call(Product::Ram, "ListGroups", &parameters).await?;
    let address = visit.path("access/groups");
    Ok(GroupsPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Groups),
        texts: GroupsTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        rows: entries(&answer, "Groups", "Group").iter().map(row).collect(),
        paging: Paging::marked(visit.language, (&address, &[]), ("marker", marker), answer["Marker"].as_str()),
        name: fields.get("GroupName").to_owned(),
        comments: fields.get("Comments").to_owned(),
    })
}

fn row(group: &Value) -> Row {
    Row { name: text(group, "GroupName"), comments: text(group, "Comments"), created: Time::of(group, "CreateDate") }
}

async fn look(visit: &Visit, name: &str, trouble: Option<Trouble>) -> Result<GroupPage, Refusal> {
    let group = visit.call(Product::Ram, "GetGroup", &[("GroupName", name)]).await?;
    let asked = [("GroupName", name), ("MaxItems", PAGE_SIZE)];
    let members = visit.call(Product::Ram, "ListUsersForGroup", &asked).await?;
    let changes = visit.path(format_args!("access/groups/{name}/change"));
    let attached = Attached::look(visit, Holder::Group, name, changes).await;
    Ok(GroupPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Groups),
        texts: GroupsTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        name: text(&group["Group"], "GroupName"),
        comments: text(&group["Group"], "Comments"),
        members: entries(&members, "Users", "User").iter().map(|user| text(user, "UserName")).collect(),
        has_more: members["IsTruncated"] == true,
        attached: attached.map_err(|refusal| Trouble::new(&refusal, visit.language)),
    })
}
