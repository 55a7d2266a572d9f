//! The product Location: where the others are. Older clients, and Packer, ask it before their first call.

use serde_json::{Value, json};

use crate::action::{Action, Call, Permission, Row, Spec};
use crate::errors::Refusal;
use crate::parameters::{Ignored, Name, OneOf, Optional, Parameters, Required};
use crate::product::Product;
use crate::services::{Need, Services};

const ID: Required<Name> = Required::new("Id", Name { length: (1, 64), also: "-" });
const SERVICE_CODE: Required<Name> = Required::new("ServiceCode", Name { length: (1, 64), also: "-_" });
const TYPE: Optional<OneOf> = Optional::new("Type", OneOf(&["openAPI", "innerAPI"]));

/// All actions of Location.
pub(crate) fn rows<S: Services>() -> Vec<Row<S>> {
    vec![Row::of::<DescribeEndpoints>()]
}

/// `DescribeEndpoints`: every product of every region is where the client is talking to now. Source: the resolver of the vendor's Go SDK.
pub(crate) struct DescribeEndpoints {
    region: String,
    service: String,
    kind: &'static str,
}

impl<S: Services> Action<S> for DescribeEndpoints {
    const SPEC: &'static Spec = &Spec {
        product: Product::Location,
        name: "DescribeEndpoints",
        parameters: &[&ID, &SERVICE_CODE, &TYPE, &Ignored("Namespace")],
        permission: Permission::SignatureOnly,
    };

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            region: ID.read(parameters)?,
            service: SERVICE_CODE.read(parameters)?,
            kind: TYPE.read(parameters)?.unwrap_or("openAPI"),
        })
    }

    async fn needs(&self, _: &S, _: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(Vec::new())
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let is_here = Product::ALL.iter().any(|product| product.name().eq_ignore_ascii_case(&self.service));
        let endpoints =
            if is_here && call.regions.contains(&self.region) { vec![self.endpoint(&call.host)] } else { vec![] };
        Ok(json!({ "Endpoints": { "Endpoint": endpoints }, "Success": true }))
    }
}

impl DescribeEndpoints {
    fn endpoint(&self, host: &str) -> Value {
        // One client writes the scheme into its host header (wire.md 2).
        let host = host.split_once("://").map_or(host, |(_, host)| host);
        json!({
            "Endpoint": host,
            "Id": self.region,
            "Namespace": "",
            // The vendor's spelling, which clients read.
            "SerivceCode": self.service,
            "Type": self.kind,
            "Protocols": { "Protocols": ["HTTP", "HTTPS"] },
        })
    }
}
