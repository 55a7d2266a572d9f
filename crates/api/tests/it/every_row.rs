//! Every row of the real table refuses a call without a signature and one with a wrong signature, under both schemes, and writes
//! neither down.

use crate::backend::{Backend, ROOT_KEY};
use crate::client::{NOW, config, local, start_with};
use crate::signing::{V1, V3};

#[tokio::test]
async fn no_action_is_done_without_a_right_signature() {
    let running = start_with(config(vec![local(None)]), api::table(), NOW, Backend::new().await).await;
    let mut rows = 0;
    for spec in api::table::<Backend>().specs() {
        let (version, name) = (spec.product.version(), spec.name);
        let (v1, v3) = (|| V1::new(version, name, &[]).set("AccessKeyId", ROOT_KEY.0), V3::new(version, name, &[]));
        let unsigned = v3.request(ROOT_KEY.0, ROOT_KEY.1).replace("Authorization:", "X-Authorization:");
        for (request, code) in [
            (v1().request(), "MissingParameter"),
            (v1().sign("wrong").request(), "SignatureDoesNotMatch"),
            // Without the header it is a call of version 1, which names its action in a parameter.
            (unsigned, "MissingParameter"),
            (v3.request(ROOT_KEY.0, "wrong"), "SignatureDoesNotMatch"),
        ] {
            let answer = running.send(&request).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, code), "{name}: {}", answer.body);
        }
        rows += 1;
    }
    assert!(rows >= 115, "only {rows} rows seen: this test does not look at the table any more");
    assert!(running.journal().is_empty());
}
