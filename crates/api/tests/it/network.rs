//! The built-in network and the endpoints, as Packer and the SDKs ask for them.

use serde_json::{Value, json};

use crate::calls::{Client, start};
use crate::ecs_images::{ECS, REGION};

const VPC: &str = "2016-04-28";
const LOCATION: &str = "2015-06-12";

fn without_request_id(mut answer: Value) -> Value {
    answer.as_object_mut().unwrap().remove("RequestId");
    answer
}

/// Shows the exact answers, that the products ECS and VPC tell the same, and that each id leads to the others.
#[tokio::test]
async fn a_scope_has_one_of_each() {
    let running = start().await;
    let root = Client::root(&running);
    let vpcs = without_request_id(root.done(ECS, "DescribeVpcs", &[REGION]).await);
    let vpc = &vpcs["Vpcs"]["Vpc"][0];
    let (vpc_id, switch_id) = (&vpc["VpcId"], &vpc["VSwitchIds"]["VSwitchId"][0]);
    let wanted = json!({
        "Vpcs": { "Vpc": [{
            "VpcId": vpc_id,
            "RegionId": "cn-hangzhou",
            "Status": "Available",
            "VpcName": "built-in",
            "Description": "",
            "CidrBlock": "10.0.0.0/16",
            "IsDefault": true,
            "VRouterId": vpc["VRouterId"],
            "VSwitchIds": { "VSwitchId": [switch_id] },
            "UserCidrs": { "UserCidr": [] },
            "ResourceGroupId": "",
        }] },
        "TotalCount": 1,
        "PageNumber": 1,
        "PageSize": 10,
    });
    assert_eq!(vpcs, wanted);
    assert_eq!(without_request_id(root.done(VPC, "DescribeVpcs", &[REGION]).await), wanted);
    let of_vpc = ("VpcId", vpc_id.as_str().unwrap());
    let switches = without_request_id(root.done(ECS, "DescribeVSwitches", &[REGION, of_vpc]).await);
    assert_eq!(switches["VSwitches"]["VSwitch"][0]["VSwitchId"], *switch_id);
    assert_eq!(switches["VSwitches"]["VSwitch"][0]["ZoneId"], "cn-hangzhou-a");
    assert_eq!(without_request_id(root.done(VPC, "DescribeVSwitches", &[REGION, of_vpc]).await), switches);
    let groups = root.done(ECS, "DescribeSecurityGroups", &[REGION, of_vpc]).await;
    let group = groups["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"].as_str().unwrap();
    let attribute = root.done(ECS, "DescribeSecurityGroupAttribute", &[REGION, ("SecurityGroupId", group)]).await;
    assert_eq!((&attribute["VpcId"], &attribute["Permissions"]), (vpc_id, &json!({ "Permission": [] })));
    let missing = root.code(ECS, "DescribeSecurityGroupAttribute", &[REGION, ("SecurityGroupId", "sg-1")]).await;
    assert_eq!(missing, (404, "InvalidSecurityGroupId.NotFound".to_owned()));
}

/// Shows that filters count, that a second page is empty, and that a region that is not here is refused.
#[tokio::test]
async fn filters_and_regions_count() {
    let running = start().await;
    let root = Client::root(&running);
    for (action, list, call) in [
        ("DescribeVpcs", "Vpcs", vec![("VpcId", "vpc-1")]),
        ("DescribeVpcs", "Vpcs", vec![("IsDefault", "false")]),
        ("DescribeVSwitches", "VSwitches", vec![("ZoneId", "cn-hangzhou-b")]),
        ("DescribeVSwitches", "VSwitches", vec![("VSwitchId", "vsw-1")]),
        ("DescribeSecurityGroups", "SecurityGroups", vec![("SecurityGroupIds", r#"["sg-1"]"#)]),
    ] {
        let answer = root.done(ECS, action, &[&[REGION], &call[..]].concat()).await;
        let rows: usize = answer[list].as_object().unwrap().values().map(|rows| rows.as_array().unwrap().len()).sum();
        assert_eq!((rows, &answer["TotalCount"]), (0, &json!(0)), "{action} {call:?}");
    }
    let second = root.done(ECS, "DescribeVpcs", &[REGION, ("PageNumber", "2")]).await;
    assert_eq!((&second["Vpcs"]["Vpc"], &second["TotalCount"]), (&json!([]), &json!(1)));
    let elsewhere = root.done(ECS, "DescribeVpcs", &[("RegionId", "cn-shanghai")]).await;
    let here = root.done(ECS, "DescribeVpcs", &[REGION]).await;
    assert_ne!(elsewhere["Vpcs"]["Vpc"][0]["VpcId"], here["Vpcs"]["Vpc"][0]["VpcId"]);
    let unknown = root.code(VPC, "DescribeVpcs", &[("RegionId", "cn-beijing")]).await;
    assert_eq!(unknown, (404, "InvalidRegionId.NotFound".to_owned()));
    let nobody = Client::nobody(&running);
    assert_eq!(nobody.code(VPC, "DescribeVpcs", &[REGION]).await, (403, "Forbidden.RAM".to_owned()));
    assert_eq!(nobody.code(ECS, "DescribeSecurityGroups", &[REGION]).await, (403, "Forbidden.RAM".to_owned()));
}

/// Shows that whoever asks where a product is learns the host that it is talking to, and nothing for what is not here.
#[tokio::test]
async fn endpoints_are_where_the_client_is_already() {
    let running = start().await;
    let nobody = Client::nobody(&running);
    let call = [("Id", "cn-hangzhou"), ("ServiceCode", "ecs"), ("Type", "openAPI")];
    let answer = without_request_id(nobody.done(LOCATION, "DescribeEndpoints", &call).await);
    let host = answer["Endpoints"]["Endpoint"][0]["Endpoint"].clone();
    assert!(host.as_str().is_some_and(|host| !host.is_empty() && !host.contains('/')), "{answer}");
    let endpoint = json!({
        "Endpoint": host,
        "Id": "cn-hangzhou",
        "Namespace": "",
        "SerivceCode": "ecs",
        "Type": "openAPI",
        "Protocols": { "Protocols": ["HTTP", "HTTPS"] },
    });
    assert_eq!(answer, json!({ "Endpoints": { "Endpoint": [endpoint] }, "Success": true }));
    for (region, service) in [("cn-beijing", "ecs"), ("cn-hangzhou", "oss")] {
        let call = [("Id", region), ("ServiceCode", service)];
        let answer = nobody.done(LOCATION, "DescribeEndpoints", &call).await;
        assert_eq!(answer["Endpoints"]["Endpoint"], json!([]), "{region} {service}");
    }
}
