//! Every bound of the registry and its client, with its unit and its reason.
//!
//! Invariant: nothing that a client sends is held, counted or walked without one of these; relations between
//! them are constant assertions.

/// One blob. A Python guest carries its interpreter (about 40 MiB); four times that is room enough.
pub const BLOB_BYTES_MAX: u64 = 256 * MIB;
/// One component that is inspected, and so held in memory whole.
pub const COMPONENT_BYTES_MAX: u64 = 128 * MIB;
/// One manifest: the size that the distribution specification asks a registry to accept.
pub const MANIFEST_BYTES_MAX: u64 = 4 * MIB;
/// The config of a release: a few hundred bytes in practice.
pub const CONFIG_BYTES_MAX: u64 = 256 * KIB;
/// One signature bundle: about 2 KiB in practice.
pub const BUNDLE_BYTES_MAX: u64 = 64 * KIB;
/// The custom section `departmental.json`.
pub const DEPARTMENTAL_BYTES_MAX: usize = 4 * MIB as usize;
/// The custom section `golden-cases.json`: thirty cases over shared charts have some hundred KiB.
pub const GOLDEN_BYTES_MAX: usize = 4 * MIB as usize;
/// A file of publishers, trusted keys or one key.
pub const KEY_FILE_BYTES_MAX: u64 = MIB;

/// Descriptors (layers and manifests together) in one manifest.
pub const DESCRIPTORS_MAX: usize = 256;
/// Referrers of one manifest; the answer to a referrers request is never longer.
pub const REFERRERS_MAX: u32 = DESCRIPTORS_MAX as u32;
/// Bytes of annotations that a referrers answer repeats per referrer; longer ones are refused at push.
pub const ANNOTATION_BYTES_MAX: usize = 4 * KIB as usize;
/// Manifests in one repository.
pub const MANIFESTS_MAX: u32 = 100_000;
/// Tags in one repository; also the length of a tag list when no page is asked for.
pub const TAGS_MAX: u32 = 10_000;
/// Signatures that a client reads for one release.
pub const SIGNATURES_MAX: usize = 16;
/// Releases in one page of the published list.
pub const PUBLISHED_PAGE_MAX: u32 = 500;
/// Pages that a client follows before it gives up on a list that does not end.
pub const PUBLISHED_PAGES_MAX: usize = 1_000;
/// One page of the published list, as the client reads it.
pub const PUBLISHED_BYTES_MAX: u64 = 2 * MIB;

/// Characters in a repository name, host excluded.
pub const REPOSITORY_CHARS_MAX: usize = 200;
/// Parts of a repository name, between slashes.
pub const REPOSITORY_PARTS_MAX: usize = 8;
/// Characters in a tag, by the distribution specification.
pub const TAG_CHARS_MAX: usize = 128;
/// Characters in a bearer token; ours have 64.
pub const TOKEN_CHARS_MAX: usize = 512;
/// Characters in a supplier's name.
pub const SUPPLIER_CHARS_MAX: usize = 120;
/// Publishers in the publishers file, and keys in a trusted keys file.
pub const PUBLISHERS_MAX: usize = 1_000;

/// Repositories in one namespace.
pub const REPOSITORIES_MAX: u64 = 1_000;
/// Bytes of blobs in one namespace, counted once per repository that holds them: some thousand releases.
pub const NAMESPACE_BYTES_MAX: u64 = 64 * 1024 * MIB;

/// Uploads begun and not finished, over all publishers. Times `BLOB_BYTES_MAX` it is the disk they can take: 16 GiB.
pub const OPEN_UPLOADS_MAX: usize = 64;
/// Uploads begun and not finished by one publisher, so that one cannot shut the others out.
pub const OPEN_UPLOADS_OF_ONE_MAX: usize = 16;
/// An upload untouched for this long is thrown away when room is needed.
pub const UPLOAD_IDLE_S: u64 = 15 * 60;
/// Silence within a request body after which it is given up.
pub const BODY_SILENCE_S: u64 = 30;
/// Requests that wait for the catalogue; more are answered 429.
pub const CATALOGUE_QUEUE_MAX: usize = 1_024;
/// Requests that share one commit.
pub const CATALOGUE_BATCH_MAX: usize = 128;
/// Components inspected at one time: each holds up to `COMPONENT_BYTES_MAX`.
pub const INSPECTIONS_MAX: usize = 2;
/// Connections served at one time.
pub const CONNECTIONS_MAX: usize = 1_024;
/// A connection that has not sent its request's headers by then is closed.
pub const HEADERS_S: u64 = 15;
/// Requests in progress are given this long after the order to stop.
pub const STOP_S: u64 = 10;

/// Bytes of one section of types: within it types nest, and a reader goes one call deeper for every three bytes.
pub const COMPONENT_TYPE_SECTION_BYTES_MAX: usize = 32 * KIB as usize;
/// Stack of the thread that inspects a component: enough for the deepest nesting such a section can hold.
pub const INSPECTION_STACK_BYTES: usize = 64 * MIB as usize;
/// Components within components: `wit-component` nests two deep.
pub const COMPONENT_DEPTH_MAX: usize = 8;
/// Core modules in a component: a Python guest has about forty.
pub const COMPONENT_MODULES_MAX: usize = 256;
/// Components in a component: one per exported interface in practice.
pub const COMPONENT_COMPONENTS_MAX: usize = 64;
/// Imports, and exports, of a component.
pub const COMPONENT_NAMES_MAX: usize = 64;

/// The client gives up on one request after this.
pub const CLIENT_REQUEST_S: u64 = 120;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

const _: () = assert!(
    COMPONENT_BYTES_MAX <= BLOB_BYTES_MAX,
    "a component is a blob"
);
const _: () = assert!(
    OPEN_UPLOADS_OF_ONE_MAX < OPEN_UPLOADS_MAX,
    "one publisher leaves room for others"
);
const _: () = assert!(
    (REFERRERS_MAX as u64) * (ANNOTATION_BYTES_MAX as u64 + 2 * KIB) <= MANIFEST_BYTES_MAX,
    "a whole referrers answer is no longer than the client reads"
);
const _: () = assert!(
    (DEPARTMENTAL_BYTES_MAX as u64) < COMPONENT_BYTES_MAX,
    "the manifest fits its component"
);
