//! KMS on the wire.

use serde_json::{Value, json};

use crate::action::{Action, Call, Permission, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::product::Product;
use crate::services::{Need, Services};

/// `DescribeRegions`: the regions of this server. Source: kms.md 7.
pub(crate) struct DescribeRegions;

impl<S: Services> Action<S> for DescribeRegions {
    const SPEC: &'static Spec = &Spec {
        product: Product::Kms,
        name: "DescribeRegions",
        parameters: &[],
        permission: Permission::SignatureOnly,
    };

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &S, _: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(Vec::new())
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let regions: Vec<Value> = call.regions.names().iter().map(|name| json!({ "RegionId": name })).collect();
        Ok(json!({ "Regions": { "Region": regions } }))
    }
}
