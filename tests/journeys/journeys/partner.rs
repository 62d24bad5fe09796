//! A partner's side of the FHIR API: signs in for a token and searches.

use serde_json::Value;
use tokio::task::block_in_place;
use ureq::Agent;

use crate::ground::Ground;

/// A signed-in partner.
pub(crate) struct Partner {
    agent: Agent,
    base: String,
    token: String,
}

impl Partner {
    pub(crate) async fn sign_in(ground: &Ground) -> Self {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let base = ground.base();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "clinician.rxr"),
            ("client_secret", palatine::seed::PASSWORD),
        ];
        let answer = block_in_place(|| {
            agent
                .post(format!("{base}/auth/token"))
                .send_form(form)
                .unwrap()
        });
        let answer: Value = serde_json::from_reader(answer.into_body().into_reader()).unwrap();
        let token = answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("no token: {answer}"))
            .to_owned();
        Self { agent, base, token }
    }

    /// Files a new resource.
    pub(crate) async fn create(&mut self, resource: &Value) {
        let address = format!(
            "{}/fhir/{}",
            self.base,
            resource["resourceType"].as_str().unwrap()
        );
        let answer = block_in_place(|| {
            self.agent
                .post(&address)
                .header("Authorization", format!("Bearer {}", self.token))
                .content_type("application/fhir+json")
                .send(resource.to_string())
                .unwrap()
        });
        assert_eq!(answer.status(), 201, "{resource}: {answer:?}");
    }

    /// Every resource on the first page of a search.
    pub(crate) async fn all(&mut self, resource_type: &str, query: &str) -> Vec<Value> {
        let query = query.replace('|', "%7C");
        let address = format!("{}/fhir/{resource_type}?{query}", self.base);
        let answer = block_in_place(|| {
            self.agent
                .get(&address)
                .header("Authorization", format!("Bearer {}", self.token))
                .call()
                .unwrap()
        });
        let status = answer.status();
        let page: Value = serde_json::from_reader(answer.into_body().into_reader()).unwrap();
        assert_eq!(status, 200, "{address}: {page}");
        let entries = page["entry"].as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .map(|entry| entry["resource"].clone())
            .collect()
    }

    /// The one resource that a search finds.
    pub(crate) async fn only(&mut self, resource_type: &str, query: &str) -> Value {
        let mut found = self.all(resource_type, query).await;
        assert_eq!(
            found.len(),
            1,
            "{resource_type}?{query} finds one: {found:?}"
        );
        found.remove(0)
    }
}
