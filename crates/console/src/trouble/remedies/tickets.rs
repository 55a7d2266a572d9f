//! Codes of tickets and tasks.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "IncorrectTicketStatus",
        ["The ticket is not open any more.", "Open a new one."],
        ["工单已不再处理。", "请提交新的工单。"],
    ),
    (
        "InvalidTicket.Malformed",
        ["This is not a ticket.", "A size has 1 to 1048576 GiB, a text 1 to 4096 characters."],
        ["工单内容不合法。", "容量须为 1–1048576 GiB，文字须为 1–4096 个字符。"],
    ),
    (
        "QuotaExceed.Ticket",
        ["There are as many open tickets, or messages, as there can be.", "Close tickets that nobody needs."],
        ["待处理的工单或回复数量已达上限。", "请关闭不再需要的工单。"],
    ),
    (
        "InvalidTicketId.NotFound",
        ["There is no such ticket in this region.", "Look at the list of tickets."],
        ["本地域没有该工单。", "请查看工单列表。"],
    ),
    (
        "InvalidTaskId.IncorrectTaskStatus",
        ["The task is over.", "There is nothing to cancel any more."],
        ["任务已结束。", "无需再取消。"],
    ),
    (
        "InvalidTaskId.NotFound",
        ["There is no such task in this region.", "Look at the list of tasks."],
        ["本地域没有该任务。", "请查看任务列表。"],
    ),
    (
        "InvalidTaskId.TaskActionNotSupport",
        ["A task of this kind cannot be cancelled.", "A copy is cancelled on the page of its image."],
        ["该类任务不能取消。", "复制任务请在镜像详情页取消。"],
    ),
];
