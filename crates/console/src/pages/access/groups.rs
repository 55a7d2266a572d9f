//! Groups: users that have policies together.

use askama::Template;
use axum::response::Response;

use super::attached::{Attached, Holder};
use super::held::{Deleted, HolderPage};
use super::listed::{Listed, What};
use super::{AccessWords, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::pages::confirm::Deletion;
use crate::paging::{Marked, Paging};
use crate::shell::{Section, Shell};
use crate::shown::{list as entries, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of both pages.
    GroupsTexts {
        title: "Groups" | "用户组";
        about: "Users in a group have its policies beside their own." | "用户组内的用户除自身权限外，还拥有用户组的权限。";
        none: "There is no group yet." | "暂无用户组。";
        create: "Create a group" | "创建用户组";
        no_members: "Nobody is in this group. Users are added on their own pages." | "该用户组暂无成员。请在用户详情页中将用户加入用户组。";
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
    listed: Listed,
    /// What stands in the form.
    fields: Fields,
    token: String,
}

#[derive(Template)]
#[template(path = "access/group.html")]
pub(super) struct GroupPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static GroupsTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    comments: String,
    /// Address of the page.
    here: String,
    members: Vec<String>,
    paging: Paging,
    attached: Result<Attached, Trouble>,
}

pub(super) async fn list(visit: Visit) -> Response {
    let page = look_at_all(&visit, Fields::default(), None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let parameters = fields.given(&["GroupName", "Comments"]);
    let make = async {
        let answer = visit.call(Product::Ram, "CreateGroup", &parameters).await?;
        Ok(Made::plain(text(&answer["Group"], "GroupName")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format_args!("access/groups/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => {
            let page = look_at_all(&visit, fields, Some(&refusal)).await;
            visit.answer(Section::Access, page, Some(&refusal))
        }
    }
}

async fn look_at_all(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> Result<GroupsPage, Refusal> {
    let (texts, words) = (GroupsTexts::of(visit.language), AccessWords::of(visit.language));
    let what = What {
        action: "ListGroups",
        title: texts.title,
        nested: ("Groups", "Group", "GroupName"),
        paths: ("access/groups", "access/groups"),
        columns: &[(words.comments, "Comments")],
    };
    Ok(GroupsPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Groups),
        texts,
        words,
        trouble: refused.map(|refusal| visit.told(refusal)),
        listed: Listed::look(visit, what).await?,
        token: visit.form_token(&fields),
        fields,
    })
}

impl HolderPage for GroupPage {
    const HOLDER: Holder = Holder::Group;
    const DELETED: Deleted = Deleted { action: "DeleteGroup", question: Deletion::Group, list: "access/groups" };

    async fn look(visit: &Visit, name: &str, refused: Option<&Refusal>) -> Result<Self, Refusal> {
        let (of_group, page) = ([("GroupName", name)], Marked::asked(visit));
        let group = visit.call(Product::Ram, "GetGroup", &of_group).await?;
        let members = page.call(visit, "ListUsersForGroup", &of_group).await?;
        let here = format!("access/groups/{name}");
        let changes = visit.path(format_args!("{here}/change"));
        let attached = Attached::look(visit, Holder::Group, name, changes).await;
        let words = AccessWords::of(visit.language);
        Ok(Self {
            shell: visit.shell(Section::Access),
            tabs: Tabs::new(visit, Tab::Groups),
            texts: GroupsTexts::of(visit.language),
            trouble: refused.map(|refusal| visit.told(refusal)),
            name: text(&group["Group"], "GroupName"),
            comments: text(&group["Group"], "Comments"),
            here: visit.path(&here),
            members: entries(&members, "Users", "User").iter().map(|user| text(user, "UserName")).collect(),
            paging: page.line(visit, words.members, (here, &[]), &members),
            attached: attached.map_err(|refusal| visit.told(&refusal)),
            words,
        })
    }
}
