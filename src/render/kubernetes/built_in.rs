//! The table of built-in templates: the shapes of the objects we render, as files under `templates/kubernetes`.

macro_rules! built_in {
    ($($name:literal)*) => {
        /// Name, which is the path under `templates/kubernetes`, and text, by name.
        pub const BUILT_IN: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../templates/kubernetes/", $name))),)*
        ];
    };
}

// One name per line, in the order of the alphabet.
built_in! {
    "cron/cron-job.yaml.j2"
    "image-policy/validating-admission-policy-binding.yaml.j2"
    "image-policy/validating-admission-policy.yaml.j2"
    "network/default-deny.yaml.j2"
    "network/egress.yaml.j2"
    "network/ingress.yaml.j2"
    "project/namespace.yaml.j2"
    "public/http-route.yaml.j2"
    "public/ingress.yaml.j2"
    "quota/limit-range.yaml.j2"
    "quota/resource-quota.yaml.j2"
    "role/role-binding.yaml.j2"
    "role/role.yaml.j2"
    "service/deployment.yaml.j2"
    "service/headless-service.yaml.j2"
    "service/horizontal-pod-autoscaler.yaml.j2"
    "service/pod-disruption-budget.yaml.j2"
    "service/service.yaml.j2"
    "service/stateful-set.yaml.j2"
    "workload/config-map.yaml.j2"
    "workload/pod.yaml.j2"
    "workload/service-account.yaml.j2"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ascend() {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        assert!(names.is_sorted(), "order the lines of `built_in!` by name: {names:?}");
    }
}
