// Names and values of figures that come as a list: which words stand for a name, and how a value of its kind is written.
internal import JourneyEvents

enum KeyFigure {
    /// A figure and that of the period before: `{now, before}`, or `{value, before}`.
    static func pair(_ value: JSONValue) -> (now: JSONValue, before: JSONValue) {
        (value["now"] ?? value["value"] ?? .null, value.at("before"))
    }

    /// A figure's name in words; one that is not known, with spaces.
    static func title(_ name: String, _ voice: Voice) -> Markup {
        labels[name].map { voice.say($0) } ?? voice.name(name.split(separator: "_").joined(separator: " "))
    }

    static func label(_ name: String) -> Label? { labels[name] }

    /// A value by its kind: money, a rate, a duration, a distribution's median, a number.
    static func value(_ value: JSONValue, named name: String, _ voice: Voice) -> Markup {
        switch value {
        case .array: return voice.money(value)
        case .object where value["amount"] != nil: return voice.money(value)
        case .object: return self.value(value.at("p50"), named: name, voice)
        case .string(let text): return voice.name(text)
        case .int, .double:
            guard let number = value.number else { return .text("–") }
            if name.hasSuffix("_seconds") || ["dwell", "cycle", "time_to_close"].contains(name) {
                return .element(.bdi, [], text: NumberText.duration(number, voice.language))
            }
            return voice.number(
                isShare(name) ? NumberText.percent(number) : NumberText.decimal(number, digits: 1)
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
        "new_audience": Label("New audience", "جمهور جديد"),
        "engagement_rate": Label("Engagement rate", "معدل التفاعل"),
        "open_rate": Label("Email open rate", "معدل فتح البريد"),
        "click_rate": Label("Email click rate", "معدل نقر البريد"),
        "email_open_rate": Label("Email open rate", "معدل فتح البريد"),
        "email_click_rate": Label("Email click rate", "معدل نقر البريد"),
        "dwell_seconds": Label("Dwell time", "مدة البقاء"),
        "mqls": Label("Qualified leads (MQL)", "عملاء مؤهلون (MQL)"),
        "mql_share": Label("MQL share of visitors", "حصة المؤهلين من الزوار"), "loyalty": Label("Loyalty", "الولاء"),
        "average_deal": Label("Average deal", "متوسط الصفقة"), "average_order": Label("Average order", "متوسط الطلب"),
        "time_to_close": Label("Time to close", "مدة الإغلاق"), "retention": Label("Retention", "الاحتفاظ"),
        "revenue": Label("Revenue", "الإيراد"), "acquisition_cost": Label("Acquisition cost", "تكلفة الاكتساب"),
        "cac": Label("Acquisition cost", "تكلفة الاكتساب"),
        "marketing_pipeline": Label("Pipeline from marketing", "صفقات من التسويق"),
        "marketing_revenue": Label("Revenue from marketing", "إيراد من التسويق"),
        "sla_met_rate": Label("Hand-offs in time", "تسليم ضمن المهلة"),
    ]
}
