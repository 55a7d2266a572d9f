//! What an account does once before images can be encrypted under its own keys: opens KMS, and lets ECS use them by a role. One click does
//! both, by the calls that a client would make.

use askama::Template;
use axum::response::Response;
use ram::system::DISK_ENCRYPT_ROLE;

use super::{Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::language::texts;
use crate::shell::{Section, Shell};
use crate::shown::{list, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the page.
    ServicesTexts {
        title: "Service authorisation" | "服务授权";
        about: "The service key needs no authorisation. For keys of your own, ECS needs a role by which it may use them." | "使用服务密钥加密无需授权。如需使用自有密钥，须授权 ECS 通过服务角色访问您的密钥。";
        what: "What is needed" | "项目";
        state: "State" | "状态";
        kms: "Key management service" | "密钥管理服务（KMS）";
        role: "Role" | "服务角色";
        policy: "Policy of the role" | "角色权限策略";
        done: "Ready" | "已就绪";
        missing: "Missing" | "未就绪";
        authorise: "Authorise ECS" | "一键授权";
        all_done: "ECS may use the keys of this account." | "ECS 已获授权使用本账号的密钥。";
        details: "Show the role" | "查看角色";
    }
}

#[derive(Template)]
#[template(path = "access/services.html")]
struct ServicesPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static ServicesTexts,
    trouble: Option<Trouble>,
    role: &'static str,
    policy: &'static str,
    ready: Ready,
}

/// What there is already.
struct Ready {
    kms: bool,
    role: bool,
    policy: bool,
}

impl Ready {
    fn is_all(&self) -> bool {
        self.kms && self.role && self.policy
    }
}

pub(super) async fn show(visit: Visit) -> Response {
    let page = look(&visit, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn authorise(posted: Posted) -> Response {
    let visit = posted.visit;
    match make(&visit).await {
        Ok(()) => visit.go("access/services"),
        Err(refusal) => {
            let page = look(&visit, Some(visit.told(&refusal))).await;
            visit.answer(Section::Access, page, Some(&refusal))
        }
    }
}

/// What is there already is as well as made: each call has the one refusal that says so.
async fn make(visit: &Visit) -> Result<(), Refusal> {
    let role = &DISK_ENCRYPT_ROLE;
    let made = [("RoleName", role.name), ("AssumeRolePolicyDocument", role.trust), ("Description", role.description)];
    let attached = [("PolicyType", "System"), ("PolicyName", role.policy), ("RoleName", role.name)];
    let call = async |product, action, parameters: &[(&str, &str)], as_good: &str| {
        let answer = visit.call(product, action, parameters).await;
        answer.map(drop).or_else(|refusal| if refusal.code == as_good { Ok(()) } else { Err(refusal) })
    };
    call(Product::Kms, "OpenKmsService", &[], "Forbidden.Opened").await?;
    call(Product::Ram, "CreateRole", &made, "EntityAlreadyExists.Role").await?;
    call(Product::Ram, "AttachPolicyToRole", &attached, "EntityAlreadyExists.Role.Policy").await
}

async fn look(visit: &Visit, trouble: Option<Trouble>) -> Result<ServicesPage, Refusal> {
    let kms = visit.call(Product::Kms, "DescribeAccountKmsStatus", &[]).await?;
    let attached = visit.call(Product::Ram, "ListPoliciesForRole", &[("RoleName", DISK_ENCRYPT_ROLE.name)]).await;
    let (role, policy) = match attached {
        Ok(answer) => {
            let policies = list(&answer, "Policies", "Policy");
            (true, policies.iter().any(|policy| text(policy, "PolicyName") == DISK_ENCRYPT_ROLE.policy))
        }
        Err(refusal) if refusal.code == "EntityNotExist.Role" => (false, false),
        Err(refusal) => return Err(refusal),
    };
    Ok(ServicesPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Services),
        texts: ServicesTexts::of(visit.language),
        trouble,
        role: DISK_ENCRYPT_ROLE.name,
        policy: DISK_ENCRYPT_ROLE.policy,
        ready: Ready { kms: kms["AccountStatus"] != "NotEnabled", role, policy },
    })
}
