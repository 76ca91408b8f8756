"""Every line of an explained decision, in English and Chinese."""

LINES: dict[str, tuple[str, str]] = {
    "head": (
        "Decision {decision_id} of account {account_id} ({product}), {as_of}",
        "账户{account_id}（{product}）{as_of}的决定，编号{decision_id}",
    ),
    "reasons": ("Reasons, strongest first:", "理由（按重要性排列）："),
    "rule": ("- by the rule book: {rule}", "- 依据法规手册：{rule}"),
    "price": (
        "The portfolio's price of {measure} was {price:.4f} a yuan.",
        "组合中{measure}的价格为每元{price:.4f}。",
    ),
    "price_of_one": (
        "The portfolio's price of {measure} was {price} yuan each.",
        "组合中{measure}的价格为每次{price}元。",
    ),
    "missed": (
        "The next higher limit, {limit} yuan, missed by {amount} yuan a year.",
        "下一档额度{limit}元每年差{amount}元未能入选。",
    ),
    "feature": (
        "- {feature}: adds {contribution:.2f} to the log odds of default",
        "- {feature}：使违约对数几率增加{contribution:.2f}",
    ),
    "features": ("What raised the assessed risk most:", "对风险评估影响最大的因素："),
    "figures": (
        "Figures: probability of default {probability:.2%} (grade {grade}); a year, expected "
        "profit {profit} yuan, expected loss {loss} yuan; exposure at default {exposure} yuan",
        "数据：违约概率{probability:.2%}（{grade}级）；预期年利润{profit}元，预期年损失{loss}元；"
        "违约风险敞口{exposure}元",
    ),
    "overlaid": (
        "The model's own probability was {own:.2%}; the macro overlay {overlay} moved it.",
        "模型的违约概率为{own:.2%}，经宏观调整{overlay}修正。",
    ),
    "segment": (
        "Decided by the parameters for {segment}.",
        "按适用于{segment}的参数决定。",
    ),
    "closed": (
        "Increases stay closed up to {day}.",
        "提额关闭至{day}。",
    ),
    "state": (
        "State: {before}, from now on {state} since {since}{causes}",
        "状态：原为{before}，现为{state}，自{since}起{causes}",
    ),
    "state_stays": ("State: {state} since {since}{causes}", "状态：{state}，自{since}起{causes}"),
    "causes": (", for {names}", "，原因：{names}"),
    "since_unknown": ("a day that is not known", "未知日期"),
    "links": (
        "Linked customers past due, by the links that were active: {count}",
        "当前有效关联中逾期的客户数：{count}",
    ),
    "theirs": (
        "The lender's own books froze the account, and they end it.",
        "账户由贷款机构的账务冻结，亦由其解除。",
    ),
    "thaws": (
        "It thaws into closed increases with the first decision from {day} on that finds each "
        "cause gone:",
        "自{day}起，首次决定时若各项原因均已消除，则解除冻结并转为关闭提额：",
    ),
    "reopens": (
        "Increases reopen with the first decision from {day} on that finds each cause gone:",
        "自{day}起，首次决定时若各项原因均已消除，则重新开放提额：",
    ),
    "person": (
        "If it is still frozen from {day} on, a person decides.",
        "若自{day}起仍处于冻结状态，则转人工处理。",
    ),
    "link_ids": (
        "- for the analyst alone, and never for the customer: {names}",
        "- 仅供分析人员查阅，不得告知客户：{names}",
    ),
    "link_id": ("customer {customer_id} ({kinds})", "客户{customer_id}（{kinds}）"),
    "links_beyond": ("{count} more", "另有{count}个"),
    "extension": (
        "The term is extended by {months} months.",
        "还款期限延长{months}个月。",
    ),
    "rate": (
        "The annual rate changes from {before:.2%} to {after:.2%}.",
        "年利率由{before:.2%}调整为{after:.2%}。",
    ),
    "made_with": (
        "Decided with: {model} version {version}, certificate {certificate}; policy {policy}; rule "
        "book {rulebook}",
        "依据：模型{model}版本{version}，证书{certificate}；政策{policy}；法规手册{rulebook}",
    ),
    "brake": ("Brake in force: {brake}", "生效中的制动：{brake}"),
    "no_brake": ("Brakes: none", "制动：无"),
    "recourse": ("What you can do:", "您可以这样做："),
    "no_recourse": (
        "What you can do: nothing was found that would change this decision by itself.",
        "您可以这样做：暂未找到可单独改变此决定的做法。",
    ),
    "recourse_unknown": (
        "What you can do: not said, since the inputs of that day are not there unchanged; see "
        "tidegate replay {decision_id}",
        "您可以这样做：当日的输入已有变化，无法说明；参见 tidegate replay {decision_id}",
    ),
    "proof": (
        "Recorded in batch {batch_id}, ledger entry {sequence}, Merkle root {root}",
        "记录于批次{batch_id}，账本第{sequence}条，默克尔根{root}",
    ),
    "prove": (
        "Prove it: tidegate ledger prove {decision_id} --out proof.json",
        "出具证明：tidegate ledger prove {decision_id} --out proof.json",
    ),
    "replay": (
        "Make it again: tidegate replay {decision_id}",
        "重新计算：tidegate replay {decision_id}",
    ),
}
"""English and Chinese of every line."""
