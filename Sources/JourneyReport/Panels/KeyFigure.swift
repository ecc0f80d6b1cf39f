// Names and values of figures that come as a list: which words stand for a name, and how a value of its kind is written.
internal import JourneyEvents

enum KeyFigure {
    /// A figure and that of the period before: `{now, before}`, or `{value, before{value}}`.
    static func pair(_ value: JSONValue) -> (now: JSONValue, before: JSONValue) {
        guard let now = value["value"] else { return (value.at("now"), value.at("before")) }
        return (now, value.at("before").at("value"))
    }

    /// A figure's name in words; one that is not known, with spaces.
    static func title(_ name: String, _ voice: Voice) -> Markup {
        labels[name].map { voice.say($0) } ?? voice.name(name.split(separator: "_").joined(separator: " "))
    }

    static func label(_ name: String) -> Label? { labels[name] }

    /// A value by its kind: money, a rate, a duration, a distribution's median, a number.
    static func value(_ value: JSONValue, named name: String, isPart: Bool = false, _ voice: Voice) -> Markup {
        switch value {
        case .array(let list) where list.contains { $0["share"] != nil }:
            // A part of 1 for each currency.
            return list.reduce(.empty) { lines, entry in
                guard let share = entry["share"]?.number, let code = entry["currency"]?.plain else { return lines }
                return lines + .element(.span, [.css("line")], [voice.number(NumberText.percent(share) + " " + code)])
            }
        case .array: return voice.money(value)
        case .object where value["amount"] != nil: return voice.money(value)
        case .object: return self.value(value.at("p50"), named: name, voice)
        case .string(let text): return voice.name(text)
        case .int, .double:
            guard let number = value.number else { return .text("–") }
            if name.hasSuffix("_seconds") || ["dwell", "cycle"].contains(name) {
                return .element(.bdi, [], text: NumberText.duration(number, voice.language))
            }
            return voice.number(
                isPart || isShare(name) ? NumberText.percent(number) : NumberText.decimal(number, digits: 1)
            )
        default: return .text("–")
        }
    }

    private static func isShare(_ name: String) -> Bool {
        ["_rate", "_share", "rate", "share", "retention", "conversion"].contains { name.hasSuffix($0) }
    }

    private static let labels: [String: Label] = [
        "events": Label("Events", "الأحداث"), "new_customers": Label("New customers", "عملاء جدد"),
        "conversions": .conversions, "value": Label("Value of conversions", "قيمة التحويلات"),
        "deals_created": Label("Deals created", "صفقات جديدة"), "deals_won": Label("Deals won", "صفقات رابحة"),
        "won_amount": Label("Amount won", "قيمة الصفقات الرابحة"), "deals_lost": Label("Deals lost", "صفقات خاسرة"),
        "win_rate": .winRate, "open_deals": Label("Open deals", "صفقات مفتوحة"),
        "open_amount": Label("Amount open", "قيمة الصفقات المفتوحة"),
        "impressions": Label("Impressions", "مرات الظهور"), "visits": Label("Visits", "الزيارات"),
        "visitors": Label("Visitors", "الزوار"),
        "web_events_of_nobody": Label("Web events of nobody known", "أحداث ويب بلا عميل معروف"),
        "new_audience": Label("New audience", "جمهور جديد"),
        "engagement_rate": Label("Engagement rate", "معدل التفاعل"),
        "dwell_seconds": Label("Dwell time", "مدة البقاء"),
        "email_delivered": Label("Emails delivered", "رسائل وصلت"),
        "email_open_rate": Label("Email open rate", "معدل فتح البريد"),
        "email_click_rate": Label("Email click rate", "معدل نقر البريد"),
        "mqls": Label("Qualified leads (MQL)", "عملاء مؤهلون (MQL)"),
        "mql_share": Label("MQL share of visitors", "حصة المؤهلين من الزوار"),
        "loyalty": Label("Buyers who came back", "مشترون عادوا"),
        "loyal_customers": Label("Loyal customers", "عملاء أوفياء"),
        "average_deal": Label("Average deal", "متوسط الصفقة"), "orders": Label("Orders", "الطلبات"),
        "average_order_gross": Label("Average order, gross", "متوسط الطلب قبل المردود"),
        "average_order_net": Label("Average order, net", "متوسط الطلب بعد المردود"),
        "time_to_close_seconds": Label("Time to close", "مدة الإغلاق"), "retention": Label("Retention", "الاحتفاظ"),
        "churn": Label("Churn", "فقدان العملاء"), "revenue": Label("Revenue", "الإيراد"),
        "spend": Label("Spend", "الإنفاق"), "acquisition_cost": Label("Acquisition cost", "تكلفة الاكتساب"),
        "pipeline_created": Label("Pipeline created", "قيمة الصفقات الجديدة"),
        "pipeline_from_marketing": Label("Pipeline from marketing", "صفقات من التسويق"),
        "deals_from_marketing": Label("Share of deals from marketing", "حصة الصفقات من التسويق"),
        "revenue_from_marketing": Label("Revenue from marketing", "إيراد من التسويق"),
        "revenue_share_from_marketing": Label("Share of revenue from marketing", "حصة الإيراد من التسويق"),
        "sla_kept": Label("Hand-offs in time", "تسليم ضمن المهلة"),
        "sla_accept_kept": Label("Accepted in time", "قبول ضمن المهلة"),
        "sla_contact_kept": Label("Contacted in time", "اتصال ضمن المهلة"),
        "sla_open": Label("Hand-offs still open", "تسليم لم يُحسم"),
    ]
}
