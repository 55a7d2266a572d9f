use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::args::{TaskArgs, TaskCommand};
use crate::images::{self, TaskRow, TaskView, Tasks, wait_for_task};
use crate::interrupt::cancel_flag;
use crate::output;
use crate::progress::Display;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(args: TaskArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let images = images::open(store, server, args.region.region)?;
    let tasks: &dyn Tasks = images.as_ref();
    match args.command {
        TaskCommand::List { action, output } => list(tasks.tasks(action.as_deref(), "")?, output.json)?,
        TaskCommand::Show { task, output } => show(&tasks.task(&task)?, output.json)?,
        TaskCommand::Wait { task, json, quiet } => {
            let ended = wait(tasks, &task, quiet || json)?;
            if !quiet || json {
                show(&ended, json)?;
            }
        }
        TaskCommand::Cancel { task } => {
            tasks.cancel_task(&task)?;
            output::line(&format!("{task}: cancelled"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits until a task is over, and shows its progress unless `hidden`.
///
/// Errors: it failed or was cancelled, with the reason.
pub(super) fn wait(tasks: &dyn Tasks, task: &str, hidden: bool) -> Result<TaskView> {
    // From here on a signal ends the waiting, not the program in the middle of a line.
    let cancel = cancel_flag().context("cannot catch signals")?;
    let display = Display::new(hidden);
    let ended = wait_for_task(tasks, task, &display, &cancel);
    display.clear();
    ended
}

fn list(tasks: Vec<TaskRow>, json: bool) -> Result<()> {
    if json {
        return output::json(&tasks);
    }
    let row = |t: TaskRow| vec![t.task_id, t.task_action, t.task_status, t.resource_id, t.creation_time];
    output::table(&["task id", "action", "status", "image id", "created"], tasks.into_iter().map(row));
    Ok(())
}

fn show(task: &TaskView, json: bool) -> Result<()> {
    if json {
        return output::json(task);
    }
    let TaskRow { task_id, task_action, task_status, resource_id, .. } = &task.row;
    output::line(&format!("{task_id}: {task_action} of {resource_id}, {task_status} at {}%", task.progress));
    if !task.failure.is_empty() {
        output::line(&format!("{}: {}", task.failure_code, task.failure));
    }
    Ok(())
}
