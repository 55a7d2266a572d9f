//! From running to ended, in every way, and found again in between.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ecs::qemu::{HypervisorError, Machine, MachineState, machine_in};

use crate::guest::run;
use crate::lab::{Lab, PATIENCE, hypervisor, is_there, patiently, processes_in};

fn signal(name: &str, pid: u32) {
    run(Command::new("kill").args([name, &pid.to_string()]));
}

/// The machine of a directory, as a server finds it that did not start it.
async fn found(directory: &Path) -> Option<Machine> {
    patiently(machine_in(directory, PATIENCE)).await.unwrap()
}

/// A machine whose handle is gone runs on, is found by another hypervisor, resets without ending, and is quit without a zombie.
#[tokio::test]
async fn a_machine_is_found_again_and_quit() {
    let lab = Lab::new();
    let pid = {
        let machine = hypervisor().await.start(lab.idle("m")).await.unwrap();
        assert_eq!(machine.state().await.unwrap(), MachineState::Running);
        machine.pid()
    };
    let machine = found(&lab.path("m")).await.expect("it runs");
    assert_eq!(machine.pid(), pid);
    machine.reset().await.unwrap();
    machine.press_power().await.unwrap();
    assert_eq!(machine.state().await.unwrap(), MachineState::Running);
    patiently(machine.quit()).await.unwrap();
    assert_eq!(machine.state().await.unwrap(), MachineState::Ended);
    patiently(async {
        while is_there(pid) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(found(&lab.path("m")).await.is_none());
    assert!(found(&lab.path("never")).await.is_none());
}

/// A server that was killed before it wrote the process down finds it all the same.
#[tokio::test]
async fn a_machine_without_a_record_is_found_by_its_socket() {
    let lab = Lab::new();
    let started = hypervisor().await.start(lab.idle("m")).await.unwrap();
    fs::remove_file(lab.path("m/process.json")).unwrap();
    let machine = found(&lab.path("m")).await.expect("it runs");
    assert_eq!(machine.pid(), started.pid());
    machine.quit().await.unwrap();
}

/// A record that names a process which is another's is not believed, whether a machine runs or not; the other is left alone.
#[tokio::test]
async fn a_reused_pid_is_never_taken_for_a_machine() {
    let lab = Lab::new();
    let mut bystander = Command::new("sleep").arg("600").spawn().unwrap();
    let started = hypervisor().await.start(lab.idle("m")).await.unwrap();
    let record = lab.path("m/process.json");
    let forged = fs::read_to_string(&record)
        .unwrap()
        .replace(&format!("\"pid\":{}", started.pid()), &format!("\"pid\":{}", bystander.id()));
    fs::write(&record, forged).unwrap();
    let machine = found(&lab.path("m")).await.expect("it runs");
    assert_eq!(machine.pid(), started.pid());
    machine.quit().await.unwrap();
    assert!(found(&lab.path("m")).await.is_none());
    assert!(bystander.try_wait().unwrap().is_none(), "the bystander was killed");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

/// Another process that listens in QEMU's place is told nothing, and the machine can be ended all the same.
#[tokio::test]
async fn an_impostor_is_told_nothing() {
    let lab = Lab::new();
    let machine = hypervisor().await.start(lab.idle("m")).await.unwrap();
    let socket = lab.path("m/run/qmp.sock");
    fs::remove_file(&socket).unwrap();
    let impostor = UnixListener::bind(&socket).unwrap();
    let refused = patiently(machine.state()).await.unwrap_err();
    assert!(matches!(refused, HypervisorError::Stranger { peer, .. } if peer == std::process::id()), "{refused}");
    let (mut heard, _) = impostor.accept().unwrap();
    assert_eq!(heard.read_to_end(&mut Vec::new()).unwrap(), 0);
    patiently(machine.quit()).await.unwrap();
}

/// A process that somebody kills is noticed, by the one who started it and by one who found it.
#[tokio::test]
async fn a_killed_process_is_noticed() {
    let lab = Lab::new();
    let started = hypervisor().await.start(lab.idle("m")).await.unwrap();
    let other = found(&lab.path("m")).await.expect("it runs");
    assert!(!started.is_over());
    signal("-KILL", started.pid());
    patiently(async { tokio::join!(started.ended(), other.ended()) }).await;
    assert_eq!(started.state().await.unwrap(), MachineState::Ended);
    assert!(!is_there(started.pid()));
}

/// A QEMU that hangs is an error after the time-out, is found nevertheless, and is ended by `quit`.
#[tokio::test]
async fn a_hanging_process_is_an_error_and_can_be_quit() {
    let lab = Lab::new();
    let started = hypervisor().await.start(lab.idle("m")).await.unwrap();
    signal("-STOP", started.pid());
    let directory = lab.path("m");
    let machine = patiently(machine_in(&directory, Duration::from_millis(300))).await.unwrap().expect("it is there");
    let error = patiently(machine.state()).await.unwrap_err();
    assert!(matches!(error, HypervisorError::NoAnswer { .. }), "{error}");
    patiently(machine.quit()).await.unwrap();
    patiently(started.ended()).await;
}

/// A start that nobody waits for any more leaves no process.
#[tokio::test]
async fn a_start_that_is_abandoned_leaves_no_process() {
    let lab = Lab::new();
    let hypervisor = hypervisor().await;
    let directory = lab.path("m");
    {
        let start = hypervisor.start(lab.idle("m"));
        tokio::pin!(start);
        // As far as the process, and no further.
        while processes_in(&directory).is_empty() {
            let polled = tokio::time::timeout(Duration::from_millis(1), &mut start).await;
            assert!(polled.is_err(), "it was started before it was seen");
        }
    }
    patiently(async {
        while !processes_in(&directory).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(found(&directory).await.is_none());
}

/// A start that was never finished, as a server leaves it that is killed in the middle, is reported as such. A machine that is
/// stopped and reset is in the same state as one whose first instruction has not run.
#[tokio::test]
async fn an_unfinished_start_is_reported() {
    let lab = Lab::new();
    let started = hypervisor().await.start(lab.idle("m")).await.unwrap();
    stop_and_reset(&lab.path("m/run/qmp.sock"));
    let machine = found(&lab.path("m")).await.expect("it is there");
    patiently(async {
        while machine.state().await.unwrap() != MachineState::Prelaunch {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    machine.quit().await.unwrap();
    patiently(started.ended()).await;
}

fn stop_and_reset(socket: &Path) {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for command in ["qmp_capabilities", "stop", "system_reset"] {
        writeln!(stream, "{{\"execute\":\"{command}\"}}").unwrap();
        lines.find(|line| line.as_ref().unwrap().contains("\"return\""));
    }
}
