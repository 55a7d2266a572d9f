//! `ListKeyUsage`, an action of ours: the images that are lost with a key.

use kms::{KeyRef, Kms, KmsError, Scope, SealedImageRecord};
use ram::Permit;
use serde_json::{Value, json};

use super::action::{KeyCall, row};
use super::metadata::time;
use super::needs::Ask;
use super::page::{PAGE_NUMBER, PAGE_SIZE, Paging};
use super::parameters::KEY_ID;
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::Parameters;

pub(crate) struct ListKeyUsage {
    key: KeyRef,
    paging: Paging,
}

impl KeyCall for ListKeyUsage {
    /// Whoever may see a key may see what is under it.
    const SPEC: &'static Spec =
        &row("ListKeyUsage", ("kms:DescribeKey", "key/<id>"), &[&KEY_ID, &PAGE_NUMBER, &PAGE_SIZE]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { key: KEY_ID.read(parameters)?, paging: Paging::read(parameters)? })
    }

    async fn asks(&self, _: &Kms, _: &Scope) -> Result<Vec<Ask<'_>>, KmsError> {
        Ok(Ask::on_key(Self::SPEC, &self.key))
    }

    async fn run(self, kms: &Kms, permit: &Permit, scope: &Scope) -> Result<Value, KmsError> {
        let page = kms.key_usage(&self.key, self.paging.request, permit, scope).await?;
        Ok(self.paging.answer(page, ("Images", "Image"), |record| shown(&record)))
    }
}

fn shown(record: &SealedImageRecord) -> Value {
    json!({
        "ImageId": record.image.image_id,
        "Path": record.image.path,
        "Mode": record.image.mode,
        "SealedDate": time(record.sealed_at),
    })
}
