//! The five trusts of the region, as FHIR resources.
//!
//! Source of the ODS codes: NHS Organisation Data Service. Site names only: their own codes are not given here.

use serde_json::json;

/// One NHS trust.
pub struct Trust {
    /// Its ODS code.
    pub ods: &'static str,
    /// Its name as the public reads it.
    pub name: &'static str,
    /// Its main hospitals.
    pub sites: &'static [&'static str],
}

/// The region's trusts, in the order in which every page shows them.
pub const TRUSTS: [Trust; 5] = [
    Trust {
        ods: "RXL",
        name: "Blackpool Teaching Hospitals NHS Foundation Trust",
        sites: &["Blackpool Victoria Hospital", "Clifton Hospital"],
    },
    Trust {
        ods: "RXR",
        name: "East Lancashire Hospitals NHS Trust",
        sites: &[
            "Royal Blackburn Teaching Hospital",
            "Burnley General Teaching Hospital",
        ],
    },
    Trust {
        ods: "RW5",
        name: "Lancashire and South Cumbria NHS Foundation Trust",
        sites: &["The Harbour", "Royal Blackburn Hospital, Pendleview"],
    },
    Trust {
        ods: "RXN",
        name: "Lancashire Teaching Hospitals NHS Foundation Trust",
        sites: &[
            "Royal Preston Hospital",
            "Chorley and South Ribble Hospital",
        ],
    },
    Trust {
        ods: "RTX",
        name: "University Hospitals of Morecambe Bay NHS Foundation Trust",
        sites: &[
            "Royal Lancaster Infirmary",
            "Furness General Hospital",
            "Westmorland General Hospital",
        ],
    },
];

impl Trust {
    /// The id of its Organization.
    pub fn organization_id(&self) -> String {
        format!("trust-{}", self.ods.to_lowercase())
    }

    /// Its Organization and one Location for each site, with ids that do not change.
    pub fn resources(&self) -> Vec<serde_json::Value> {
        let id = self.organization_id();
        let mut all = vec![json!({
            "resourceType": "Organization",
            "id": id,
            "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": self.ods}],
            "active": true,
            "type": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": "prov", "display": "Healthcare Provider"}]}],
            "name": self.name,
        })];
        all.extend(self.sites.iter().enumerate().map(|(at, site)| {
            json!({
                "resourceType": "Location",
                "id": format!("{id}-site-{}", at + 1),
                "status": "active",
                "name": site,
                "mode": "instance",
                "managingOrganization": {"reference": format!("Organization/{id}"), "display": self.name},
            })
        }));
        all
    }
}
