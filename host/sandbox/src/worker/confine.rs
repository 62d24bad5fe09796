//! What a worker gives up before it runs a stranger's code: memory without end, files, network, other programs.
//!
//! Invariant: behind `shut` the process can read and write its one socket, and ask the system for memory and time;
//! whatever it tries beyond that is refused, and what only an attacker tries ends it.

use std::collections::BTreeMap;

use rlimit::{Resource, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};

use crate::budget::Budget;

const MIB: u64 = 1024 * 1024;
/// Writable memory beside the guest's own and what the process has when its component is loaded, in bytes: buffers of
/// messages, the chart's answers.
const OWN_BYTES: u64 = 256 * MIB;
/// Files that are open at once: the standard ones, and the images of the component's memories.
const FILES_MAX: u64 = 64;

/// The descriptor of the socket to the host.
const SOCKET: u64 = 0;
/// Where a panic is written to.
const STANDARD_ERROR: u64 = 2;

/// What only somebody who broke out would ask the system for: the process is ended.
const ATTACKS: [i64; 31] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_open_by_handle_at,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
];

/// What running a guest takes: memory, time, threads that wait and end, signals of traps.
const ALLOWED: [i64; 26] = [
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_sched_getaffinity,
];

/// Bounds of the system, which hold before any code is loaded.
pub(super) fn limit() -> Result<(), String> {
    set(&[(Resource::CORE, 0), (Resource::NOFILE, FILES_MAX)])
}

/// Bounds of the system that loading code would run into. What an allocator has set aside by then counts as had.
pub(super) fn limit_after_loading(budget: &Budget) -> Result<(), String> {
    let guest = budget.memory_bytes + budget.chart_bytes + 4 * budget.answer_bytes;
    let data_bytes = had_bytes()? + OWN_BYTES + 2 * guest as u64;
    set(&[(Resource::FSIZE, 0), (Resource::DATA, data_bytes)])
}

/// Writable memory that this process has now, in bytes.
fn had_bytes() -> Result<u64, String> {
    let unknown = || "the system does not say how much memory there is".to_owned();
    let status = std::fs::read_to_string("/proc/self/status").map_err(|_| unknown())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kib: Option<u64> = kib.and_then(|kib| kib.trim().parse().ok());
    kib.map(|kib| kib * 1024).ok_or_else(unknown)
}

fn set(limits: &[(Resource, u64)]) -> Result<(), String> {
    for (resource, most) in limits {
        setrlimit(*resource, *most, *most)
            .map_err(|wrong| format!("the limit {} cannot be set: {wrong}", resource.as_name()))?;
    }
    Ok(())
}

/// From here on, and for every thread, the system answers only what running a guest takes.
pub(super) fn shut() -> Result<(), String> {
    for filter in filters()? {
        apply_filter_all_threads(&filter)
            .map_err(|wrong| format!("the system's doors cannot be shut: {wrong}"))?;
    }
    Ok(())
}

/// Two filters, of which the stricter counts: one ends attackers, one refuses whatever is not on the list.
fn filters() -> Result<[BpfProgram; 2], String> {
    let everything = || Vec::<SeccompRule>::new();
    let attacks = ATTACKS.iter().map(|call| (*call, everything())).collect();
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|call| (*call, everything())).collect();
    for call in [libc::SYS_read, libc::SYS_readv, libc::SYS_recvfrom] {
        allowed.insert(call, vec![on(SOCKET)?]);
    }
    for call in [libc::SYS_write, libc::SYS_writev, libc::SYS_sendto] {
        allowed.insert(call, vec![on(SOCKET)?, on(STANDARD_ERROR)?]);
    }
    // The code is there already: no memory becomes code from here on.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        allowed.insert(call, vec![no_code()?]);
    }
    // A panic that cannot go on raises a signal, in this process alone.
    let own = u64::from(std::process::id());
    allowed.insert(libc::SYS_tgkill, vec![on(own)?]);
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    Ok([
        compiled(attacks, SeccompAction::Allow, SeccompAction::KillProcess)?,
        compiled(allowed, refused, SeccompAction::Allow)?,
    ])
}

/// That the first argument is this.
fn on(first: u64) -> Result<SeccompRule, String> {
    let equal = SeccompCmpOp::Eq;
    rule(SeccompCondition::new(
        0,
        SeccompCmpArgLen::Dword,
        equal,
        first,
    ))
}

/// That the third argument, the protection of memory, does not ask for code.
fn no_code() -> Result<SeccompRule, String> {
    let code = u64::from(libc::PROT_EXEC.unsigned_abs());
    let masked = SeccompCmpOp::MaskedEq(code);
    rule(SeccompCondition::new(2, SeccompCmpArgLen::Dword, masked, 0))
}

fn rule(
    condition: Result<SeccompCondition, seccompiler::BackendError>,
) -> Result<SeccompRule, String> {
    condition
        .and_then(|condition| SeccompRule::new(vec![condition]))
        .map_err(|wrong| format!("a rule cannot be made: {wrong}"))
}

fn compiled(
    calls: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    these: SeccompAction,
) -> Result<BpfProgram, String> {
    let machine = TargetArch::try_from(std::env::consts::ARCH)
        .map_err(|wrong| format!("this machine is not known: {wrong}"))?;
    SeccompFilter::new(calls, otherwise, these, machine)
        .and_then(BpfProgram::try_from)
        .map_err(|wrong| format!("a filter cannot be made: {wrong}"))
}

#[cfg(test)]
mod tests;
