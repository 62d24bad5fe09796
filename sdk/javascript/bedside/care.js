// Whom the site of a call cares for, in a written chart: of whom rows about a site are made.
//
// Invariant: as in the host, a patient is cared for where their organisation or an encounter that was says so, and what is
// labelled as restricted, or is of a patient who is, is in no list.

const SITE = 'https://fhir.nhs.uk/Id/ods-organization-code';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const RESTRICTED = ['R', 'V'];
/** Encounters of these statuses never were. */
const NEVER_WERE = ['cancelled', 'entered-in-error'];

const referenceOf = (it) => `${it.resourceType}/${it.id}`;
const isRestricted = (it) =>
  (it.meta?.security ?? []).some(({ system, code }) => system === CONFIDENTIALITY && RESTRICTED.includes(code));

/** Whose a resource is, as a reference. */
export function ownerOf(it) {
  const own = it.resourceType === 'Patient' ? referenceOf(it) : undefined;
  return (it.subject ?? it.patient ?? it.for)?.reference ?? own;
}

/** The resources of the patients whom the site cares for. */
export function ofSite(resources, site) {
  const hasCode = (it) => it?.system === SITE && it.value === site;
  const codes = new Set(resources.filter((it) => (it.identifier instanceof Array ? it.identifier : []).some(hasCode)).map(referenceOf));
  const isSite = (it) => it !== undefined && (hasCode(it.identifier) || codes.has(it.reference));
  const caredFor = new Set();
  for (const it of resources) {
    if (it.resourceType === 'Patient' && isSite(it.managingOrganization)) {
      caredFor.add(referenceOf(it));
    } else if (it.resourceType === 'Encounter' && isSite(it.serviceProvider) && !NEVER_WERE.includes(it.status)) {
      caredFor.add(ownerOf(it));
    }
  }
  const hidden = new Set(resources.filter((it) => it.resourceType === 'Patient' && isRestricted(it)).map(referenceOf));
  return resources.filter((it) => !isRestricted(it) && caredFor.has(ownerOf(it)) && !hidden.has(ownerOf(it)));
}

/** What is the site's own: about nobody, and labelled with it. */
export function ownOf(resources, site) {
  const isLabelled = (it) => (it.meta?.tag ?? []).some(({ system, code }) => system === SITE && code === site);
  return resources.filter((it) => ownerOf(it) === undefined && isLabelled(it));
}
