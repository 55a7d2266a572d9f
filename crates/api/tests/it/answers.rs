//! The exact bytes of answers: success and error, JSON and XML, each product in its own form, and broken requests in the order
//! that they are found out in. `ID` stands for the request id.

use crate::client::{NOW, config, local, start, start_with};
use crate::installation::{Installation, ROOT};
use crate::memory::{ACCOUNT, Memory};
use crate::signing::{V1, V3};

const ECS: &str = "2014-05-26";
const KMS: &str = "2016-01-20";
const RAM: &str = "2015-05-01";
const STS: &str = "2015-04-01";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Success in both formats and under each default.
#[tokio::test]
async fn success_has_the_envelope_of_its_product() {
    let running = start().await;
    let cases = [
        (V1::new(ECS, "DescribeImages", &[]), r#"{"Images":{"Image":[]},"RequestId":"ID","TotalCount":0}"#.to_owned()),
        (
            V1::new(ECS, "DescribeImages", &[]).without("Format"),
            format!(
                "{XML}<DescribeImagesResponse><Images></Images><RequestId>ID</RequestId><TotalCount>0</TotalCount></DescribeImagesResponse>"
            ),
        ),
        (
            V1::new(RAM, "ListUsers", &[("Format", "xml")]),
            format!(
                "{XML}<ListUsersResponse><RequestId>ID</RequestId><Users><User><UserName>a</UserName></User>\
                 <User><UserName>&lt;b&gt;</UserName></User></Users></ListUsersResponse>"
            ),
        ),
        (V1::new(STS, "GetCallerIdentity", &[]), r#"{"RequestId":"ID"}"#.to_owned()),
        (
            V1::new(KMS, "CreateKey", &[]).without("Format"),
            r#"{"KeyMetadata":{"KeyId":"k"},"RequestId":"ID"}"#.to_owned(),
        ),
        (
            V1::new(KMS, "CreateKey", &[]).set("Format", "XML"),
            format!("{XML}<KMS><KeyMetadata><KeyId>k</KeyId></KeyMetadata><RequestId>ID</RequestId></KMS>"),
        ),
    ];
    for (number, (call, body)) in cases.into_iter().enumerate() {
        let answer = running.send(&call.set("SignatureNonce", &number.to_string()).sign("testsecret").request()).await;
        assert_eq!((answer.status, answer.without_id()), (200, body.clone()));
        let content_type =
            if body.starts_with('<') { "text/xml;charset=utf-8" } else { "application/json;charset=utf-8" };
        assert_eq!(answer.header("content-type"), Some(content_type));
    }
}

/// Request ids are upper case, but lower case in KMS; and no two are equal.
#[tokio::test]
async fn request_ids_have_the_case_of_the_product() {
    let running = start().await;
    let mut seen = Vec::new();
    for version in [ECS, KMS] {
        let answer = running.send(&format!("GET /?Version={version}&Format=JSON HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        seen.push(value["RequestId"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen[0], seen[0].to_uppercase());
    assert_eq!(seen[1], seen[1].to_lowercase());
    assert!(!seen[0].eq_ignore_ascii_case(&seen[1]));
}

/// `accept` decides under signature v3; without a word the product does.
#[tokio::test]
async fn accept_decides_under_v3() {
    let running = start().await;
    for (number, (version, action, accept, xml)) in [
        (ECS, "DescribeImages", Some("application/json"), false),
        (ECS, "DescribeImages", Some("*/*"), true),
        (ECS, "DescribeImages", None, true),
        (KMS, "CreateKey", Some("text/xml"), true),
        (KMS, "CreateKey", None, false),
    ]
    .into_iter()
    .enumerate()
    {
        let mut call = V3::new(version, action, &[]).header("x-acs-signature-nonce", &number.to_string());
        call.headers.remove("accept");
        if let Some(accept) = accept {
            call = call.header("accept", accept);
        }
        let answer = running.send(&call.request("testid", "testsecret")).await;
        assert_eq!((answer.status, answer.body.starts_with('<')), (200, xml), "{accept:?}: {answer:?}");
    }
}

/// Errors in both formats: gateway envelope and KMS envelope.
#[tokio::test]
async fn errors_have_the_envelope_of_their_product() {
    let running = start().await;
    let ecs = "The input parameter \\\"Timestamp\\\" that is mandatory for processing this request is not supplied.";
    let host = "kms.local";
    for (call, body) in [
        (
            V1::new(ECS, "DescribeImages", &[]),
            format!(
                r#"{{"Code":"MissingParameter","HostId":"{host}","Message":"{ecs}","Recommend":"https://api.aliyun.com/troubleshoot?q=MissingParameter","RequestId":"ID"}}"#
            ),
        ),
        (
            V1::new(RAM, "ListUsers", &[]).without("Format"),
            format!(
                "{XML}<Error><Code>MissingParameter</Code><HostId>{host}</HostId><Message>{}</Message>\
                 <Recommend>https://api.aliyun.com/troubleshoot?q=MissingParameter</Recommend><RequestId>ID</RequestId></Error>",
                ecs.replace("\\\"", "&quot;")
            ),
        ),
        (
            V1::new(KMS, "CreateKey", &[]).without("Format"),
            r#"{"Code":"MissingParameter","HttpStatus":400,"Message":"The parameter \"Timestamp\" is needed but not provided.","RequestId":"ID"}"#.to_owned(),
        ),
        (
            V1::new(KMS, "CreateKey", &[]).set("Format", "XML"),
            format!(
                "{XML}<KMS><Code>MissingParameter</Code><HttpStatus>400</HttpStatus><Message>The parameter &quot;Timestamp&quot; \
                 is needed but not provided.</Message><RequestId>ID</RequestId></KMS>"
            ),
        ),
    ] {
        let answer = running.send(&call.without("Timestamp").sign("testsecret").request()).await;
        assert_eq!((answer.status, answer.without_id()), (400, body));
    }
}

/// Each broken request: status, code, and what the message says. Later faults of a request do not hide earlier ones.
#[tokio::test]
async fn broken_requests_are_answered_by_their_first_fault() {
    let running = start().await;
    let v1 = |action| V1::new(KMS, action, &[]);
    let post = |body: &str| {
        let length = body.len();
        format!("POST / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n");
    for (request, status, code, message) in [
        (get("/"), 400, "MissingParameter", "\"Action\""),
        (get("/?Action=X"), 400, "MissingParameter", "\"Version\""),
        (get("/?Action=X&Version=1999-01-01"), 400, "InvalidVersion", "Version"),
        (get(&format!("/?Action=X&Version={KMS}")), 404, "InvalidAction.NotFound", "not found"),
        (get(&format!("/?Action=createKey&Version={KMS}")), 404, "InvalidAction.NotFound", "not found"),
        (get(&format!("/?Action=CreateKey&Version={KMS}&Format=yaml")), 400, "InvalidParameter", "\"Format\""),
        (get("/?A=1&A=2"), 400, "InvalidParameter", "A stands there twice"),
        (get("/?A=%zz"), 400, "InvalidParameter", "the value of A is not percent-encoded"),
        (get(&format!("/?Version={KMS}&A=%FF")), 400, "ParseRequestParameterException", "the value of A"),
        (post(&format!("Version={KMS}&Action=CreateKey")), 400, "MissingParameter", "\"AccessKeyId\""),
        (get("/other"), 404, "InvalidAction.NotFound", "check your url"),
        (get("/other/?Action=CreateKey"), 404, "InvalidAction.NotFound", "check your url"),
        (v1("CreateKey").without("AccessKeyId").request(), 400, "MissingParameter", "\"AccessKeyId\""),
        (v1("CreateKey").request(), 400, "MissingParameter", "\"Signature\""),
        (v1("CreateKey").sign("s").without("SignatureNonce").request(), 400, "MissingParameter", "\"SignatureNonce\""),
        (
            v1("CreateKey").set("SignatureMethod", "HMAC-MD5").sign("s").request(),
            400,
            "InvalidSignatureMethod",
            "HMAC-SHA1",
        ),
        (
            v1("CreateKey").set("SignatureVersion", "2.0").sign("s").request(),
            400,
            "InvalidParameter",
            "\"SignatureVersion\"",
        ),
        (
            v1("CreateKey").set("SignatureType", "BEARERTOKEN").sign("s").request(),
            400,
            "InvalidParameter",
            "\"SignatureType\"",
        ),
        (
            v1("CreateKey").set("SignatureNonce", &"n".repeat(129)).sign("s").request(),
            400,
            "InvalidParameter",
            "\"SignatureNonce\"",
        ),
        (
            v1("CreateKey").set("Timestamp", "yesterday").sign("s").request(),
            400,
            "InvalidTimeStamp.Format",
            "well formatted",
        ),
        (v1("Encrypt").sign("testsecret").request(), 400, "MissingParameter", "\"KeyId\""),
        (
            v1("Encrypt").set("SignatureNonce", "a").set("KeyId", "k?").sign("testsecret").request(),
            400,
            "InvalidParameter",
            "\"KeyId\"",
        ),
        (
            v1("Encrypt")
                .set("SignatureNonce", "b")
                .set("KeyId", "k")
                .set("Plaintext", "p")
                .set("DryRun", "maybe")
                .sign("testsecret")
                .request(),
            400,
            "InvalidParameter",
            "\"DryRun\"",
        ),
        (
            v1("Encrypt")
                .set("SignatureNonce", "c")
                .set("KeyId", "k")
                .set("Plaintext", "p")
                .set("DryRun", "TRUE")
                .sign("testsecret")
                .request(),
            400,
            "DryRunOperationError",
            "would have succeeded",
        ),
        (
            v1("ScheduleKeyDeletion")
                .set("SignatureNonce", "d")
                .set("KeyId", "k")
                .set("PendingWindowInDays", "6")
                .sign("testsecret")
                .request(),
            400,
            "InvalidParameter",
            "\"PendingWindowInDays\"",
        ),
        (
            v1("ScheduleKeyDeletion")
                .set("SignatureNonce", "e")
                .set("KeyId", "k")
                .set("PendingWindowInDays", "7")
                .sign("testsecret")
                .request(),
            404,
            "Forbidden.KeyNotFound",
            "is not found: no key k-1 in region cn-hangzhou",
        ),
    ] {
        let answer = running.send(&request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{request}: {}", answer.body);
        assert!(answer.body.replace("\\\"", "\"").contains(message), "{request}: {}", answer.body);
    }
}

/// A denial names principal, action, resource and kind of policy, in the code and words of each product.
#[tokio::test]
async fn denials_name_who_what_and_why() {
    let running = start().await;
    for (number, (version, action, extra, code, needed, kind)) in [
        (ECS, "DescribeRegions", "", "Forbidden.RAM", "acs:ecs:cn-hangzhou:1234567890123456:thing/1", "ImplicitDeny"),
        (RAM, "ListUsers", "", "NoPermission", "acs:ram::1234567890123456:thing/1", "ImplicitDeny"),
        (STS, "AssumeRole", "", "NoPermission", "acs:sts::1234567890123456:thing/1", "ImplicitDeny"),
        (
            KMS,
            "Encrypt",
            "k-1",
            "Forbidden.NoPermission",
            "acs:kms:cn-hangzhou:1234567890123456:key/k-1",
            "ExplicitDeny",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let call = V1::new(version, action, &[("KeyId", extra), ("Plaintext", "p")]).set("AccessKeyId", "nobodyid");
        let answer =
            running.send(&call.set("SignatureNonce", &number.to_string()).sign("nobodysecret").request()).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, code), "{}", answer.body);
        let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let detail = &value["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], format!("{}:{action}", needed.split(':').nth(1).unwrap()));
        assert_eq!((&detail["AuthResource"], &detail["NoPermissionType"]), (&needed.into(), &kind.into()));
        assert_eq!(
            (&detail["AuthPrincipalType"], &detail["AuthPrincipalDisplayName"]),
            (&"RAMUser".into(), &"nobody".into())
        );
        assert_eq!(
            (&detail["AuthPrincipalOwnerId"], &detail["PolicyType"]),
            (&ACCOUNT.into(), &"AccountLevelIdentityBasedPolicy".into())
        );
        let message = value["Message"].as_str().unwrap();
        assert!(message.contains(&format!("acs:ram::{ACCOUNT}:user/nobody")) && message.contains(needed), "{message}");
    }
}

/// The region of a KMS call: host, then default; a listener of its own before both.
#[tokio::test]
async fn a_kms_call_goes_to_the_region_of_its_host_or_port() {
    let running = start_with(
        config(vec![local(None), local(Some("cn-shanghai"))]),
        crate::actions::table(),
        NOW,
        Memory::with_keys(),
    )
    .await;
    for (number, (port, host, region)) in [
        (0, "127.0.0.1", "cn-hangzhou"),
        (0, "kms.cn-shanghai.aliyuncs.com", "cn-shanghai"),
        (1, "kms.cn-hangzhou.aliyuncs.com", "cn-shanghai"),
    ]
    .into_iter()
    .enumerate()
    {
        let call = V3::new(KMS, "Encrypt", &[("KeyId", "k"), ("Plaintext", "p")]).header("host", host);
        let call = call.header("x-acs-signature-nonce", &number.to_string()).request("testid", "testsecret");
        let mut stream = tokio::net::TcpStream::connect(running.addresses[port]).await.unwrap();
        let answer = crate::client::exchange(&mut stream, &call).await.unwrap();
        assert!(answer.body.contains(&format!("\"Region\":\"{region}\"")), "{host}: {answer:?}");
    }
    let call = V3::new(KMS, "CreateKey", &[]).header("host", "kms.cn-beijing.aliyuncs.com");
    let answer = running.send(&call.request("testid", "testsecret")).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "InvalidRegionId.NotFound"));
}

/// Who calls and which regions there are, in both formats; `sessions` has the answer to a session.
#[tokio::test]
async fn actions_that_need_no_right_answer() {
    let installation = Installation::new().await;
    let account = installation.account.to_string();
    let running = start_with(config(vec![local(None)]), api::table(), NOW, installation).await;
    let v1 = |version, action: &str| V1::new(version, action, &[]).set("AccessKeyId", ROOT.0);
    for (call, body) in [
        (
            v1(KMS, "DescribeRegions"),
            r#"{"Regions":{"Region":[{"RegionId":"cn-hangzhou"},{"RegionId":"cn-shanghai"}]},"RequestId":"ID"}"#
                .to_owned(),
        ),
        (
            v1(STS, "GetCallerIdentity").set("SignatureNonce", "n-2"),
            format!(
                r#"{{"AccountId":"{account}","Arn":"acs:ram::{account}:root","IdentityType":"Account","PrincipalId":"{account}","RequestId":"ID","UserId":"{account}"}}"#
            ),
        ),
        (
            v1(STS, "GetCallerIdentity").set("SignatureNonce", "n-3").set("Format", "XML"),
            format!(
                "{XML}<GetCallerIdentityResponse><AccountId>{account}</AccountId><Arn>acs:ram::{account}:root</Arn>\
                 <IdentityType>Account</IdentityType><PrincipalId>{account}</PrincipalId><RequestId>ID</RequestId>\
                 <UserId>{account}</UserId></GetCallerIdentityResponse>"
            ),
        ),
    ] {
        let answer = running.send(&call.sign(ROOT.1).request()).await;
        assert_eq!((answer.status, answer.without_id()), (200, body));
    }
}
