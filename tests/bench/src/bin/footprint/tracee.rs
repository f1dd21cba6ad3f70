//! A thread that stops at each of its instructions.

use std::io;

use nix::errno::Errno;
use nix::libc::c_long;
use nix::sys::ptrace::{self, AddressType};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::steps::Call;

/// A thread of another process, stopped. It goes on as soon as this is dropped. Only the thread that has made
/// it may use it.
pub(crate) struct Tracee(Pid);

impl Tracee {
    /// Stops a thread.
    ///
    /// # Errors
    ///
    /// When that is not permitted.
    pub(crate) fn stop(thread: i32) -> io::Result<Self> {
        let thread = Pid::from_raw(thread);
        ptrace::seize(thread, ptrace::Options::empty()).map_err(explain)?;
        let tracee = Self(thread);
        ptrace::interrupt(thread)?;
        tracee.wait()?;
        Ok(tracee)
    }

    /// Where its next instruction lies, and which system call that is, if it is one that tells something.
    ///
    /// # Errors
    ///
    /// When the thread is no more.
    pub(crate) fn look(&self) -> io::Result<(u64, Option<Call>)> {
        let (address, call) = registers(self.0)?;
        let Some(call) = call else { return Ok((address, None)) };
        let word = ptrace::read(self.0, address as AddressType)?;
        Ok((address, (word & 0xffff == SYSCALL).then_some(call)))
    }

    /// Has it run its next instruction, and waits until it has.
    ///
    /// # Errors
    ///
    /// When the thread is no more.
    pub(crate) fn step(&self) -> io::Result<()> {
        ptrace::step(self.0, None)?;
        while let Some(signal) = self.wait()? {
            ptrace::step(self.0, signal)?;
        }
        Ok(())
    }

    /// Waits until it stops. Returns the signal that it stops for, unless that comes from tracing it.
    fn wait(&self) -> io::Result<Option<Signal>> {
        match waitpid(self.0, Some(WaitPidFlag::__WALL))? {
            WaitStatus::Stopped(_, Signal::SIGTRAP) | WaitStatus::PtraceEvent(..) => Ok(None),
            WaitStatus::Stopped(_, signal) => Ok(Some(signal)),
            _ => Err(io::Error::other("the worker has ended")),
        }
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        // It fails only when there is no thread any more.
        let _ = ptrace::detach(self.0, None);
    }
}

fn explain(error: Errno) -> io::Error {
    if error != Errno::EPERM {
        return error.into();
    }
    io::Error::other(
        "the kernel does not permit ptrace(2): see kernel.yama.ptrace_scope, the seccomp profile and the \
         capabilities of the container, and whether a debugger is there already",
    )
}

/// The address of the next instruction, and the system call that it makes if it makes one.
#[cfg(target_arch = "x86_64")]
fn registers(thread: Pid) -> io::Result<(u64, Option<Call>)> {
    use nix::libc::{SYS_epoll_pwait, SYS_epoll_wait, SYS_sendto};
    let registers = ptrace::getregs(thread)?;
    let number = registers.rax.cast_signed();
    // Its fourth argument is the number of milliseconds, or -1; with none it only looks.
    let call = if [SYS_epoll_wait, SYS_epoll_pwait].contains(&number) {
        (registers.r10 as u32 != 0).then_some(Call::Wait)
    } else {
        (number == SYS_sendto).then_some(Call::Send)
    };
    Ok((registers.rip, call))
}

#[cfg(not(target_arch = "x86_64"))]
fn registers(_: Pid) -> io::Result<(u64, Option<Call>)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether threads can be stepped here, and this knows their registers.
pub(crate) const IS_SUPPORTED: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// `syscall`, as a word that is read from memory begins with it.
const SYSCALL: c_long = 0x050f;
