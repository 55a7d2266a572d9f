//! The pages, by section. Each module has its addresses in `routes`, its texts, and its templates in a folder of the same name.

mod access;
mod audit;
mod confirm;
mod images;
mod instances;
mod key_pairs;
mod keys;
mod language;
mod overview;
mod own_keys;
mod password;
mod sign_in;
mod tasks;
mod tickets;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::get;

use crate::assets;
use crate::shared::Shared;
use crate::visit::Visit;

/// Everything below `/console`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let pages = Router::new()
        .merge(overview::routes())
        .merge(images::routes())
        .merge(instances::routes())
        .merge(key_pairs::routes())
        .merge(tasks::routes())
        .merge(tickets::routes())
        .merge(keys::routes())
        .merge(access::routes())
        .merge(usage::routes())
        .merge(audit::routes())
        .merge(password::routes());
    let console = Router::new().merge(assets::routes()).merge(sign_in::routes()).merge(language::routes());
    Router::new()
        .route("/console", get(home))
        .route("/console/", get(home))
        .nest("/console", console)
        .route("/console/{region}", get(async |visit: Visit| visit.go("overview")))
        .route("/console/{region}/", get(async |visit: Visit| visit.go("overview")))
        .nest("/console/{region}", pages)
        .fallback(async |visit: Visit| visit.not_found())
        // The address of a form's button, opened as a page.
        .method_not_allowed_fallback(async |visit: Visit| visit.go("overview"))
}

/// The overview of the default region; whoever is not signed in is sent on from there.
async fn home(State(shared): State<Arc<Shared>>) -> Redirect {
    let region = shared.calls.regions().first().map_or("", String::as_str);
    Redirect::to(&format!("/console/{region}/overview"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use crate::calls::Refusal;
    use crate::language::Language;
    use crate::stage::Stage;
    use crate::trouble::TroubleTexts;

    /// Forms that make something: the page that each is on, its address, and what it asks for.
    const MAKING: [(&str, &str, &str); 13] = [
        ("keys/create", "keys/create", "CreateKey"),
        ("keys/k", "keys/k/change/rotate", "CreateKeyVersion"),
        ("key-pairs", "key-pairs/create", "CreateKeyPair"),
        ("key-pairs", "key-pairs/import", "ImportKeyPair"),
        ("tickets/create", "tickets/create", "CreateTicket"),
        ("tickets/t-1", "tickets/t-1/reply", "ReplyTicket"),
        ("images/m-1/export", "images/m-1/export", "ExportImage"),
        ("access/create-user", "access/create-user", "CreateUser"),
        ("access/users/u", "access/users/u/access-keys", "CreateAccessKey"),
        ("access/groups", "access/groups", "CreateGroup"),
        ("access/roles", "access/roles", "CreateRole"),
        ("access/policies/create", "access/policies/create", "CreatePolicy"),
        ("access/policies/Custom/p", "access/policies/Custom/p/change/new-version", "CreatePolicyVersion"),
    ];

    fn answer(action: &str) -> Result<Value, Refusal> {
        Ok(match action {
            "DescribeKey" => json!({ "KeyMetadata": {
                "KeyId": "k", "KeyState": "Enabled", "KeySpec": "Aliyun_AES_256", "Origin": "Aliyun_KMS", "Creator": "1000000000000001",
            } }),
            "DescribeTickets" => json!({ "Tickets": { "Ticket": [{ "TicketId": "t-1", "Status": "Open" }] } }),
            "DescribeImages" => json!({ "Images": { "Image": [{ "ImageId": "m-1", "Status": "Available" }] } }),
            "GetUser" => json!({ "User": { "UserName": "u" } }),
            "GetPolicy" => json!({ "Policy": { "PolicyName": "p", "PolicyType": "Custom" } }),
            _ => json!({}),
        })
    }

    /// The token that a form of a page brings.
    fn token<'a>(html: &'a str, address: &str) -> Option<&'a str> {
        let form = html.split_once(&format!("action=\"/console/cn-hangzhou/{address}\""))?.1.split_once("</form>")?.0;
        Some(form.split_once("name=\"ClientToken\" value=\"")?.1.split_once('"')?.0)
    }

    /// Each makes one thing, however often it is sent: a second sending is answered as the first, and a late one is told so.
    #[tokio::test]
    async fn what_makes_something_makes_it_once() {
        let stage = Stage::open(|action, _| answer(action)).await;
        for (page, address, action) in MAKING {
            let shown = stage.get(page).await;
            let token = token(&shown.html, address).unwrap_or_else(|| panic!("{address} has no token: {}", shown.html));
            stage.asked();
            let fields = [("ClientToken", token)];
            let made = async || {
                let seen = stage.post(address, &fields).await;
                (seen, stage.asked().iter().filter(|asked| asked.split(' ').next() == Some(action)).count())
            };
            let (first, once) = made().await;
            let (second, none) = made().await;
            assert_eq!((once, none), (1, 0), "{address}");
            assert_eq!((first.status, first.to, first.html), (second.status, second.to, second.html), "{address}");
            stage.wait(Duration::from_secs(60));
            let (late, none) = made().await;
            assert_eq!((late.status, none), (409, 0), "{address}");
            assert!(late.html.contains(TroubleTexts::of(Language::English).sent_before), "{}", late.html);
        }
    }
}
