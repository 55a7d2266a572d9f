//! Regions and zones. Source: ecs-images.md 6.

use ::ecs::{Ecs, EcsError};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::Images;
use super::action::{EcsCall, need, row};
use super::parameters::REGION_ID;
use crate::action::{Action, Call, Permission, Spec};
use crate::errors::Refusal;
use crate::parameters::{Ignored, Parameters};
use crate::product::Product;
use crate::services::Need;

/// `DescribeRegions`: the regions of this server, at whatever endpoint the caller reaches it.
pub(crate) struct DescribeRegions;

impl<S: Images> Action<S> for DescribeRegions {
    const SPEC: &'static Spec = &Spec {
        product: Product::Ecs,
        name: "DescribeRegions",
        parameters: &[&Ignored("AcceptLanguage"), &Ignored("InstanceChargeType"), &Ignored("ResourceType")],
        permission: Permission::On { action: "ecs:DescribeRegions", resource: "*" },
    };

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(call.need("*").into_iter().collect())
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let region = |name: &String| {
            json!({
                "RegionId": name,
                "LocalName": name,
                "RegionEndpoint": format!("ecs.{name}.aliyuncs.com"),
                "Status": "available",
            })
        };
        let regions: Vec<Value> = call.regions.names().iter().map(region).collect();
        Ok(json!({ "Regions": { "Region": regions } }))
    }
}

/// `DescribeZones`: one zone a region, `<region>-a`.
pub(crate) struct DescribeZones;

impl EcsCall for DescribeZones {
    const SPEC: &'static Spec = &row(
        "DescribeZones",
        "ecs:DescribeZones",
        "*",
        &[
            &REGION_ID,
            &Ignored("AcceptLanguage"),
            &Ignored("InstanceChargeType"),
            &Ignored("SpotStrategy"),
            &Ignored("Verbose"),
        ],
    );

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, _: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        if !ecs.regions().any(|region| *region == scope.region) {
            return Err(EcsError::RegionNotFound(scope.region.to_string()));
        }
        let zone = format!("{}-a", scope.region);
        Ok(json!({ "Zones": { "Zone": [{
            "ZoneId": zone,
            "LocalName": zone,
            "ZoneType": "AvailabilityZone",
            "AvailableDiskCategories": { "DiskCategories": ["cloud_essd"] },
            "AvailableInstanceTypes": { "InstanceTypes": [] },
            "AvailableResourceCreation": { "ResourceTypes": ["VSwitch", "Instance", "Disk"] },
            "AvailableVolumeCategories": { "VolumeCategories": [] },
        }] } }))
    }
}
