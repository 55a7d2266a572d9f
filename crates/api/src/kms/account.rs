//! Whether an account has KMS. Source: kms.md 7.

use serde_json::{Value, json};

use super::Keys;
use super::action::{row, scope_of};
use super::refusal::{of_ram, refusal};
use crate::action::{Action, Call, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::Parameters;
use crate::services::Need;

/// What a right to a call without a resource is on.
const EVERYTHING: &str = "*";

pub(crate) struct OpenKmsService;

impl<S: Keys> Action<S> for OpenKmsService {
    const SPEC: &'static Spec = &row("OpenKmsService", ("kms:OpenKmsService", EVERYTHING), &[]);

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(call.need(EVERYTHING).into_iter().collect())
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &S::Permit) -> Result<Value, Refusal> {
        let region = scope_of(call)?.region;
        match services.ram().open_kms(permit, &region).await {
            Ok(true) => Ok(Value::Null),
            Ok(false) => Err(Refusal::new(&errors::KMS_OPENED, &[])),
            Err(error) => Err(of_ram(&error, &call.request_id)),
        }
    }
}

pub(crate) struct DescribeAccountKmsStatus;

impl<S: Keys> Action<S> for DescribeAccountKmsStatus {
    const SPEC: &'static Spec = &row("DescribeAccountKmsStatus", ("kms:DescribeAccountKmsStatus", EVERYTHING), &[]);

    fn parse(_: &Parameters) -> Result<Self, Refusal> {
        Ok(Self)
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(call.need(EVERYTHING).into_iter().collect())
    }

    async fn run(self, services: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let opened = services.ram().kms_is_opened(call.caller.caller().account).await;
        let opened = opened.map_err(|error| of_ram(&error, &call.request_id))?;
        let in_debt = services.kms().is_in_debt(&scope_of(call)?.account).await;
        let in_debt = in_debt.map_err(|error| refusal(&error, &call.request_id))?;
        let status = match (opened, in_debt) {
            (false, _) => "NotEnabled",
            (true, true) => "InDebt",
            (true, false) => "Enabled",
        };
        Ok(json!({ "AccountStatus": status }))
    }
}
