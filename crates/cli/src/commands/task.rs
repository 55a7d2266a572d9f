use std::process::ExitCode;

use anyhow::Result;

use crate::args::{TaskArgs, TaskCommand};
use crate::images::{self, TaskRow, TaskView, Tasks};
use crate::output;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(args: TaskArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let images = images::open(store, server, args.region.region)?;
    let tasks: &dyn Tasks = images.as_ref();
    match args.command {
        TaskCommand::List { action, output } => list(tasks.tasks(action.as_deref(), "")?, output.json)?,
        TaskCommand::Show { task, output } => show(&tasks.task(&task)?, output.json)?,
        TaskCommand::Cancel { task } => {
            tasks.cancel_task(&task)?;
            output::line(&format!("{task}: cancelled"));
        }
    }
    Ok(ExitCode::SUCCESS)
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
