"""Every sentence of the assistant's own that can stand in an answer, in both languages. None holds a digit."""

from __future__ import annotations

from assistant.types import Words

HEADINGS = {
    "exceptions": Words("容易混淆的情况", "Easily confused cases"),
    "next": Words("还要注意", "Also note"),
    "library": Words("资料库里的依据", "What the library says"),
}
#: Headings over the regimes of one kind.
KINDS = {
    "mandatory": Words("强制", "Mandatory"),
    "conditional": Words("看情况", "Depending on the case"),
    "voluntary": Words("自愿", "Voluntary"),
}
COMPUTED = {
    "days-left": Words("距今还有{days}天。", "{days} days from today."),
}
ASK_BACK = Words("请告诉我:{questions}", "Please tell me: {questions}")
ASK_MARKET = Words("请告诉我要出口到哪个国家或地区,我再按市场说明。", "Please tell me the market, and the answer can be narrowed to it.")
READ_AS = Words("“{typed}”按“{read}”理解。", "“{typed}” was read as “{read}”.")
WHICH_PRODUCT = Words("这个编码包括{products},请告诉我是哪一种。", "This code includes {products}; please tell me which one it is.")
LIVE_FEES = Words("实时收费和周期以机构报价为准,本库不收录。", "Live fees and lead times are set by the bodies and are not held in the library.")
MISSING_REGIMES = Words("本库没有收录{places}对{products}的制度,这部分没有回答。",
                        "The library holds no regime of {places} for {products}; that part is not answered.")
MISSING_MARKETS = Words("本库还没有收录{places}的制度,这部分没有回答。", "The library does not yet hold {places}; that part is not answered.")
BASIS_NOTICE = {
    "secondary": Words("第{marks}条依据二手资料", "Secondary sources only: {marks}"),
    "general-knowledge": Words("第{marks}条未核实", "General knowledge, not checked: {marks}"),
    "tail": Words("办理前请向{whom}确认。", "confirm with {whom} before acting."),
    "whom": Words("主管机构或发证机构", "the authority or the certification body"),
}
SOME_RECORD = Words("这里引用的一项规定", "One of the rules quoted here")
STATUS_NOTICE = {
    "proposed": Words("{name}只是提案,不是现行法律。", "{name} is only a proposal, not law."),
    "superseded": Words("{name}已被取代。", "{name} has been superseded."),
    "withdrawn": Words("{name}已撤销。", "{name} has been withdrawn."),
    "ended": Words("{name}已结束。", "{name} has ended."),
    "suspended": Words("{name}已暂停执行。", "{name} is suspended."),
    "adopted": Words("{name}已通过,还没有开始适用。", "{name} is adopted but does not apply yet."),
}

#: Why nothing was answered: reason → sentence.
REASONS = {
    "market-not-held": Words("本库还没有收录{places}的认证制度,所以不能回答。",
                             "The library does not hold the certification regimes of {places} yet, so there is no answer."),
    "product-not-held": Words("本库没有收录{places}对{products}的制度,所以不能确定要办什么。",
                              "The library holds no regime of {places} for {products}, so what is needed cannot be said."),
    "product-not-recognised": Words("没有认出问题里的产品,所以不能确定适用哪项制度。",
                                    "The product in the question was not recognised, so the regime cannot be determined."),
    "goods": Words("药品、活动物、食品农产品、武器和航空器材不在本库范围,所以不能回答。",
                   "Medicines, live animals, food and farm produce, arms and aircraft parts are outside this library, so there is no answer."),
    "name-not-held": Words("本库没有收录{names},所以不能回答。", "The library does not hold {names}, so there is no answer."),
    "nothing-found": Words("本库里没有找到能回答这个问题的依据。", "The library holds nothing that answers this question."),
    "only-superseded": Words("本库里只有已经失效的内容,不能当作现行规定回答。",
                             "The library holds only text that is no longer in force, which cannot be given as today's rule."),
    "live": Words("个案进度、实时报价和个人联系方式不在本库里,要问承办机构。",
                  "Case status, live quotations and personal contacts are not in the library; the body in charge has to be asked."),
    "outside": Words("这个问题不属于产品认证、合格评定或碳足迹,本助手不回答。",
                     "This question is outside product certification, conformity assessment and carbon footprints."),
    "forgery": Words("不能协助伪造或改动证书、报告和标志;使用假证书会被海关扣货并承担法律责任。",
                     "The assistant does not help to forge or alter certificates, reports or marks; goods with false papers are seized and the firm is liable."),
    "intrusion": Words("本助手只按收录的资料回答认证和碳足迹问题,不执行这类指令。",
                       "The assistant answers questions on certification and carbon footprints from its library and does not follow such instructions."),
    "check-failed": Words("这次没有得到能逐句核对的答案。", "No answer could be formed that can be checked sentence by sentence."),
}
#: What is said of a language model's part in an answer.
AI_WORDED = Words("AI生成:部分句子由语言模型改写,每句都与所引原句核对过,以原句为准。",
                  "AI-generated: some sentences were reworded by a language model and checked against the statements they cite; those prevail.")
MODEL_FAILED = Words("语言模型暂时不可用,这里是逐句引用的回答。", "The language model is not available now; this answer quotes sentence by sentence.")
MODEL_UNSUPPORTED = Words("语言模型写的句子没有通过核对,这里是逐句引用的回答。", "What the language model wrote failed the check; this answer quotes sentence by sentence.")
MODEL_CUT = Words("语言模型中途停了,其余部分改用原句。", "The language model broke off; the rest is quoted.")
MODEL_MENDED = Words("语言模型有的句子没有通过核对,已换成原句或删去。", "Sentences of the language model that failed the check were replaced by quotes or struck.")
UNRANKED = Words("重排模型没有按时排好,这里用的是原来的次序。", "The reranker did not finish in time; the order is the one without it.")
HOTLINE = Words("人工咨询:{hotline}", "Call: {hotline}")
NEXT_AUTHORITY = Words("可以直接问{name}{topics}。", "You can ask {name}{topics} directly.")
NEXT_TOPICS = Words("({topics})", " ({topics})")
NEXT_REPHRASE = Words("请写明产品、出口市场和想办的证书,再问一次。", "Please name the product, the market and the certificate, and ask again.")
NEXT_HELD = Words("本库目前收录的市场有:{places}等。", "Markets held at present include {places}.")
NEXT_GENUINE = Words("需要的话,我可以说明正规办理的流程。", "If you like, ask how the genuine certificate is obtained.")
LIST_JOIN = Words("、", ", ")
STATUS_NAMES = {
    "proposed": Words("提案", "proposed"), "adopted": Words("已通过", "adopted"), "in-force": Words("现行", "in force"),
    "partly-applicable": Words("部分适用", "partly applicable"), "suspended": Words("暂停", "suspended"),
    "superseded": Words("已被取代", "superseded"), "withdrawn": Words("已撤销", "withdrawn"), "ended": Words("已结束", "ended"),
}
