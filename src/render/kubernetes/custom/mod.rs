//! Types of the custom resources that we make, which `k8s-openapi` does not have.
//!
//! Every field is optional, as in the generated types: what is missing is the API server's to say. A type is *whole* where
//! it holds all that people write of its kind, as that of `HTTPRoute`; then raw objects are read as it too. The others hold
//! what we place and no more: what people bring of those kinds is left to the API server.

pub mod cert_manager;
pub mod cloudnative_pg;
pub mod envoy_gateway;
pub mod external_secrets;
pub mod gateway_api;

/// The API groups whose kinds are others'.
pub const GROUPS: &[&str] = &[
    cert_manager::GROUP,
    cloudnative_pg::GROUP,
    envoy_gateway::GROUP,
    external_secrets::GROUP,
    gateway_api::GROUP,
];

/// The API groups whose types hold only what we place.
pub const NARROW: &[&str] =
    &[cert_manager::GROUP, cloudnative_pg::GROUP, envoy_gateway::GROUP, external_secrets::GROUP];

/// A part of an object: a struct of optional fields, called in Kubernetes as here, in camel case.
macro_rules! part {
    ($(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                #[doc = concat!("`", stringify!($field), "` of the reference.")]
                $(#[$of_field])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }
    };
}

/// A kind of object that lives in a namespace, with its group, version, kind and the last part of its path.
macro_rules! object {
    ($(#[$about:meta])* $name:ident($group:literal, $version:literal, $kind:literal, $path:literal) $spec:ty) => {
        $(#[$about])*
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            api_version: String,
            kind: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            metadata: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            spec: Option<$spec>,
        }

        impl k8s_openapi::Resource for $name {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $path;
            type Scope = k8s_openapi::NamespaceResourceScope;
        }
    };
}

use {object, part};
