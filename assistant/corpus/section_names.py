"""What the sections are called on the page, and the words by which people ask for them."""

from __future__ import annotations

from assistant.types import Words

SECTION_NAMES: dict[str, Words] = {
    "summary": Words("概要", "Summary"),
    "scope": Words("适用范围", "Scope"),
    "requirements": Words("要求", "Requirements"),
    "route": Words("办理流程", "Route"),
    "applicant": Words("申请人与当地代表", "Applicant and local representative"),
    "reports": Words("检测报告", "Test reports"),
    "inspection": Words("工厂检查", "Factory inspection"),
    "validity": Words("有效期", "Validity"),
    "standards": Words("标准", "Standards"),
    "documents": Words("资料清单", "Documents"),
    "marking": Words("标志与标签", "Marking and labelling"),
    "carbon-footprint": Words("碳足迹", "Carbon footprint"),
    "due-diligence": Words("尽职调查", "Due diligence"),
    "passport": Words("电池护照", "Battery passport"),
    "method": Words("方法", "Method"),
    "boundary": Words("系统边界", "System boundary"),
    "unit": Words("功能单位", "Functional or declared unit"),
    "data": Words("数据质量", "Data quality"),
    "verification": Words("核查", "Verification"),
    "comparison": Words("区别", "Comparison"),
    "eligibility": Words("申报条件", "Eligibility"),
    "support": Words("支持措施", "Support"),
    "cost-and-time": Words("费用与周期", "Cost and time"),
    "mistakes": Words("常见错误", "Common mistakes"),
    "trouble": Words("遇到问题", "Trouble"),
    "gaps": Words("未查到", "Not found"),
    "dates": Words("日期", "Dates"),
    "recognition": Words("报告与证书互认", "Recognition of reports and certificates"),
}
