//! Codes of all products: what is wrong with a request, or with the server.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "Forbidden.RAM",
        ["You are not allowed to do this.", "Ask an administrator of the account for this right."],
        ["您没有执行此操作的权限。", "请联系账号管理员授权。"],
    ),
    (
        "Account.Arrearage",
        ["The account is in debt.", "Have the operator add to its balance."],
        ["账号已欠费。", "请联系管理员充值。"],
    ),
    (
        "IdempotentParameterMismatch",
        ["This form was sent before, with other values.", "Open the form anew, and fill it in again."],
        ["该表单已用其他内容提交过。", "请重新打开表单并填写。"],
    ),
    (
        "InvalidAccount.NotFound",
        ["There is no such account.", "An account ID has 16 digits."],
        ["没有该账号。", "账号 ID 为 16 位数字。"],
    ),
    (
        "MissingParameter",
        ["A field is empty that is needed.", "Fill in the field that is named below, and send it again."],
        ["缺少必填项。", "请填写下方提示的字段后重新提交。"],
    ),
    (
        "InvalidParameter",
        ["The value of a field is not valid.", "Correct the field that is named below, and send it again."],
        ["字段的值不合法。", "请修改下方提示的字段后重新提交。"],
    ),
    (
        "InvalidParameter.NotSupported",
        ["This is not offered here.", "Leave out the field that is named below."],
        ["此处不支持该参数。", "请不要填写下方提示的字段。"],
    ),
    (
        "UnsupportedParameter",
        ["This is not offered here.", "Leave out the field that is named below."],
        ["此处不支持该参数。", "请不要填写下方提示的字段。"],
    ),
    (
        "InvalidParamter",
        ["The filter is not valid.", "Correct the field that is named below."],
        ["筛选条件不合法。", "请修改下方提示的字段。"],
    ),
    (
        "ParseRequestParameterException",
        ["What was sent cannot be read.", "Load the page again, and send the form again."],
        ["无法读取提交的内容。", "请刷新页面后重新提交。"],
    ),
    (
        "RequestEntityTooLarge",
        ["What was sent is too large.", "Shorten it, and send it again."],
        ["提交的内容过大。", "请缩短内容后重新提交。"],
    ),
    (
        "RequestTimeout",
        ["The form did not arrive in time. Nothing was done.", "Send it again."],
        ["提交超时，未执行任何操作。", "请重新提交。"],
    ),
    (
        "InvalidRegionId.NotFound",
        ["This server has no such region.", "Choose one of the list at the top."],
        ["服务器没有该地域。", "请从顶部的列表中选择地域。"],
    ),
    (
        "Throttling",
        ["There were too many requests at once.", "Wait a moment, and try again."],
        ["请求过于频繁。", "请稍后重试。"],
    ),
    (
        "Throttling.User",
        ["There were too many attempts.", "Wait some minutes, and try again."],
        ["尝试次数过多。", "请等待几分钟后重试。"],
    ),
    (
        "InternalError",
        [
            "The server failed, and it is not sure whether this was done.",
            "Look whether it was done before you try again. The server's log names the request.",
        ],
        ["服务器错误，无法确定操作是否已完成。", "请先确认操作是否已完成，再决定是否重试。服务器日志记录了该请求。"],
    ),
    (
        "InternalFailure",
        [
            "The key management service failed, and it is not sure whether this was done.",
            "Look whether it was done before you try again. The server's log names the request.",
        ],
        [
            "密钥管理服务错误，无法确定操作是否已完成。",
            "请先确认操作是否已完成，再决定是否重试。服务器日志记录了该请求。",
        ],
    ),
    (
        "ServiceUnavailable",
        [
            "The server cannot do this at the moment. Nothing was done.",
            "Try again soon. The server's log says what is missing.",
        ],
        ["服务器暂时不可用，未执行任何操作。", "请稍后重试。服务器日志记录了原因。"],
    ),
    (
        "ServiceUnavailableTemporary",
        [
            "The key management service cannot do this at the moment. Nothing was done.",
            "Try again soon. The server's log says what is missing.",
        ],
        ["密钥管理服务暂时不可用，未执行任何操作。", "请稍后重试。服务器日志记录了原因。"],
    ),
    (
        "InvalidResourceId.NotFound",
        ["What this is about does not exist any more.", "Go back to the list."],
        ["操作对象已不存在。", "请返回列表查看。"],
    ),
];
