//! The words around the API's document.

use crate::console::lang::catalogue;

catalogue! {
    title: "接口文档", "API";
    intro: "本页由程序随附的 OpenAPI 文档生成，说明为英文。", "Drawn from the OpenAPI document that comes with the program.";
    download: "下载 OpenAPI 文档（JSON）", "Get the OpenAPI document (JSON)";
    shapes: "数据结构", "Schemas";
    contents: "目录", "Contents";
    parameters: "参数", "Parameters";
    name: "名称", "Name";
    place: "位置", "In";
    kind: "类型", "Type";
    required: "必填", "Required";
    yes: "是", "yes";
    no: "否", "no";
    meaning: "说明", "Meaning";
    body: "请求内容", "Body";
    answers: "答复", "Answers";
    examples: "示例（内容均为虚构）", "Example (everything in it is made up)";
    status: "状态码", "Status";
    asker: "鉴权", "Signed by";
    anybody: "无需登录", "nobody: open";
    person: "登录人员：令牌，或 Cookie（修改时另需 zhucan-csrf）", "a signed-in person: token, or cookie (with zhucan-csrf to change something)";
    whoever: "可带登录状态", "a session, if there is one";
    terminal: "终端签名", "a terminal's key";
    list_of: "列表：", "list of ";
    map_of: "对照表：", "map of ";
    or_nothing: "（可空）", " or nothing";
    console: "返回工作台", "To the console";
}
