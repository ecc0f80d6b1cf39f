// Names of the default vocabulary in words. What a store's own rules name is shown as they write it.

enum Terms {
    /// The words for a name of the vocabulary; nil for any other.
    static func label(_ name: String) -> Label? { all[name] }
    /// The words for an attribution model of the program's own.
    static func model(_ name: String) -> Label? { models[name] }

    private static let all: [String: Label] = stages.merging(channels) { first, _ in first }
        .merging(categories) { first, _ in first }

    private static let stages: [String: Label] = [
        "awareness": Label("Awareness", "الوعي"), "interest": Label("Interest", "الاهتمام"),
        "consideration": Label("Consideration", "الدراسة"), "decision": Label("Decision", "القرار"),
        "purchase": Label("Purchase", "الشراء"), "loyalty": Label("Loyalty", "الولاء"),
        "prospecting": Label("Prospecting", "البحث عن العملاء"),
        "first_contact": Label("First contact", "التواصل الأول"), "qualification": Label("Qualification", "التأهيل"),
        "presentation": Label("Presentation", "العرض التقديمي"), "proposal": Label("Proposal", "عرض السعر"),
        "objection_handling": Label("Objection handling", "معالجة الاعتراضات"),
        "negotiation": Label("Negotiation", "التفاوض"), "closing": Label("Closing", "الإغلاق"),
    ]

    private static let channels: [String: Label] = [
        "direct": Label("Direct", "مباشر"), "cross_network": Label("Cross-network", "شبكات متعددة"),
        "paid_shopping": Label("Paid shopping", "تسوق مدفوع"), "paid_search": Label("Paid search", "بحث مدفوع"),
        "paid_social": Label("Paid social", "تواصل اجتماعي مدفوع"), "paid_video": Label("Paid video", "فيديو مدفوع"),
        "display": Label("Display", "إعلانات العرض"), "paid_other": Label("Other paid", "مدفوع آخر"),
        "organic_shopping": Label("Organic shopping", "تسوق مجاني"),
        "organic_social": Label("Organic social", "تواصل اجتماعي مجاني"),
        "organic_video": Label("Organic video", "فيديو مجاني"), "organic_search": Label("Organic search", "بحث مجاني"),
        "email": Label("Email", "البريد الإلكتروني"), "affiliates": Label("Affiliates", "التسويق بالعمولة"),
        "ai_assistant": Label("AI assistant", "مساعد ذكاء اصطناعي"), "referral": Label("Referral", "إحالة"),
        "audio": Label("Audio", "صوتيات"), "sms": Label("SMS", "رسائل قصيرة"),
        "mobile_push": Label("Mobile push", "إشعارات الجوال"), "unassigned": Label("Unassigned", "غير مصنف"),
        "call": Label("Call", "مكالمة"), "meeting": Label("Meeting", "اجتماع"), "event": Label("Event", "فعالية"),
        "demo": Label("Demo", "عرض تجريبي"), "chat": Label("Chat", "محادثة"),
        "sales_email": Label("Sales email", "بريد المبيعات"), "partner": Label("Partner", "شريك"),
        "outbound": Label("Outbound", "تواصل صادر"),
        "(unattributed)": Label("Unattributed", "دون نقطة تواصل"), "(none)": Label("None", "لا شيء"),
        "default": Label("Default", "الافتراضي"),
    ]

    private static let categories: [String: Label] = [
        "price": Label("Price", "السعر"), "timing": Label("Timing", "التوقيت"),
        "authority": Label("Authority", "صلاحية القرار"), "need": Label("Need", "الحاجة"),
        "trust": Label("Trust", "الثقة"), "competitor": Label("Competitor", "منافس"),
        "feature_gap": Label("Feature gap", "ميزة ناقصة"), "integration": Label("Integration", "التكامل"),
        "security_legal": Label("Security and legal", "الأمن والقانون"),
        "contract_terms": Label("Contract terms", "شروط العقد"), "status_quo": Label("Status quo", "الوضع القائم"),
        "other": Label("Other", "أخرى"),
    ]

    private static let models: [String: Label] = [
        "first": Label("First touch", "أول نقطة"), "last": Label("Last touch", "آخر نقطة"),
        "last-non-direct": Label("Last not direct", "آخر نقطة غير مباشرة"), "linear": Label("Linear", "خطي"),
        "position": Label("Position", "حسب الموضع"), "time-decay": Label("Time decay", "تناقص زمني"),
        "markov": Label("Markov", "ماركوف"), "shapley": Label("Shapley", "شابلي"),
    ]
}
