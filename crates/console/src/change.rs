//! Changes that take one call: the last part of a form's address names the action.

use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::form::Fields;
use crate::once::{Made, Unmade};
use crate::visit::Visit;

/// An action of the API with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) action: &'static str,
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Change {
    pub(crate) fn new(action: &'static str, parameters: Vec<(&'static str, String)>) -> Self {
        Self { action, parameters }
    }

    pub(crate) async fn carry_out(&self, visit: &Visit, product: Product) -> Result<Value, Refusal> {
        let parameters: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visit.call(product, self.action, &parameters).await
    }

    /// The same, once for a form with a token.
    pub(crate) async fn carry_out_once(
        &self,
        visit: &Visit,
        product: Product,
        fields: &Fields,
    ) -> Result<(), Unmade<Refusal>> {
        let make = async { self.carry_out(visit, product).await.map(|_| Made::plain(String::new())) };
        visit.once(fields, make).await.map(drop)
    }

    /// For tests: `EnableKey KeyId=k`.
    #[cfg(test)]
    pub(crate) fn written(&self) -> String {
        let parameters = self.parameters.iter().map(|(name, value)| format!(" {name}={value}"));
        self.action.to_owned() + &parameters.collect::<String>()
    }
}
