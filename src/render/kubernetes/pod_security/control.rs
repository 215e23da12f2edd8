//! The controls of the standards: which level each is of, since when, and what takes its place.

use crate::language::pod_security::Level;
use crate::render::kubernetes::pod_security::version::Minor;

/// One thing that a standard asks of pods. In the order in which the plugin judges: those of `baseline` first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// `AppArmor` stays on.
    AppArmorProfile,
    /// No capability is added that container runtimes do not give by default.
    CapabilitiesBaseline,
    /// The node's network, processes and IPC stay its own.
    HostNamespaces,
    /// The node's files stay its own.
    HostPathVolumes,
    /// The node's ports stay its own.
    HostPorts,
    /// Probes and handlers ask the pod itself, and nobody else.
    HostProbesAndHostLifecycle,
    /// No container is privileged.
    Privileged,
    /// What runtimes hide of `/proc` stays hidden.
    ProcMount,
    /// `SELinux` confines containers as such.
    SeLinuxOptions,
    /// The filter of system calls is not turned off.
    SeccompProfileBaseline,
    /// Settings of the kernel are those that concern the pod alone.
    Sysctls,
    /// No container of Windows is a process of the node.
    WindowsHostProcess,
    /// No process gains privileges that its parent has not.
    AllowPrivilegeEscalation,
    /// All capabilities are dropped.
    CapabilitiesRestricted,
    /// What runtimes hide of `/proc` stays hidden, in user namespaces as well.
    ProcMountRestricted,
    /// Volumes are of kinds that belong to the namespace.
    RestrictedVolumes,
    /// Containers are made not to run as root.
    RunAsNonRoot,
    /// No user is root.
    RunAsUser,
    /// There is a filter of system calls.
    SeccompProfileRestricted,
}

impl Control {
    /// All there are, in their order.
    pub const ALL: &'static [Self] = &[
        Self::AppArmorProfile,
        Self::CapabilitiesBaseline,
        Self::HostNamespaces,
        Self::HostPathVolumes,
        Self::HostPorts,
        Self::HostProbesAndHostLifecycle,
        Self::Privileged,
        Self::ProcMount,
        Self::SeLinuxOptions,
        Self::SeccompProfileBaseline,
        Self::Sysctls,
        Self::WindowsHostProcess,
        Self::AllowPrivilegeEscalation,
        Self::CapabilitiesRestricted,
        Self::ProcMountRestricted,
        Self::RestrictedVolumes,
        Self::RunAsNonRoot,
        Self::RunAsUser,
        Self::SeccompProfileRestricted,
    ];

    /// What the plugin calls it.
    pub fn id(self) -> &'static str {
        match self {
            Self::AppArmorProfile => "appArmorProfile",
            Self::CapabilitiesBaseline => "capabilities_baseline",
            Self::HostNamespaces => "hostNamespaces",
            Self::HostPathVolumes => "hostPathVolumes",
            Self::HostPorts => "hostPorts",
            Self::HostProbesAndHostLifecycle => "hostProbesAndHostLifecycle",
            Self::Privileged => "privileged",
            Self::ProcMount => "procMount",
            Self::SeLinuxOptions => "seLinuxOptions",
            Self::SeccompProfileBaseline => "seccompProfile_baseline",
            Self::Sysctls => "sysctls",
            Self::WindowsHostProcess => "windowsHostProcess",
            Self::AllowPrivilegeEscalation => "allowPrivilegeEscalation",
            Self::CapabilitiesRestricted => "capabilities_restricted",
            Self::ProcMountRestricted => "procMount_restricted",
            Self::RestrictedVolumes => "restrictedVolumes",
            Self::RunAsNonRoot => "runAsNonRoot",
            Self::RunAsUser => "runAsUser",
            Self::SeccompProfileRestricted => "seccompProfile_restricted",
        }
    }

    /// The lowest level that asks for it.
    pub fn level(self) -> Level {
        if self < Self::AllowPrivilegeEscalation { Level::Baseline } else { Level::Restricted }
    }

    /// The first version of the standards that it is in.
    pub fn since(self) -> Minor {
        Minor(match self {
            Self::AllowPrivilegeEscalation => 8,
            Self::SeccompProfileRestricted => 19,
            Self::CapabilitiesRestricted => 22,
            Self::RunAsUser => 23,
            Self::HostProbesAndHostLifecycle => 34,
            Self::ProcMountRestricted => 35,
            _ => 0,
        })
    }

    /// The stricter one that `restricted` has in its place, from the version on that the other is in.
    pub fn replaced_by(self) -> Option<Self> {
        match self {
            Self::CapabilitiesBaseline => Some(Self::CapabilitiesRestricted),
            Self::HostPathVolumes => Some(Self::RestrictedVolumes),
            Self::ProcMount => Some(Self::ProcMountRestricted),
            Self::SeccompProfileBaseline => Some(Self::SeccompProfileRestricted),
            _ => None,
        }
    }

    /// Where the standards are explained. The page has a table for each level, and no anchors below.
    pub fn link(self) -> &'static str {
        match self.level() {
            Level::Restricted => {
                "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"
            }
            _ => "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_the_order_of_the_plugin() {
        let ids = |level| Control::ALL.iter().filter(move |it| it.level() == level).map(|it| it.id());
        let (baseline, restricted) = (ids(Level::Baseline), ids(Level::Restricted));
        assert_eq!((baseline.clone().count(), restricted.clone().count()), (12, 7));
        assert!(baseline.is_sorted() && restricted.is_sorted());
        assert!(Control::ALL.is_sorted());
        for (control, other) in Control::ALL.iter().filter_map(|it| Some((it, it.replaced_by()?))) {
            assert_eq!((control.level(), other.level()), (Level::Baseline, Level::Restricted));
        }
    }
}
