"""Every sentence of the page itself, in both languages. What an answer says comes from the answer."""

from __future__ import annotations

from assistant.types import Words

NAME = Words("企业认证与碳足迹咨询助手", "Certification Assistant")
WELCOME = Words(
    "写下产品、出口市场和想问的事。助手从资料库里逐句引用来回答,每句话后面的编号可以打开依据。",
    "Name the product, the market and what you want to know. Answers are quoted sentence by sentence from the library; "
    "the number after each sentence opens its evidence.")
LIMITS = (
    Words("资料库里没有的就说没有,不猜。", "What the library does not hold is not guessed at."),
    Words("不查实时费用、个案进度和证书真伪。", "It holds no live fees, case status or certificate checks."),
    Words("不是法律意见,办理前请向主管机构或发证机构确认。",
          "It is not legal advice: confirm with the authority or the certification body before acting."),
)
#: The last of the limits; {days} is the deployment's own number.
KEPT = Words("问题会保存{days}天,用来改进资料库;里面的电话、身份证号和邮箱会打码。",
             "Questions are kept for {days} days to improve the library; phone numbers, ID numbers and mail addresses in them are masked.")
TIMELINE = Words("什么时候起适用什么:时间表", "What applies when: the timeline")
EXAMPLES_TITLE = Words("可以这样问", "Try one of these")
EXAMPLES = {
    "zh": (
        "充电宝出口日本PSE是菱形还是圆形?",
        "蓝牙音箱卖到美国,FCC要证书还是SDoC?",
        "有CB报告,出口沙特还要重新检测吗?",
        "电动自行车电池出口欧盟,什么时候要碳足迹声明?",
        "玩具出口英国,CE标志还能用吗?",
        "CMA和CNAS有什么区别?",
    ),
    "en": (
        "Does a power bank need the circle or the diamond PSE in Japan?",
        "Do solar modules need BIS registration in India?",
        "Is an IECEE CB report enough for Saudi Arabia?",
        "When do e-bike batteries need a carbon footprint declaration in the EU?",
        "Is the CE mark still accepted for toys in Great Britain?",
        "What is the difference between CMA and CNAS?",
    ),
}
QUESTION = Words("您的问题", "Your question")
PLACEHOLDER = Words("产品、出口市场、想问的事", "Ask your question")
SEND = Words("发送", "Send")
NEW = Words("新对话", "New chat")
KEYS = Words("按 Enter 发送,Shift+Enter 换行", "Enter sends, Shift+Enter starts a new line")

YOU = Words("您问", "You asked")
SEARCHING = Words("正在查资料…", "Looking it up…")
STANDING = {
    "grounded": Words("有依据", "Evidence found"),
    "partly": Words("部分有依据", "Partly covered"),
    "insufficient": Words("没有找到依据", "No evidence found"),
    "out-of-scope": Words("不在回答范围", "Out of scope"),
    "unavailable": Words("这里查不到", "Not available here"),
}
AI = Words("AI生成", "AI-generated")
COMING = Words("还没有核对", "not checked yet")
REFUSED = Words("没有发出,问题还在输入框里", "Not sent; your question is still in the box")
FAILED = Words("这次没有答成,问题还在输入框里。", "This could not be answered; your question is still in the box.")
FAILED_REMEDY = Words("请稍后再发一次;一直不行就告诉管理员。", "Please send it again; if it keeps failing, tell whoever runs this page.")
BUSY = Words("现在提问的人太多,问题还在输入框里,请过一会儿再发。",
             "Too many questions at the moment; yours is still in the box. Please send it again shortly.")
TOO_LARGE = Words("内容太长,请缩短后再发。", "This is too long; please shorten it and send it again.")
HOTLINE = Words("人工咨询", "Hotline")
AS_OF = Words("截至{date}", "As of {date}")
UPDATED = Words("资料更新至{date}", "records checked up to {date}")
LIBRARY = Words("资料库 {digest}", "library {digest}")
NOT_ADVICE = Words("不是法律意见,办理前请向主管机构或发证机构确认",
                   "not legal advice; confirm with the authority or the certification body before acting")

UNDERSTOOD = Words("按这些理解", "Taken to be about")
TAKE_AWAY = Words("去掉“{name}”再问", "Ask again without “{name}”")
PUT_BACK = Words("加回“{name}”再问", "Ask again with “{name}”")
MARK = Words("依据{n}:{title},{section}", "Evidence {n}: {title}, {section}")
EVIDENCE = Words("依据", "Evidence")
CLOSE = Words("关闭", "Close")
ORIGIN = {
    "library": Words("本库整理", "Our own words"),
    "document": Words("原文", "Official text"),
    "reply": Words("人工答复", "Reply by staff"),
}
ORIGIN_NOTE = {
    "library": Words("下面是本库自己的话,不是法规原文;引用的句子已标出。",
                     "These are the library's own words, not the text of the law; the quoted sentence is highlighted."),
    "document": Words("下面是文件原文;引用的句子已标出。", "This is the document's own text; the quoted sentence is highlighted."),
    "reply": Words("下面是工作人员整理的答复;引用的句子已标出。", "This reply was curated by staff; the quoted sentence is highlighted."),
}
BASIS = {
    "official": Words("官方", "official"),
    "secondary": Words("二手", "secondary"),
    "general-knowledge": Words("未核实", "not checked"),
}
REFERENCE = Words("依据文件", "Reference")
SOURCE = Words("来源", "Source")
NO_SOURCE = Words("没有读过的来源,属于一般知识", "no source was read; general knowledge")
STATUS = Words("状态", "Status")
AS_OF_DAY = Words("回答日期", "Answered as of")
READ = Words("来源读取", "Source read on")
CHECKED = Words("核对日期", "Checked on")
NEVER = Words("未核对", "not checked")
OPEN = Words("打开来源网页(新窗口)", "Open the source (new tab)")

COPY = Words("复制答案和依据", "Copy with references")
COPY_HINT = Words("文字已经选中。如果没有自动复制,请长按或按 Ctrl+C 复制。",
                  "The text is selected. If it was not copied, press and hold, or press Ctrl+C.")
COPIED = Words("已复制。", "Copied.")
COPY_LABEL = Words("答案和依据,纯文本", "Answer and references, plain text")
PLAIN_QUESTION = Words("问:{text}", "Question: {text}")
PLAIN_NOTE = Words("注意:{text}", "Note: {text}")
PLAIN_READ = Words("{tier},{date}读取", "{tier}, read {date}")

# A thumb under each answer, and a comment after the one that points down.
USEFUL = Words("这个回答有用吗?", "Was this answer useful?")
THUMB = {"up": Words("有用", "Useful"), "down": Words("没用", "Not useful")}
COMMENT = Words("哪里不对、少了什么?(可不填,请不要写个人信息)",
                "What is wrong or missing? (optional; please no personal details)")
COMMENT_SEND = Words("补充", "Add")

# Handing the conversation over to the staff.
PERSON = Words("转人工", "Talk to a person")
PERSON_WHY = Words("资料库答不了的,可以请工作人员来答。", "Staff can look into what the library cannot answer.")
PERSON_WHAT = Words(
    "会交给工作人员的是:本次对话的问题和回答,以及您在这里填写的内容。这些只用于这次咨询,咨询结束后最多保存{days}天。",
    "Staff receive the questions and answers of this conversation and what you type here. "
    "It is used for this consultation only and kept for at most {days} days after it ends.")
CHANNEL = Words("怎么联系您", "How should we reach you?")
CHANNELS = {"phone": Words("电话", "Phone"), "wechat": Words("微信", "WeChat"), "mail": Words("邮箱", "Email")}
CONTACT = Words("电话号码、微信号或邮箱", "Phone number, WeChat ID or email address")
COMPANY = Words("公司(可不填)", "Company (optional)")
REMARK = Words("补充说明(可不填)", "Anything to add? (optional)")
CONSENT = Words("我同意把上面这些内容交给工作人员。", "I agree that the above is passed on to staff.")
HAND_OVER = Words("提交", "Send")
CANCEL = Words("取消", "Cancel")
HANDED_OVER = Words("已转给工作人员", "Passed on to staff")
CASE_NUMBER = Words("受理编号", "Case number")
NEXT = Words("工作人员看过这次对话后,会按您留的联系方式回复。请记下编号,来电时报编号,就不用从头再说。",
             "Staff will read this conversation and reply to the contact you left. Keep the number: "
             "if you call and quote it, you need not start again.")
DONE = Words("好", "Done")
#: What the script says; it finds them in the page under these names.
SPOKEN = {
    "up": Words("已记录,谢谢。", "Recorded, thank you."),
    "down": Words("已记录,谢谢。可以在下面补充一句。", "Recorded, thank you. You can add a sentence below."),
    "comment": Words("补充的话已记录,谢谢。", "Your comment is recorded, thank you."),
    "handed": Words("已转人工,受理编号", "Passed on to staff, case number"),
    "sending": Words("正在提交…", "Sending…"),
    "contact": Words("请填写联系方式,工作人员才能找到您。", "Please fill in how staff can reach you."),
    "consent": Words("请先勾选同意,再提交。", "Please tick the box to agree, then send."),
    "offline": Words("没有连上服务器,填写的内容还在。请检查网络后再试。",
                     "The server could not be reached; what you typed is still here. Please check your connection and try again."),
    "busy": Words("提交得太频繁,填写的内容还在。请过几分钟再试。",
                  "Too many requests; what you typed is still here. Please try again in a few minutes."),
    "large": Words("内容太长,没有提交。请缩短后再试。", "This is too long and was not sent. Please shorten it and try again."),
    "refused": Words("填写的内容没有被接受,还在这里。请检查后再试。",
                     "What you typed was not accepted; it is still here. Please check it and try again."),
    "failed": Words("服务器出了问题,没有记录;填写的内容还在。请稍后再试。",
                    "Something went wrong and nothing was recorded; what you typed is still here. Please try again later."),
}

LIST_JOIN = Words("、", ", ")
PAUSE = Words(",", ", ")
