//! The first run, and the doctor.

macro_rules! setup {
    ($then:ident [$($rest:ident)*] {$($before:tt)*}) => { $then! { [$($rest)*] { $($before)*
        // Enrolment
        pending_title: "等办公室确认本机", "Waiting for the office to let this till in";
        pending_text: "请打电话给办公室，核对指纹：{fingerprint}。确认后本机自动开始工作。", "Call the office and compare the fingerprint: {fingerprint}. The till then begins by itself.";
        revoked_title: "本机已被办公室停用", "The office has put this till out of use";
        revoked_text: "请停止用本机收款，改记纸质名单，并打电话给办公室。", "Stop selling here, use the paper list, and call the office.";
        // First run
        first_title: "今天的第一位", "The first of today";
        first_again: "下一位", "The next one";
        first_steps: "扫卡、扫码或刷身份证|看姓名和自付金额|收好钱，按 Enter", "Scan a card, a code or an ID card|Look at name and amount|Take the money, press Enter";
        first_more: "认不出、没带卡、打印机没纸，饭都照打：按 M 看办法", "Unknown, no card, no paper: serve anyway. M shows how";
        help_title: "三步收银", "Three steps";
        help_lines: "扫：任何时候直接扫，不用先点鼠标|看：姓名、价钱、自付；黄色或红色就是没有收费|收：钱收好了按 Enter，屏幕写“已记账”才算完|断网照常打饭，联网后自动上传，不会向老人追收|打印机坏了也照常收款，小票以后可以补打", "Scan at any time, no click first|Look: name, price, to pay. Amber or red: nothing was charged|Take the money, then Enter. Done is when it says Recorded|Offline: serve as usual, everything is sent later|A broken printer stops nothing: print again later";
        // First run of the computer
        wizard_title: "登记这台收银电脑", "Enrol this computer";
        wizard_step_1: "输入登记码", "Type the code";
        wizard_step_2: "核对指纹", "Compare the fingerprint";
        wizard_step_3: "开始收银", "Begin";
        wizard_text: "请办公室给一个一次性登记码（10 分钟内有效），输在下面。", "Ask the office for a one-time code (good for 10 minutes).";
        wizard_server: "办公室地址", "The office's address";
        wizard_code: "登记码", "Code";
        wizard_go: "登记", "Enrol";
        wizard_busy: "正在联系办公室…", "Asking the office…";
        wizard_lost: "收银程序没有响应，请稍等再试", "The program does not answer: try again in a moment";
        wizard_waiting: "已登记。请打电话给办公室，逐组核对这串指纹：", "Enrolled. Call the office and compare this fingerprint group by group:";
        wizard_confirmed: "已登记，办公室已确认。本机指纹：", "Enrolled and confirmed. This terminal's fingerprint:";
        wizard_after: "办公室确认后，收银页面会自动开始工作。", "The till begins by itself once the office has confirmed.";
        wizard_open: "打开收银页面", "Open the till";
        e_enrol_address: "办公室地址不对", "Not an address of an office";
        n_enrol_address: "填 https:// 开头的地址，问办公室要", "It begins with https://; the office knows it";
        e_enrol_offline: "联系不上办公室，没有登记", "The office was not reached; nothing was enrolled";
        n_enrol_offline: "检查网线和地址，用同一个登记码再试", "Check network and address, try the same code again";
        e_enrol_refused: "办公室没有接受这个登记码", "The office did not take this code";
        n_enrol_refused: "登记码只用一次，10 分钟有效；请办公室重新给一个", "A code works once, for 10 minutes; ask for another one";
        e_enrol_failed: "本机写不下登记资料", "The enrolment cannot be kept on this computer";
        n_enrol_failed: "检查磁盘和数据目录的权限，再试", "Check the disk and the data folder's permissions, then try again";
        // The doctor
        d_data: "数据目录", "Data folder";
        d_enrolled: "已登记", "enrolled";
        d_not_enrolled: "还没有登记：打开收银页面按提示登记", "not enrolled: open the till's page and follow it";
        d_running: "收银程序", "Program";
        d_is_running: "正在运行", "running";
        d_not_running: "没有运行", "not running";
        d_printer: "打印机", "Printer";
        d_no_printer: "没有设打印机（--printer）", "none set (--printer)";
        d_printer_ok: "能连上", "reachable";
        d_printed: "测试小票已送出，看纸上的字和二维码", "the test slip was sent: look at the paper";
        d_printer_ready: "它说有纸、能打", "it says that it has paper and prints";
        d_printer_low: "纸快用完，备一卷", "its roll comes to an end: have another one ready";
        d_printer_paper: "没纸：换一卷", "out of paper: put in a roll";
        d_printer_cover: "盖没合上", "its lid is open";
        d_printer_failing: "报故障：看切刀卡没卡纸，关机再开", "it reports a fault: look for a jam at the cutter, switch it off and on";
        d_printer_fails: "连不上：{detail}。检查电源、纸和线", "not reachable: {detail}. Check power, paper and cable";
        d_scanner: "扫码枪", "Scanner";
        d_scanner_page: "当键盘用：在浏览器打开 /doctor 扫一次，或加 --scan", "types like a keyboard: open /doctor and scan, or add --scan";
        d_scanner_ok: "读到 {count} 位，最大间隔 {gap} 毫秒，有 Enter", "{count} characters, widest gap {gap} ms, with Enter";
        d_scanner_no_enter: "读到 {count} 位，没有 Enter：建议打开回车后缀", "{count} characters, no Enter: switch the suffix on";
        d_scanner_nothing: "15 秒内没有读到", "nothing read in 15 seconds";
        d_line_ok: "{path} 能打开", "{path} opens";
        d_line_fails: "{path} 打不开：{detail}", "{path}: {detail}";
        d_reader: "身份证阅读器", "ID-card reader";
        d_no_reader: "没有设（--reader id-card:/dev/…）", "none set (--reader id-card:/dev/…)";
        d_reader_ok: "{path} 有应答", "{path} answers";
        d_clock: "时钟", "Clock";
        d_clock_ok: "和办公室相差 {seconds} 秒", "{seconds} s from the office";
        d_clock_off: "和办公室相差 {seconds} 秒：请校准电脑时钟", "{seconds} s from the office: set the computer's clock";
        d_clock_unknown: "办公室没有报时，只看本机：{time}", "the office told no time; this computer: {time}";
        d_disk: "磁盘", "Disk";
        d_disk_free: "剩余 {free} MB", "{free} MB free";
        d_disk_low: "只剩 {free} MB，不能记账：请清理", "only {free} MB: nothing can be recorded, make room";
        d_disk_read_only: "{path} 写不进去，不能记账：请检查权限和磁盘", "{path} cannot be written to: nothing can be recorded, check rights and disk";
        d_font: "字库", "Font";
        d_font_ok: "齐全", "complete";
        d_font_fails: "坏了，请重装程序：{detail}", "broken, install the program again: {detail}";
        d_queue: "未上传", "Unsent";
        d_queue_none: "没有", "nothing";
        d_queue_some: "{count} 条，最早 {age} 分钟前", "{count}, the oldest {age} minutes ago";
        d_queue_fails: "读不出：{detail}", "cannot be read: {detail}";
        d_server: "办公室", "Office";
        d_no_server: "没有设办公室地址（--server）", "no address set (--server)";
        d_server_ok: "连得上", "reached";
        d_server_fails: "连不上：{detail}。饭照常打，检查网络", "not reached: {detail}. Serve as usual, check the network";
        // Raw keys
        raw_title: "测试扫码枪和读卡器", "Test scanner and reader";
        raw_text: "对着这一页扫任意一张卡或码。这里只看按键，不记账，也不上传。", "Scan any card or code at this page. It only looks at keys: nothing is recorded or sent.";
        raw_read: "读到", "Read";
        raw_count: "位数", "Characters";
        raw_gap: "最大间隔", "Widest gap";
        raw_verdict: "结论", "Verdict";
        raw_keys: "按键", "Keys";
        raw_code: "键位（code）", "Place (code)";
        raw_key: "字符（key）", "Character (key)";
        raw_ms: "间隔（毫秒）", "Pause (ms)";
        raw_composition: "输入法", "Input method";
        raw_none: "等待扫码", "Waiting for a scan";
        raw_yes: "像扫码枪，可以用。", "A scanner, ready to use.";
        raw_hand: "像手工按键。", "Keys pressed by hand.";
        raw_slow: "太慢：请把扫码枪的字符间隔调到 50 毫秒以内。", "Too slow: set its gap between characters below 50 ms.";
        raw_enter: "以 Enter 结尾，正好。", "Ends with Enter, as it should.";
        raw_no_enter: "没有 Enter 结尾：能用，但会慢半秒；建议在扫码枪上打开回车后缀。", "No Enter at the end: it works, half a second slower. Better switch the suffix on.";
        raw_composing: "输入法开着也读对了。", "Read right with an input method open.";
    } } };
}
pub(super) use setup;
