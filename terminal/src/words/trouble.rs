//! The line, the disk and the database in trouble.

macro_rules! trouble {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // Offline
        offline_title: "断网，照常打饭", "Offline: serve as usual";
        offline_count: "未上传 {count} 条", "{count} unsent";
        offline_age: "最早 {age}前", "oldest {age} ago";
        hours: "{count} 小时", "{count} h";
        minutes: "{count} 分钟", "{count} min";
        offline_can: "可以", "Can";
        offline_can_text: "刷卡用餐、算补贴、收现金和扫码、撤销、交班", "Serve, subsidise, take cash and QR, undo, close the shift";
        offline_cannot: "暂不能", "Cannot";
        offline_cannot_text: "查新办的卡、取新名单、重置本机", "Look up new cards, fetch lists, reset this till";
        stale_title: "名单已 {age}未更新", "The list is {age} old";
        stale_text: "饭照常打。请主管检查网络。", "Serve as usual. Ask the supervisor to check the network.";
        hard_title: "名单太旧，先按全价收", "The list is too old: full price for now";
        hard_text: "差价联网后由办公室退还老人。请主管检查网络。", "The office pays the difference back later. Ask the supervisor to check the network.";
        // Damage
        damage_title: "本机数据库损坏过，已自动修复", "The till's database was damaged and has been repaired";
        damage_text: "{at} 保住 {saved} 条记录，会继续上传。坏文件另存：{aside}。请告诉办公室。", "{at}: {saved} records were saved and will be sent. The bad file is kept: {aside}. Please tell the office.";
        damage_lost: "另有 {lost} 行资料没有救回。办公室的名册联网后自动取回；送达勾选和菜单请核对。", "{lost} more rows were not saved. The office's lists are fetched again; check deliveries and the menu.";
        damage_seen: "知道了", "Understood";
        // Survival
        interrupted_title: "上次没有正常关机", "The till was cut off last time";
        interrupted_text: "{from} 开始的那次运行中途断了（停电或被强制结束）。写“已记账”的都在；最后记上的一笔：{last}。正在收的若就是它，别再收。", "The run since {from} was cut off. Whatever said Recorded is kept. Recorded last: {last}; do not take that one again.";
        interrupted_nothing: "没有", "none";
        interrupted_last: "{time} {name} {amount}", "{time} {name} {amount}";
        // What the office said
        conflict_title: "{time} {name}", "{time} {name}";
        conflict_elsewhere: "断网时在这里用餐，{time} 在别的食堂也用过同一餐。由办公室核对，不向老人追收，您不用做什么。", "Served here offline; the same meal was had elsewhere at {time}. The office settles it; nothing is charged afterwards.";
        conflict_rejected: "办公室没有收下这条记录，已另存待查。请打电话给办公室，报时间和序号。", "The office did not take this record and keeps it apart. Please call with its time and number.";
        conflict_disputed: "办公室收下了，但有疑问，日结时核对。不影响老人，您不用做什么。", "Taken by the office with a question, settled at the day's close.";
        void_supervisor: "不是上一笔，请主管输入 PIN", "Not the last one: a supervisor's PIN";
        reprint_short: "补打", "Print";
        offline_hard: "满 {hours} 小时：先收全价，之后补领", "{hours} hours: full price, difference back later";
    } } };
}
pub(super) use trouble;
